# SPDX-License-Identifier: Apache-2.0
# Takes the program, its CMakeLists.txt and the command that builds and runs it out of README.md, follows them in an empty
# folder and compares the output with the one that README.md prints. See common.cmake; KIND: `package` for find_package,
# `subdirectory` for the other way, which stands as a comment beside it.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

set(work "${BUILD}/consumer_readme_${KIND}")
file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${work}/app")

# -- what README.md says ----------------------------------------------------------------------------------------------
file(READ "${top}/README.md" readme)
if(NOT readme MATCHES "```cpp\n([^`]*)```\n\nIt prints:\n\n```text\n([^`]*)\n```")
    message(FATAL_ERROR "README.md: a program and what it prints expected")
endif()
set(program "${CMAKE_MATCH_1}")
set(expected "${CMAKE_MATCH_2}")
if(NOT readme MATCHES "```cmake\n([^`]*)```\n\n```sh\n([^`]*)\n```")
    message(FATAL_ERROR "README.md: a CMakeLists.txt and the command that uses it expected")
endif()
set(lists "${CMAKE_MATCH_1}")
set(command "${CMAKE_MATCH_2}")

if(KIND STREQUAL "package")
    run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${work}/.local")
else()
    if(NOT lists MATCHES "\nfind_package[^\n]*: (add_subdirectory\\(narrowfp\\))\n")
        message(FATAL_ERROR "README.md: a comment with add_subdirectory(narrowfp) expected beside find_package")
    endif()
    string(REGEX REPLACE "\nfind_package[^\n]*" "\nset(NARROWFP_WITH_OPENMP ${OPENMP})\n${CMAKE_MATCH_1}" lists "${lists}")
    string(APPEND lists "include(\"${CMAKE_CURRENT_LIST_DIR}/subdirectory/check.cmake\")\n")
    file(CREATE_LINK "${top}" "${work}/app/narrowfp" SYMBOLIC)
    # The library is built once more: in Debug, which halves the time and shows that it works without optimisation.
    set(BUILD_TYPE Debug)
endif()
file(WRITE "${work}/app/main.cpp" "${program}")
file(WRITE "${work}/app/CMakeLists.txt" "${lists}")

# -- followed ---------------------------------------------------------------------------------------------------------
set(ENV{HOME} "${work}")
set(ENV{CXX} "${CXX}")
set(ENV{CXXFLAGS} "${CXX_FLAGS}")
set(ENV{CMAKE_GENERATOR} "${GENERATOR}")
set(ENV{CMAKE_BUILD_TYPE} "${BUILD_TYPE}")
set(ENV{CMAKE_EXPORT_COMPILE_COMMANDS} ON)
execute_process(COMMAND sh -c "${command}" WORKING_DIRECTORY "${work}/app" RESULT_VARIABLE status
                OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(FIND "\n${output}" "\n${expected}\n" place)
if(NOT status EQUAL 0 OR place EQUAL -1)
    message(FATAL_ERROR "exit ${status}, 0 and the line '${expected}' expected: ${command}\n${output}")
endif()
message(STATUS "${expected}")
check_flags_of_user("${work}/app/build")
file(REMOVE_RECURSE "${work}")
