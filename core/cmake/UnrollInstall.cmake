# cmake --install: headers, library, the target unroll::unroll for find_package, a .pc file.
# cpack, in the folder of the build: the same as a Debian package, libunroll-dev.

foreach(folder core ops layers optim)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/unroll
          FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE
          PATTERN "plan" EXCLUDE PATTERN "cmake" EXCLUDE)
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

# What a static library is built on its users link, so that pkg-config needs no --static.
set(unroll_pc_requires "libhwy libxxhash")
set(unroll_pc_libs "${OpenMP_CXX_FLAGS} -ldl")
if(TARGET MPI::MPI_CXX)
  list(JOIN MPI_CXX_LIBRARIES " " mpi_libraries)
  string(APPEND unroll_pc_libs " ${mpi_libraries}")
endif()
if(BUILD_SHARED_LIBS)
  string(CONCAT UNROLL_PC_LINKS "Requires: fmt\n" "Libs: -L\${libdir} -lunroll\n"
                "Requires.private: ${unroll_pc_requires}\n" "Libs.private: ${unroll_pc_libs}")
else()
  string(CONCAT UNROLL_PC_LINKS "Requires: fmt ${unroll_pc_requires}\n"
                "Libs: -L\${libdir} -lunroll ${unroll_pc_libs}")
endif()
# Relative to itself, the file holds wherever the tree is installed.
file(RELATIVE_PATH UNROLL_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/unroll.pc.in ${PROJECT_BINARY_DIR}/unroll.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/unroll.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_CONTACT "the authors of unroll <unroll@localhost>")
  set(CPACK_PACKAGE_NAME libunroll-dev)
  set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES OFF)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "libfmt-dev, libhwy-dev, libopenblas0, libxxhash-dev, pkg-config")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", libomp-dev")
  else()
    string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", g++")
  endif()
  if(TARGET MPI::MPI_CXX)
    string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", libopenmpi-dev")
  endif()
  include(CPack)
endif()
