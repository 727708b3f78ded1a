// JSON of the API server to our model, and the server's Status to an Error.
#pragma once

#include <string>
#include <string_view>

#include "daaa/json.hpp"
#include "daaa/result.hpp"
#include "daaa/transport.hpp"
#include "model/objects.hpp"

namespace daaa::codec {

// One object; fields of another type than documented count as missing.
Result<model::Object> decode_object(model::Kind kind, std::string_view json);
// A ...List with its resourceVersion and continue token.
Result<model::ObjectList> decode_list(model::Kind kind, std::string_view json);

struct WatchLine {
  enum class Type { added, modified, deleted, bookmark, error, unknown } type = Type::unknown;
  model::Object object;          // with added, modified, deleted
  std::string resource_version;  // with added, modified, deleted, bookmark
  Error error;                   // with error: kind gone for 410, else by its Status
};
// One line of a watch stream, without its newline.
Result<WatchLine> decode_watch_line(model::Kind kind, std::string_view line);

// What an answer of status 400 and above means. `body` may be a Status, plain text or a proxy's HTML;
// text that is no Status is quoted in one line of at most 300 characters.
Error error_from_answer(int http_status, const Headers& headers, std::string_view body);

}  // namespace daaa::codec
