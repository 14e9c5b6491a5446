# SPDX-License-Identifier: Apache-2.0
# What the scripts of this folder share. Each gets BUILD: our build folder; GENERATOR, MAKE, CXX, CXX_FLAGS, BUILD_TYPE,
# OPENMP: how it was configured; VERSION: of narrowfp.
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH tests)
cmake_path(GET tests PARENT_PATH top)

# How a user's project is configured with our compiler.
set(our_compiler -G "${GENERATOR}" -D "CMAKE_MAKE_PROGRAM=${MAKE}" -D "CMAKE_CXX_COMPILER=${CXX}"
    -D "CMAKE_CXX_FLAGS=${CXX_FLAGS}")

# run(COMMAND...): fails unless the command succeeds; its output is in `output`.
function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(output "${output}" PARENT_SCOPE)
    if(NOT status EQUAL 0)
        list(JOIN ARGV " " command)
        message(FATAL_ERROR "exit ${status}: ${command}\n${output}")
    endif()
endfunction()

# run_to_fail(TEXT COMMAND...): fails unless the command fails and says TEXT, however its lines are broken.
function(run_to_fail text)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    string(FIND "${output}" "${text}" place)
    if(status EQUAL 0 OR place EQUAL -1)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "exit ${status}, an error and '${text}' expected: ${command}\n${output}")
    endif()
endfunction()

# What the user's own code is compiled with is the user's business (CXX_FLAGS are this user's). FOLDER: where the user's project was built.
function(check_flags_of_user folder)
    file(READ "${folder}/compile_commands.json" commands)
    string(REGEX MATCHALL "\"command\": [^\n]*main\\.cpp[^\n]*" commands "${commands}")
    if(NOT commands)
        message(FATAL_ERROR "no command that compiles main.cpp in ${folder}/compile_commands.json")
    endif()
    foreach(flag IN ITEMS "-ffp-contract" "-Wconversion" "-Werror" "-march" "-fvisibility" "-prefix-map" "nlohmann")
        if(commands MATCHES "${flag}" AND NOT CXX_FLAGS MATCHES "${flag}")
            message(FATAL_ERROR "${flag} reaches the user's program: ${commands}")
        endif()
    endforeach()
endfunction()
