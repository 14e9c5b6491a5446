# SPDX-License-Identifier: Apache-2.0
# Configures, builds and runs the project KIND (package or subdirectory) as its user would, in a folder of its own.
# BUILD: our build folder; GENERATOR, MAKE, CXX, CXX_FLAGS, BUILD_TYPE, OPENMP: how it was configured; VERSION: of narrowfp.
cmake_minimum_required(VERSION 3.25)

set(work "${BUILD}/consumer_${KIND}")
file(REMOVE_RECURSE "${work}")
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH tests)
cmake_path(GET tests PARENT_PATH top)

function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(output "${output}" PARENT_SCOPE)
    if(NOT status EQUAL 0)
        list(JOIN ARGV " " command)
        message(FATAL_ERROR "exit ${status}: ${command}\n${output}")
    endif()
endfunction()

if(KIND STREQUAL "package")
    run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${work}/prefix")
    set(where -D "CMAKE_PREFIX_PATH=${work}/prefix" -D "CMAKE_BUILD_TYPE=${BUILD_TYPE}")
else()
    # Here the library is built once more: in Debug, which halves the time and shows that it works without optimisation.
    set(where -D "NARROWFP_SOURCE=${top}" -D "NARROWFP_WITH_OPENMP=${OPENMP}" -D CMAKE_BUILD_TYPE=Debug)
endif()

run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${KIND}" -B "${work}/build" -G "${GENERATOR}"
    -D "CMAKE_MAKE_PROGRAM=${MAKE}" -D "CMAKE_CXX_COMPILER=${CXX}" -D "CMAKE_CXX_FLAGS=${CXX_FLAGS}"
    -D CMAKE_EXPORT_COMPILE_COMMANDS=ON ${where})
run("${CMAKE_COMMAND}" --build "${work}/build")
run("${work}/build/app")
message(STATUS "${output}")
if(NOT output MATCHES "narrowfp ${VERSION}")
    message(FATAL_ERROR "'narrowfp ${VERSION}' expected in the output")
endif()
if(NOT output MATCHES "relative error: [0-9.]*[1-9][0-9.e-]*")
    message(FATAL_ERROR "'relative error:' and a number other than 0 expected in the output")
endif()

# What the user's own code is compiled with is the user's business.
file(READ "${work}/build/compile_commands.json" commands)
string(REGEX MATCHALL "\"command\": [^\n]*main\\.cpp[^\n]*" commands "${commands}")
if(NOT commands)
    message(FATAL_ERROR "no command that compiles main.cpp in ${work}/build/compile_commands.json")
endif()
foreach(flag IN ITEMS "-ffp-contract" "-Wconversion" "-Werror" "-march" "nlohmann")
    if(commands MATCHES "${flag}")
        message(FATAL_ERROR "${flag} reaches the user's program: ${commands}")
    endif()
endforeach()
file(REMOVE_RECURSE "${work}")
