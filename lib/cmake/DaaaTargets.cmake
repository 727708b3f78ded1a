# Helpers that every folder's CMakeLists.txt uses: compile settings, rooms, tests.

option(DAAA_WERROR "Treat warnings as errors" OFF)

find_program(DAAA_CCACHE ccache)
if(DAAA_CCACHE AND DAAA_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${DAAA_CCACHE}")
endif()

# Settings of our own code; none of them reaches a consumer.
function(daaa_compile_settings target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-align -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers)
  if(DAAA_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(DAAA_SANITIZE)
    # What the instrumentation does to the code makes GCC 12 see values that were never set.
    target_compile_options(${target} PRIVATE -fsanitize=${DAAA_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all -Wno-maybe-uninitialized -Wno-format-truncation)
    target_link_options(${target} PUBLIC -fsanitize=${DAAA_SANITIZE})
    if(DAAA_SANITIZE MATCHES "thread")
      # Boost.Asio's fences, which ThreadSanitizer does not see; its locks order the same memory.
      target_compile_definitions(${target} PRIVATE BOOST_ASIO_DISABLE_FENCED_BLOCK)
    endif()
  endif()
endfunction()

# One room of the library: an object library, which libdaaa is put together from, and a static
# library of the same objects for tests and wings. DEPENDS names rooms, so an arrow that points up
# does not link. LIBRARIES names what is third-party.
function(daaa_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(daaa_${name}_objects OBJECT ${ROOM_SOURCES})
  daaa_compile_settings(daaa_${name}_objects)
  target_include_directories(daaa_${name}_objects
    PRIVATE "${PROJECT_SOURCE_DIR}/lib/include" "${PROJECT_SOURCE_DIR}/lib/src")
  target_compile_definitions(daaa_${name}_objects PRIVATE DAAA_BUILDING)
  target_link_libraries(daaa_${name}_objects PRIVATE ${ROOM_LIBRARIES})

  add_library(daaa_${name} STATIC $<TARGET_OBJECTS:daaa_${name}_objects>)
  set_target_properties(daaa_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(daaa_${name}
    INTERFACE "${PROJECT_SOURCE_DIR}/lib/include" "${PROJECT_SOURCE_DIR}/lib/src")
  foreach(room IN LISTS ROOM_DEPENDS)
    target_link_libraries(daaa_${name} PUBLIC daaa_${room})
  endforeach()
  target_link_libraries(daaa_${name} PUBLIC ${ROOM_LIBRARIES})
  if(DAAA_SANITIZE)
    target_link_options(daaa_${name} PUBLIC -fsanitize=${DAAA_SANITIZE})
  endif()
  set_property(GLOBAL APPEND PROPERTY DAAA_ROOMS ${name})
endfunction()

# One Catch2 program of the test suite, registered with CTest under its name. `test_programs` builds all of them.
function(daaa_test name)
  cmake_parse_arguments(T "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  daaa_compile_settings(${name})
  if(DAAA_SANITIZE)
    # Most of what a sanitizer makes of Catch2's macros the optimiser only looks at: it takes more than half the time.
    target_compile_options(${name} PRIVATE -O0 -g1)
  endif()
  target_link_libraries(${name} PRIVATE daaa_test_support ${T_LIBRARIES})
  add_dependencies(test_programs ${name})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS "${T_LABELS}" TIMEOUT 600)
endfunction()
