# SPDX-License-Identifier: Apache-2.0
# Shared by the commands tests/run and bench/reproduce: packages, quiet steps with progress, exit codes.
# Sourced, not run. Uses and sets variables that begin with nf_. Exit codes: 0 done; 1 a check of ours failed; 2 wrong use or
# something needed is missing; 130 interrupted.

nf_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
nf_install=yes    # no: only name missing packages
nf_child=

nf_say() { printf '%s\n' "$*"; }
nf_fail() { printf '%s\n' "$*" >&2; }

# nf_number_of_jobs: JOBS from the environment, else one per processor.
nf_number_of_jobs() {
    local jobs=${JOBS:-$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}
    case $jobs in
        '' | *[!0-9]* | 0) nf_fail "JOBS must be a number above 0, found '$jobs'"; return 2 ;;
    esac
    printf '%s' "$jobs"
}

# -- packages ---------------------------------------------------------------------------------------------------------

# What the build of everything needs, by its Debian name.
nf_build_packages=(g++ cmake ninja-build libboost-dev libeigen3-dev libfmt-dev nlohmann-json3-dev libcli11-dev
    libbenchmark-dev zlib1g-dev)

nf_has_header() {
    local folder
    for folder in /usr/include /usr/local/include; do
        [ -e "$folder/$1" ] && return 0
    done
    return 1
}

nf_has_file() { compgen -G "$1" >/dev/null; }

# nf_have PACKAGE: true when the package is installed, or what it is needed for is there some other way.
nf_have() {
    case $1 in
        g++) command -v "${CXX:-c++}" ;;
        cmake) command -v cmake ;;
        ninja-build) command -v ninja ;;
        clang-19) command -v clang++-19 ;;
        libboost-dev) nf_has_header boost/multiprecision/cpp_bin_float.hpp ;;  # any libboostN-dev does
        libeigen3-dev) nf_has_header eigen3/Eigen/Core ;;
        libfmt-dev) nf_has_header fmt/core.h ;;
        nlohmann-json3-dev) nf_has_header nlohmann/json.hpp ;;
        libcli11-dev) nf_has_header CLI/CLI.hpp ;;
        libbenchmark-dev) nf_has_header benchmark/benchmark.h ;;
        doctest-dev) nf_has_header doctest/doctest.h ;;
        zlib1g-dev) nf_has_header zlib.h ;;
        python3) [ -x /usr/bin/python3 ] || command -v python3 ;;
        python3-jsonschema) /usr/bin/python3 -c 'import jsonschema' || python3 -c 'import jsonschema' ;;
        gnuplot-nox) command -v gnuplot ;;
        chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        libopenblas0-openmp) nf_has_file '/usr/lib/*/openblas-openmp/libopenblas.so.0' ;;
        dataset-fashion-mnist) nf_has_file '/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz' ;;
        libomp-19-dev) nf_has_file '/usr/lib/llvm-19/lib/libarcher.so' ;;
        libclang-rt-19-dev) nf_has_file '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.tsan-*.a' ;;
        *) false ;;
    esac >/dev/null 2>&1 && return 0
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# nf_become_root: asks for the password now if there is one, because steps run without a terminal.
nf_become_root() {
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }
}

nf_as_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# nf_provide PACKAGE...: names what is missing; on Debian installs it, unless only naming was asked for. Removes nothing.
nf_provide() {
    local package missing=()
    for package in "$@"; do
        nf_have "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        nf_say "Packages: all there."
        return 0
    fi
    if [ ! -e /etc/debian_version ] || ! command -v apt-get >/dev/null; then
        nf_say "Not a Debian system. Not found here, by their Debian names: ${missing[*]}"
        nf_say "Going on with what CMake finds."
        return 0
    fi
    nf_say "Missing packages: ${missing[*]}"
    local command=(apt-get install --no-remove --no-install-recommends -y)
    if [ "$nf_install" = no ]; then
        nf_fail "Install them with: ${command[*]} ${missing[*]}"
        return 2
    fi
    nf_become_root || {
        nf_fail "Neither root nor sudo. Install them with: ${command[*]} ${missing[*]}"
        return 2
    }
    # Without package lists, or with lists too old to know the packages, nothing can be simulated either.
    if ! apt-get install --no-remove --no-install-recommends -s "${missing[@]}" >/dev/null 2>&1; then
        nf_step "Reading the package lists" nf_as_root apt-get update || return 2
    fi
    if ! nf_step "Installing the missing packages" nf_as_root "${command[@]}" "${missing[@]}"; then
        # Lists older than the archive name files that are gone.
        nf_step "Reading the package lists again" nf_as_root apt-get update || return 2
        nf_step "Installing the missing packages" nf_as_root "${command[@]}" "${missing[@]}" || {
            nf_fail "Could not install: ${missing[*]}"
            return 2
        }
    fi
}

