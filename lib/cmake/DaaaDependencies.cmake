# The libraries that libdaaa is built on. Their targets are made global, so that a project that takes
# this one in with add_subdirectory() can link it.
find_package(CURL 7.61 REQUIRED)
find_package(OpenSSL 1.1.1 REQUIRED)
find_package(Threads REQUIRED)
find_package(RapidJSON REQUIRED)
find_package(yaml-cpp REQUIRED)

foreach(target CURL::libcurl OpenSSL::SSL OpenSSL::Crypto Threads::Threads yaml-cpp)
  if(TARGET ${target})
    get_target_property(is_alias ${target} ALIASED_TARGET)
    if(NOT is_alias)
      set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endif()
endforeach()
