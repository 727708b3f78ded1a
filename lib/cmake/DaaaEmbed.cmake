# Turns manifests/ into a C++ source: templates as JSON, so that rendering needs no YAML; values.yaml as text.

set(DAAA_EMBED_TOOL "" CACHE FILEPATH "Host build of embed_manifests, for cross-compiling; empty: built here")
set(DAAA_EMBED_DIR "${CMAKE_CURRENT_LIST_DIR}")

# Sets ${out} to the path of the generated source.
function(daaa_embed_manifests out)
  set(manifests "${PROJECT_SOURCE_DIR}/manifests")
  set(inputs
    "${manifests}/values.yaml"
    "${manifests}/templates/pv.yaml"
    "${manifests}/templates/pvc.yaml"
    "${manifests}/templates/job.yaml")
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/embedded_manifests.cpp")

  set(tool "${DAAA_EMBED_TOOL}")
  if(NOT tool)
    add_executable(daaa_embed_tool "${DAAA_EMBED_DIR}/embed_manifests.cpp")
    daaa_compile_settings(daaa_embed_tool)
    target_link_libraries(daaa_embed_tool PRIVATE yaml-cpp)
    # A build tool: it does not belong beside the programs that a user looks for.
    set_target_properties(daaa_embed_tool PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
    set(tool daaa_embed_tool)
  endif()

  add_custom_command(
    OUTPUT "${generated}"
    COMMAND ${tool} "${generated}" ${inputs}
    DEPENDS ${tool} ${inputs}
    COMMENT "Embedding manifests"
    VERBATIM)
  set(${out} "${generated}" PARENT_SCOPE)
endfunction()
