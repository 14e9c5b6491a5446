# SPDX-License-Identifier: Apache-2.0
# Installs headers and library, and the package that `find_package(narrowfp)` reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(narrowfp_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/narrowfp")

# narrowfp_install_component(TARGET COMPONENT): what find_package(narrowfp COMPONENTS ...) gives under this name.
function(narrowfp_install_component target component)
    install(TARGETS ${target} EXPORT narrowfp-${component}-targets
            FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
            INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT narrowfp-${component}-targets NAMESPACE narrowfp:: DESTINATION "${narrowfp_package_dir}")
endfunction()

narrowfp_install_component(narrowfp_core core)
narrowfp_install_component(narrowfp_eigen eigen)
narrowfp_install_component(narrowfp_multiprecision multiprecision)
set(narrowfp_package_needs_openmp OFF)
if(NOT NARROWFP_CORE_ONLY)
    narrowfp_install_component(narrowfp narrowfp)
    get_target_property(library_type narrowfp TYPE)
    if(library_type STREQUAL "STATIC_LIBRARY")
        set(narrowfp_package_needs_openmp ${NARROWFP_WITH_OPENMP})
    elseif(TARGET narrowfp_program)
        # The installed program finds the shared library wherever the prefix lies.
        file(RELATIVE_PATH from_program_to_library "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
        set_target_properties(narrowfp_program PROPERTIES INSTALL_RPATH "$ORIGIN/${from_program_to_library}")
    endif()
endif()

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/narrowfp-config.cmake.in"
                              "${CMAKE_CURRENT_BINARY_DIR}/narrowfp-config.cmake"
                              INSTALL_DESTINATION "${narrowfp_package_dir}")

# While the major number is 0, a new minor number may break users.
if(narrowfp_VERSION_MAJOR EQUAL 0)
    set(narrowfp_compatibility SameMinorVersion)
else()
    set(narrowfp_compatibility SameMajorVersion)
endif()
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/narrowfp-config-version.cmake"
                                 VERSION ${narrowfp_VERSION} COMPATIBILITY ${narrowfp_compatibility})

install(FILES "${CMAKE_CURRENT_BINARY_DIR}/narrowfp-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/narrowfp-config-version.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/narrowfp_boost.cmake"
        DESTINATION "${narrowfp_package_dir}")
install(FILES "${narrowfp_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
