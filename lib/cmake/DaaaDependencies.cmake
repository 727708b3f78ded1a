# The libraries that libdaaa is built on. Their targets are made global, so that a project that takes
# this one in with add_subdirectory() can link it.
find_package(CURL 7.61 REQUIRED)
find_package(OpenSSL 1.1.1 REQUIRED)
find_package(Threads REQUIRED)
find_package(RapidJSON REQUIRED)
find_package(yaml-cpp REQUIRED)

# The package names the shared library only.
if(DAAA_STATIC_RUNTIME AND TARGET yaml-cpp)
  find_library(DAAA_YAML_CPP_ARCHIVE NAMES libyaml-cpp.a REQUIRED)
  get_target_property(configurations yaml-cpp IMPORTED_CONFIGURATIONS)
  foreach(configuration IN LISTS configurations)
    set_target_properties(yaml-cpp PROPERTIES IMPORTED_LOCATION_${configuration} "${DAAA_YAML_CPP_ARCHIVE}")
  endforeach()
endif()

foreach(target CURL::libcurl OpenSSL::SSL OpenSSL::Crypto Threads::Threads yaml-cpp)
  if(TARGET ${target})
    get_target_property(is_alias ${target} ALIASED_TARGET)
    if(NOT is_alias)
      set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endif()
endforeach()
