# SPDX-License-Identifier: Apache-2.0
# Installs headers and library, and the package that `find_package(narrowfp)` reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(narrowfp_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/narrowfp")

install(TARGETS narrowfp_core narrowfp EXPORT narrowfp-targets
        FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS narrowfp_adaptors FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT narrowfp-targets NAMESPACE narrowfp:: DESTINATION "${narrowfp_package_dir}")

# A static library passes its thread library on to the program that links it.
get_target_property(narrowfp_library_type narrowfp TYPE)
set(narrowfp_package_needs_openmp OFF)
if(NARROWFP_WITH_OPENMP AND narrowfp_library_type STREQUAL "STATIC_LIBRARY")
    set(narrowfp_package_needs_openmp ON)
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
        DESTINATION "${narrowfp_package_dir}")
install(FILES "${narrowfp_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
