# SPDX-License-Identifier: Apache-2.0
# Flags of narrowfp's own compiled code. They are private to each target: a user's code is compiled as the user says.

# narrowfp_set_flags(TARGET): a * b + c stays two roundings unless the source says std::fma; compiled files contain
# no path of this machine, so that equal sources give equal files in every folder; warnings when narrowfp is the project
# being built.
function(narrowfp_set_flags target)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
        target_compile_options(${target} PRIVATE -ffp-contract=off)
        if(narrowfp_IS_TOP_LEVEL)
            # The last map that fits is taken. Debuggers find the sources when they are started in the source tree.
            target_compile_options(${target} PRIVATE "-ffile-prefix-map=${narrowfp_SOURCE_DIR}=."
                                   "-ffile-prefix-map=${narrowfp_BINARY_DIR}=build")
            target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Wsign-conversion)
            # GCC 12 warns falsely, under three names, wherever a literal and a std::string are added or assigned (GCC
            # bug 105651, fixed in 13) and inside Boost's cpp_int.
            if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
                target_compile_options(${target} PRIVATE -Wno-restrict -Wno-stringop-overflow
                                       -Wno-array-bounds)
            endif()
        else()
            target_compile_options(${target} PRIVATE "-fmacro-prefix-map=${narrowfp_SOURCE_DIR}=.")
        endif()
        if(NARROWFP_WERROR)
            target_compile_options(${target} PRIVATE -Werror)
        endif()
    endif()
endfunction()

# narrowfp_compile_together(TARGET): eight sources are compiled as one, since most of the time of each goes into the
# headers that all of them include. So names in unnamed namespaces must differ among the sources of a target.
# -D CMAKE_UNITY_BUILD_BATCH_SIZE=1 compiles each alone.
function(narrowfp_compile_together target)
    set(batch 8)
    if(DEFINED CMAKE_UNITY_BUILD_BATCH_SIZE)
        set(batch ${CMAKE_UNITY_BUILD_BATCH_SIZE})
    endif()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${batch})
endfunction()
