# SPDX-License-Identifier: Apache-2.0
# narrowfp::core on a machine that has a compiler and CMake: no package is found, and the environment is empty.
# Configured, installed and used, installed and as a subproject; and what find_package says when something is not there.
# See common.cmake.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

set(work "${BUILD}/consumer_core")
file(REMOVE_RECURSE "${work}")

find_program(env env REQUIRED)
set(cmake "${env}" -i "PATH=$ENV{PATH}" "${CMAKE_COMMAND}")
# No search of CMake finds headers or libraries of this machine.
set(bare_machine ${our_compiler} -D CMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF -D CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=OFF)
foreach(package IN ITEMS Boost CLI11 Eigen3 MPI OpenMP Python3 ZLIB benchmark doctest fmt nlohmann_json)
    list(APPEND bare_machine -D "CMAKE_DISABLE_FIND_PACKAGE_${package}=ON")
endforeach()

run(${cmake} -S "${top}" -B "${work}/build" ${bare_machine} -D NARROWFP_CORE_ONLY=ON)
run(${cmake} --build "${work}/build")
run(${cmake} --install "${work}/build" --prefix "${work}/prefix")

set(prefix -D "CMAKE_PREFIX_PATH=${work}/prefix")
foreach(kind IN ITEMS package subdirectory)
    set(where ${prefix})
    if(kind STREQUAL "subdirectory")
        set(where -D "NARROWFP_SOURCE=${top}")
    endif()
    run(${cmake} -S "${CMAKE_CURRENT_LIST_DIR}/core" -B "${work}/${kind}" ${bare_machine} ${where})
    run(${cmake} --build "${work}/${kind}")
    run("${work}/${kind}/headers_only")
    if(NOT output MATCHES "narrowfp ${VERSION}: 3.14159 in bfloat16 is 3.14062")
        message(FATAL_ERROR "'narrowfp ${VERSION}: 3.14159 in bfloat16 is 3.14062' expected, found: ${output}")
    endif()
endforeach()

# Without components, a package that holds the core alone gives the core.
run(${cmake} -S "${CMAKE_CURRENT_LIST_DIR}/core" -B "${work}/none" ${bare_machine} ${prefix} -D components=)
foreach(pair IN ITEMS "Core|unknown component 'Core'; known: core, eigen, multiprecision, narrowfp"
        "narrowfp|component 'narrowfp' is not installed here (NARROWFP_CORE_ONLY was ON)"
        "eigen|component 'eigen' needs Eigen >= 3.4, which was not found; on Debian: apt-get install libeigen3-dev"
        "multiprecision|component 'multiprecision' needs Boost headers >= 1.74, which were not found; on Debian: apt-get install libboost-dev")
    string(REGEX MATCH "^[^|]*" component "${pair}")
    string(REGEX REPLACE "^[^|]*\\|" "" text "${pair}")
    run_to_fail("Reason given by package: ${text}" ${cmake} -S "${CMAKE_CURRENT_LIST_DIR}/core"
                -B "${work}/missing_${component}" ${bare_machine} ${prefix} -D "components=${component}")
endforeach()
file(REMOVE_RECURSE "${work}")
