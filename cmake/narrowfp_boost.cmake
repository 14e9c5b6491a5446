# SPDX-License-Identifier: Apache-2.0
# Boost's headers, any release from 1.74 on. They are looked for directly, so that they are found with
# and without CMake's or Boost's own find logic. Used by the build and by the installed package.

# narrowfp_find_boost(TARGET): makes the imported target TARGET if there are headers of such a release.
function(narrowfp_find_boost target)
    find_path(NARROWFP_BOOST_INCLUDE_DIR boost/multiprecision/cpp_bin_float.hpp
              HINTS ${Boost_ROOT} $ENV{Boost_ROOT} ${BOOST_ROOT} $ENV{BOOST_ROOT} PATH_SUFFIXES include
              DOC "Folder that holds boost/version.hpp")
    mark_as_advanced(NARROWFP_BOOST_INCLUDE_DIR)
    if(TARGET ${target} OR NOT NARROWFP_BOOST_INCLUDE_DIR)
        return()
    endif()
    file(STRINGS "${NARROWFP_BOOST_INCLUDE_DIR}/boost/version.hpp" version REGEX "^#define BOOST_VERSION [0-9]+")
    string(REGEX REPLACE "^#define BOOST_VERSION ([0-9]+).*" "\\1" version "${version}")
    if(version GREATER_EQUAL 107400)
        add_library(${target} INTERFACE IMPORTED)
        target_include_directories(${target} SYSTEM INTERFACE "${NARROWFP_BOOST_INCLUDE_DIR}")
    endif()
endfunction()
