// An answer that is no success, as an Error: a Status, or whatever stood between us and the server.
#include <charconv>

#include "codec/decode.hpp"
#include "codec/objects.hpp"
#include "codec/status_meaning.hpp"
#include "codec/text.hpp"

namespace daaa::codec {
namespace {

std::string_view phrase(int code) noexcept {
  switch (code) {
    case 400:
      return " Bad Request";
    case 401:
      return " Unauthorized";
    case 403:
      return " Forbidden";
    case 404:
      return " Not Found";
    case 405:
      return " Method Not Allowed";
    case 406:
      return " Not Acceptable";
    case 407:
      return " Proxy Authentication Required";
    case 408:
      return " Request Timeout";
    case 409:
      return " Conflict";
    case 410:
      return " Gone";
    case 413:
      return " Request Entity Too Large";
    case 415:
      return " Unsupported Media Type";
    case 422:
      return " Unprocessable Entity";
    case 429:
      return " Too Many Requests";
    case 500:
      return " Internal Server Error";
    case 502:
      return " Bad Gateway";
    case 503:
      return " Service Unavailable";
    case 504:
      return " Gateway Timeout";
    default:
      return "";
  }
}

// Retry-After in its form of seconds. Its other form, a date, would need a clock; servers send seconds.
std::optional<std::chrono::seconds> retry_after(const Headers& headers) {
  const auto value = find_header(headers, "retry-after");
  std::int64_t seconds = 0;
  const auto* end = value.data() + value.size();
  const auto [stop, failure] = std::from_chars(value.data(), end, seconds);
  if (value.empty() || failure != std::errc() || stop != end || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

// A log in may carry secrets behind the "?".
std::string redirect_message(int code, const Headers& headers) {
  const auto location = find_header(headers, "location");
  const auto target = one_line(location.substr(0, location.find_first_of("?#")), 200);
  return "HTTP " + std::to_string(code) + ": the server redirects" + (target.empty() ? "" : " to " + target) +
         ", which is not followed; is this the address of a Kubernetes API server?";
}

std::string message_of(int code, const Headers& headers, const std::string& quoted) {
  if (code >= 300 && code < 400) return redirect_message(code, headers);
  auto message = "HTTP " + std::to_string(code) + std::string(phrase(code));
  return quoted.empty() ? message : message + ": " + quoted;
}

Error error_from_text(int code, const Headers& headers, std::string_view body) {
  const auto quoted = quote_body(body);
  const auto meaning = meaning_of_code(code);
  Error error(meaning.kind, message_of(code, headers, quoted));
  error.outcome_unknown = meaning.outcome_unknown;
  if (code == 403 && is_authorization(body)) error.kind = ErrorKind::forbidden;
  error.status.emplace();
  error.status->code = code;
  error.status->message = quoted;
  return error;
}

Error error_from_body(int code, const Headers& headers, std::string_view body) {
  const auto begin = body.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || body[begin] != '{') return error_from_text(code, headers, body);
  const ParsedAnswer answer(body);
  auto status = answer.is_object() ? read_status(answer.root()) : std::nullopt;
  if (!status) return error_from_text(code, headers, body);
  if (status->code == 0) status->code = code;
  return error_from_status(std::move(*status));
}

}  // namespace

Error error_from_answer(int http_status, const Headers& headers, std::string_view body) {
  Error error = error_from_body(http_status, headers, body);
  if (const auto seconds = retry_after(headers)) error.status->retry_after = seconds;
  return error;
}

}  // namespace daaa::codec
