# Headers, CMake package and pkg-config file, all under include/ (or CMAKE_INSTALL_INCLUDEDIR) and share/: nothing depends on
# the architecture.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(_package_dir share/cmake/eigenloss)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/eigenloss" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
target_include_directories(eigenloss INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION share/doc/eigenloss)
install(TARGETS eigenloss EXPORT eigenloss)
install(EXPORT eigenloss NAMESPACE eigenloss:: FILE eigenloss-targets.cmake DESTINATION ${_package_dir})

write_basic_package_version_file("${PROJECT_BINARY_DIR}/eigenloss-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_SOURCE_DIR}/.cmake/eigenloss-config.cmake"
              "${PROJECT_BINARY_DIR}/eigenloss-config-version.cmake"
        DESTINATION ${_package_dir})

set(_include_dir "${CMAKE_INSTALL_INCLUDEDIR}")
if(NOT IS_ABSOLUTE "${_include_dir}")
  string(PREPEND _include_dir "\${prefix}/")
endif()
configure_file("${PROJECT_SOURCE_DIR}/.cmake/eigenloss.pc.in" "${PROJECT_BINARY_DIR}/eigenloss.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/eigenloss.pc" DESTINATION share/pkgconfig)
