// RapidJSON under a namespace of our own: a host that links it with other settings shares no symbol
// with us. Included by codec's sources only.
#pragma once

#define RAPIDJSON_NAMESPACE daaa::rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN \
  namespace daaa {                \
  namespace rapidjson {
#define RAPIDJSON_NAMESPACE_END \
  }                             \
  }

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
