// SPDX-License-Identifier: Apache-2.0
#include "comm/launch.hpp"

#include "support/near_names.hpp"
#include "support/scratch_folder.hpp"

#include <narrowfp/report/json.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <stdexcept>

extern char** environ;

namespace narrowfp::bench {

namespace fs = std::filesystem;

namespace {

constexpr const char* how_to_get_it =
    "on Debian: apt-get install libopenmpi-dev openmpi-bin, then configure with -DNARROWFP_WITH_MPI=ON and build";

// Runs a program found by PATH, its output on standard error; returns its exit code, 127 if it cannot be started, 128 + n
// after signal n.
int run_program(const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    for (const std::string& a : arguments) {
        argv.push_back(const_cast<char*>(a.c_str()));
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    pid_t child = 0;
    const int failure = posix_spawnp(&child, argv.front(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) {
        return 127;
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && std::string_view(value) == "1";
}

void require_permission(const launch_options& o) {
    if (::geteuid() == 0 && !o.allow_run_as_root &&
        !(is_set("OMPI_ALLOW_RUN_AS_ROOT") && is_set("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"))) {
        throw std::invalid_argument(
            "Open MPI does not run as root unless told to: use another user, give --allow-run-as-root, or set "
            "OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
    }
}

fs::path suite_of(const launch_options& o) {
    const fs::path suite = o.suite.empty() ? fs::read_symlink("/proc/self/exe").parent_path() / "bench_comm" : o.suite;
    if (!fs::exists(suite)) {
        throw std::runtime_error("the communication suite is not built (" + suite.string() + " does not exist); " +
                                 how_to_get_it);
    }
    return suite;
}

}  // namespace

std::vector<std::string> mpirun_arguments(const launch_options& o, int ranks, const fs::path& suite,
                                          const fs::path& folder) {
    std::vector<std::string> all{"mpirun",
                                 "-np",
                                 std::to_string(ranks),
                                 "--oversubscribe",
                                 "--bind-to",
                                 "none",
                                 "--mca",
                                 "pml",
                                 "ob1",
                                 "--mca",
                                 "btl",
                                 "tcp,self",
                                 "--mca",
                                 "btl_tcp_if_include",
                                 "lo",
                                 "--mca",
                                 "mpi_yield_when_idle",
                                 "1"};
    if (o.allow_run_as_root) {
        all.push_back("--allow-run-as-root");
    }
    all.insert(all.end(), {suite.string(), "--folder", folder.string(), "--seed", std::to_string(o.seed)});
    if (o.small) {
        all.push_back("--small");
    }
    for (const std::string& part : o.only) {
        all.insert(all.end(), {"--only", part});
    }
    return all;
}

launch_outcome launch_suite(const launch_options& o, const std::function<void(int)>& on_start) {
    for (const std::string& part : o.only) {
        if (std::find(comm_parts.begin(), comm_parts.end(), part) == comm_parts.end()) {
            throw std::invalid_argument(unknown_name("part of the suite", part, comm_parts));
        }
    }
    for (std::size_t n = 0; n < o.ranks.size(); ++n) {
        if (o.ranks[n] < 2 || o.ranks[n] > 64) {
            throw std::invalid_argument("ranks: 2 to 64 are possible, found " + std::to_string(o.ranks[n]));
        }
        if (std::find(o.ranks.begin(), o.ranks.begin() + static_cast<std::ptrdiff_t>(n), o.ranks[n]) !=
            o.ranks.begin() + static_cast<std::ptrdiff_t>(n)) {
            throw std::invalid_argument("ranks: " + std::to_string(o.ranks[n]) + " is given twice");
        }
    }
    const fs::path suite = suite_of(o);
    require_permission(o);
    launch_outcome out;
    for (const int ranks : o.ranks) {
        if (on_start) {
            on_start(ranks);
        }
        const scratch_folder folder("narrowfp-comm");
        const int code = run_program(mpirun_arguments(o, ranks, suite, folder.path()));
        if (code == 127) {
            throw std::runtime_error(std::string("mpirun is not there; ") + how_to_get_it);
        }
        const fs::path results = folder.path() / "results.json";
        const fs::path timings = folder.path() / "timings.json";
        if ((code != 0 && code != 1) || !fs::exists(results) || !fs::exists(timings)) {
            throw std::runtime_error("the communication suite ended with exit code " + std::to_string(code) + " on " +
                                     std::to_string(ranks) + " ranks; its output is above");
        }
        out.held = out.held && code == 0;
        for (const auto& [file, list] : {std::pair{results, &out.results}, {timings, &out.timings}}) {
            report::document doc = report::read_document(file);
            std::move(doc.records.begin(), doc.records.end(), std::back_inserter(*list));
        }
    }
    return out;
}

}  // namespace narrowfp::bench
