# What an installation holds for those who build against libdaaa: headers, library, find_package and
# pkg-config files.
include(CMakePackageConfigHelpers)

install(TARGETS daaa EXPORT daaaTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library NAMELINK_COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/lib/include/daaa" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development FILES_MATCHING PATTERN "*.hpp")
install(EXPORT daaaTargets NAMESPACE daaa:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/daaa" COMPONENT development)

configure_package_config_file("${PROJECT_SOURCE_DIR}/lib/cmake/daaaConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/daaaConfig.cmake" INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/daaa")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/daaaConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/daaaConfig.cmake" "${PROJECT_BINARY_DIR}/daaaConfigVersion.cmake"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/daaa" COMPONENT development)

# A static libdaaa needs its libraries named; a shared one brings them along.
if(BUILD_SHARED_LIBS)
  set(DAAA_PC_REQUIRES "Requires.private")
else()
  set(DAAA_PC_REQUIRES "Requires")
endif()
# Relative to the file itself, so that an installation can be moved.
file(RELATIVE_PATH DAAA_PC_TO_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file("${PROJECT_SOURCE_DIR}/lib/cmake/daaa.pc.in" "${PROJECT_BINARY_DIR}/daaa.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/daaa.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
