# cmake --install: headers, library, the target unroll::unroll for find_package, a .pc file.

foreach(folder core ops layers optim)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/unroll
          FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE PATTERN "plan" EXCLUDE)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/unroll.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/unroll)

install(TARGETS unroll EXPORT unrollTargets)
set(UNROLL_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/unroll)
install(EXPORT unrollTargets NAMESPACE unroll:: DESTINATION ${UNROLL_CMAKE_DIR})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/unrollConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/unrollConfig.cmake
                              INSTALL_DESTINATION ${UNROLL_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/unrollConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/unrollConfig.cmake
              ${PROJECT_BINARY_DIR}/unrollConfigVersion.cmake
        DESTINATION ${UNROLL_CMAKE_DIR})

# Relative to itself, the file holds wherever the tree is installed.
file(RELATIVE_PATH UNROLL_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/unroll.pc.in ${PROJECT_BINARY_DIR}/unroll.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/unroll.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
