// What the seams of daaa/transport.hpp need beside their interfaces.
#include "daaa/transport.hpp"

namespace daaa {

Executor::~Executor() = default;
ResponseHandler::~ResponseHandler() = default;
Transport::~Transport() = default;

const char* to_string(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
  }
  return "unknown";
}

std::string_view find_header(const Headers& headers, std::string_view name) noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace daaa