# nf_offer PACKAGE WITHOUT: as nf_provide for one that is not needed; without it, WITHOUT is said and all goes on.
nf_offer() {
    nf_have "$1" && return 0
    if [ "$nf_install" = yes ] && nf_provide "$1"; then
        return 0
    fi
    nf_say "Without $1 $2."
}

# -- steps ------------------------------------------------------------------------------------------------------------

nf_log=
nf_lines_shown=40  # of the log when a step fails

# nf_start_log FILE: the output of all steps goes there.
nf_start_log() {
    nf_log=$1
    mkdir -p "$(dirname "$nf_log")" && : >"$nf_log"
}

nf_kill_child() {
    # A process group of its own when job control is on; else the child alone.
    [ -n "$nf_child" ] && { kill -TERM -- "-$nf_child" || kill -TERM "$nf_child"; } 2>/dev/null
    nf_child=
}
trap 'nf_kill_child; nf_fail "Interrupted."; exit 130' INT TERM

# The last sign of progress in the part of the log that this step wrote: "[3/80]" of ninja, "3/80 Test" of ctest.
nf_progress() {
    tail -n "+$(($1 + 1))" "$nf_log" | grep -oE '^\[[0-9]+/[0-9]+\]|^ *[0-9]+/[0-9]+ Test' | tail -n 1 | tr -d ' []' |
        sed 's/Test//'
}

# nf_step TITLE COMMAND...: runs the command quietly into the log, shows that it goes on, and its end if it fails. The
# lines of this step in the log begin after line number nf_step_begin.
nf_step() {
    local title=$1 start=$SECONDS code=0 shown=0 elapsed
    shift
    nf_step_begin=$(wc -l <"$nf_log")
    printf '== %s: %s\n' "$title" "$*" >>"$nf_log"
    if [ -t 1 ]; then printf '%s ...' "$title"; else nf_say "$title ..."; fi
    set -m
    "$@" >>"$nf_log" 2>&1 </dev/null &
    nf_child=$!
    set +m
    while kill -0 "$nf_child" 2>/dev/null; do
        sleep 0.2
        elapsed=$((SECONDS - start))
        if [ -t 1 ]; then
            [ "$elapsed" -gt "$shown" ] || continue
            printf '\r\033[K%s ... %s s %s' "$title" "$elapsed" "$(nf_progress "$nf_step_begin")"
            shown=$elapsed
        elif [ "$elapsed" -ge $((shown + 10)) ]; then
            nf_say "  $elapsed s  $(nf_progress "$nf_step_begin")"
            shown=$elapsed
        fi
    done
    wait "$nf_child" || code=$?
    nf_child=
    [ -t 1 ] && printf '\r\033[K'
    if [ "$code" -eq 0 ]; then
        nf_say "$title: done ($((SECONDS - start)) s)"
    else
        nf_say "$title: FAILED (exit code $code, $((SECONDS - start)) s)"
        if [ "$nf_lines_shown" -gt 0 ]; then
            nf_say "--- end of $nf_log"
            tail -n "+$((nf_step_begin + 2))" "$nf_log" | tail -n "$nf_lines_shown"
            nf_say "---"
        fi
    fi
    return "$code"
}

# nf_build FOLDER "TARGETS" CMAKE_ARGUMENT...: configures and builds in the folder. Exit code 2 when configuration fails,
# which is something missing; 1 when compilation fails.
nf_build() {
    local folder=$1 targets=$2
    shift 2
    nf_step "Configuring" cmake -S "$nf_top" -B "$folder" -G Ninja -D CMAKE_BUILD_TYPE=Release "$@" || return 2
    # shellcheck disable=SC2086
    nf_step "Building" cmake --build "$folder" --parallel "$nf_jobs" --target $targets || return 1
}
