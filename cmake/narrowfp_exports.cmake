# SPDX-License-Identifier: Apache-2.0
# The names that a shared library exports: those of namespace narrowfp without its namespaces detail, internal and
# kernel. Instantiations of std, Boost, fmt and nlohmann stay inside.

# narrowfp_export_public_names(TARGET): TARGET is a shared library made of the library's objects. Does nothing if the
# linker does not support version scripts.
function(narrowfp_export_public_names target)
    if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
        return()
    endif()
    # A version script has no "all but", so its patterns name where a name leaves each of the hidden ones: after "6"
    # comes neither d nor k, after "6d" no e, and so on. In mangled names the length of a name stands before it. (Not
    # all linkers read [!...].)
    set(hidden 6detail 6kernel 8internal)
    set(prefixes "")
    foreach(name IN LISTS hidden)
        string(LENGTH "${name}" length)
        math(EXPR last "${length} - 1")
        foreach(kept RANGE ${last})
            string(SUBSTRING "${name}" 0 ${kept} prefix)
            string(SUBSTRING "${name}" ${kept} 1 next)
            list(APPEND prefixes "<${prefix}>")
            string(APPEND after_<${prefix}> "${next}")
        endforeach()
    endforeach()
    list(REMOVE_DUPLICATES prefixes)
    set(names "")
    # Functions and variables, const member functions, type information, variables inside functions and their guards.
    foreach(kind IN ITEMS _ZN _ZNK _ZTIN _ZTSN _ZTVN _ZZN _ZZNK _ZGVN _ZGVZN _ZGVZNK)
        foreach(prefix IN LISTS prefixes)
            string(REGEX REPLACE "[<>]" "" text "${prefix}")
            string(APPEND names "        ${kind}8narrowfp${text}[^${after_${prefix}}]*;\n")
        endforeach()
    endforeach()
    set(script "${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
    file(CONFIGURE OUTPUT "${script}" CONTENT "{\n    global:\n${names}    local:\n        *;\n};\n" @ONLY)
    target_link_options(${target} PRIVATE "LINKER:--version-script=${script}")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${script}")
endfunction()
