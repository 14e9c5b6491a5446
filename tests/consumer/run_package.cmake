# SPDX-License-Identifier: Apache-2.0
# Installs everything, and configures, builds and runs the project package/ as its user would. See common.cmake.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

set(work "${BUILD}/consumer_package")
file(REMOVE_RECURSE "${work}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${work}/prefix")

run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/package" -B "${work}/build" ${our_compiler}
    -D CMAKE_EXPORT_COMPILE_COMMANDS=ON -D "CMAKE_PREFIX_PATH=${work}/prefix" -D "CMAKE_BUILD_TYPE=${BUILD_TYPE}")
run("${CMAKE_COMMAND}" --build "${work}/build")
run("${work}/build/app")
message(STATUS "${output}")
if(NOT output MATCHES "narrowfp ${VERSION}")
    message(FATAL_ERROR "'narrowfp ${VERSION}' expected in the output")
endif()
if(NOT output MATCHES "relative error: [0-9.]*[1-9][0-9.e-]*")
    message(FATAL_ERROR "'relative error:' and a number other than 0 expected in the output")
endif()
check_flags_of_user("${work}/build")

# The installed program starts, also where the library is a shared one.
if(EXISTS "${work}/prefix/bin/narrowfp")
    run("${CMAKE_COMMAND}" -E env --unset=LD_LIBRARY_PATH "${work}/prefix/bin/narrowfp" --version)
endif()

# Installed files contain neither the source path nor the build path. (Except with sanitizers, which record source
# paths.)
if(NOT CXX_FLAGS MATCHES "-fsanitize")
    foreach(folder IN ITEMS "${top}" "${BUILD}")
        execute_process(COMMAND grep -rlF -e "${folder}" "${work}/prefix" OUTPUT_VARIABLE files RESULT_VARIABLE status)
        if(NOT status EQUAL 1)  # 1: no such line
            message(FATAL_ERROR "grep: ${status}; '${folder}' stands in these installed files:\n${files}")
        endif()
    endforeach()
endif()
file(REMOVE_RECURSE "${work}")
