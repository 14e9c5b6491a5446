# SPDX-License-Identifier: Apache-2.0
# Finds what the enabled parts need. Nothing is downloaded. Everything that is missing is named with its Debian package,
# one line each, and configuration stops. The compiled library needs Boost headers, nlohmann-json, fmt and OpenMP;
# narrowfp::core needs nothing.

set(narrowfp_missing "")

# Records one missing dependency.
macro(narrowfp_missing_dependency what packages)
    string(APPEND narrowfp_missing "\n  narrowfp: ${what} not found; on Debian: apt-get install ${packages}")
endmacro()

# narrowfp_find(PACKAGE VERSION TARGET DEBIAN_PACKAGE): a package with a CMake configuration of its own. The version is
# compared here and not by find_package, because some packages refuse every later major number (Eigen 3.4 and 5).
macro(narrowfp_find package version target debian_package)
    find_package(${package} CONFIG QUIET)
    if(NOT TARGET ${target} OR ${package}_VERSION VERSION_LESS ${version})
        narrowfp_missing_dependency("${package} >= ${version}" ${debian_package})
    endif()
endmacro()

# -- the adaptors: each needs the library that it adapts --------------------------------------------------------------
include(narrowfp_boost)
narrowfp_find_boost(narrowfp_boost)
if(NARROWFP_BUILD_TESTS OR NARROWFP_BUILD_BENCH OR NARROWFP_BUILD_EXAMPLES)
    narrowfp_find(Eigen3 3.4 Eigen3::Eigen libeigen3-dev)
else()
    find_package(Eigen3 CONFIG QUIET)
endif()
if(NARROWFP_CORE_ONLY)
    return()
endif()

# -- the compiled library ---------------------------------------------------------------------------------------------
if(NOT TARGET narrowfp_boost)
    narrowfp_missing_dependency("Boost headers >= 1.74" libboost-dev)
endif()
narrowfp_find(nlohmann_json 3.10 nlohmann_json::nlohmann_json nlohmann-json3-dev)
narrowfp_find(fmt 9.0 fmt::fmt-header-only libfmt-dev)

if(NARROWFP_WITH_OPENMP)
    find_package(OpenMP QUIET COMPONENTS CXX)
    if(NOT TARGET OpenMP::OpenMP_CXX)
        narrowfp_missing_dependency("OpenMP for ${CMAKE_CXX_COMPILER_ID} (or configure with -DNARROWFP_WITH_OPENMP=OFF)"
                                    "g++ (GCC), libomp-19-dev (clang 19)")
    endif()
endif()

# -- the program, the suites and the tests ----------------------------------------------------------------------------
if(NARROWFP_BUILD_BENCH)
    narrowfp_find(CLI11 2.1 CLI11::CLI11 libcli11-dev)
    narrowfp_find(benchmark 1.7 benchmark::benchmark libbenchmark-dev)
    find_package(ZLIB QUIET)
    if(NOT TARGET ZLIB::ZLIB)
        narrowfp_missing_dependency("zlib" zlib1g-dev)
    endif()
endif()

if(NARROWFP_BUILD_BENCH AND NARROWFP_WITH_MPI)
    set(MPI_CXX_SKIP_MPICXX ON)  # the old C++ bindings
    find_package(MPI QUIET COMPONENTS CXX)
    if(NOT TARGET MPI::MPI_CXX)
        narrowfp_missing_dependency("MPI (or configure with -DNARROWFP_WITH_MPI=OFF)" "libopenmpi-dev openmpi-bin")
    endif()
endif()

if(NARROWFP_BUILD_TESTS)
    narrowfp_find(doctest 2.4.6 doctest::doctest doctest-dev)

    # The first interpreter that has jsonschema: the system's, which has Debian's package, before one found by PATH.
    if(NOT NARROWFP_PYTHON)
        find_package(Python3 QUIET COMPONENTS Interpreter)
        foreach(candidate IN ITEMS /usr/bin/python3 ${Python3_EXECUTABLE})
            execute_process(COMMAND "${candidate}" -c "import jsonschema" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
            if(status EQUAL 0)
                set(NARROWFP_PYTHON "${candidate}" CACHE FILEPATH "Python 3 with jsonschema, for the tests")
                mark_as_advanced(NARROWFP_PYTHON)
                break()
            endif()
        endforeach()
    endif()
    if(NOT NARROWFP_PYTHON)
        narrowfp_missing_dependency("python3 with jsonschema" "python3 python3-jsonschema")
    endif()
endif()

if(narrowfp_missing)
    # The leading line break and spaces keep CMake from re-wrapping the lines.
    message(FATAL_ERROR "${narrowfp_missing}")
endif()
