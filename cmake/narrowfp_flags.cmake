# SPDX-License-Identifier: Apache-2.0
# Flags of narrowfp's own compiled code. They are private to each target: a user's code is compiled as the user says.

# narrowfp_set_flags(TARGET): a * b + c stays two roundings unless the source says std::fma; warnings when narrowfp is
# the project being built.
function(narrowfp_set_flags target)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
        target_compile_options(${target} PRIVATE -ffp-contract=off)
        if(narrowfp_IS_TOP_LEVEL)
            target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Wsign-conversion)
            # GCC 12 warns falsely, under three names, wherever a literal and a std::string are added or assigned (GCC bug
            # 105651, fixed in 13) and inside Boost's cpp_int.
            if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
                target_compile_options(${target} PRIVATE -Wno-restrict -Wno-stringop-overflow
                                       -Wno-array-bounds)
            endif()
        endif()
        if(NARROWFP_WERROR)
            target_compile_options(${target} PRIVATE -Werror)
        endif()
    endif()
endfunction()
