// Kubernetes' Status, and what it asks of the caller. The reason decides; the code only where the
// reason is unknown. Reasons: k8s.io/apimachinery meta/v1 types.go, StatusReason.
#include <array>
#include <utility>

#include "codec/decode.hpp"
#include "codec/status_meaning.hpp"
#include "codec/text.hpp"

namespace daaa::codec {
namespace {

constexpr std::array<std::pair<std::string_view, Meaning>, 19> kReasons = {{
    {"Unauthorized", {ErrorKind::unauthenticated, false}},
    {"Forbidden", {ErrorKind::refused, false}},  // or forbidden: the message tells
    {"NotFound", {ErrorKind::not_found, false}},
    {"AlreadyExists", {ErrorKind::conflict, false}},
    {"Conflict", {ErrorKind::conflict, false}},
    {"Gone", {ErrorKind::gone, false}},
    {"Expired", {ErrorKind::gone, false}},
    {"Invalid", {ErrorKind::refused, false}},
    {"BadRequest", {ErrorKind::refused, false}},
    {"TooManyRequests", {ErrorKind::rate_limited, false}},
    {"ServerTimeout", {ErrorKind::unavailable, true}},
    {"Timeout", {ErrorKind::unavailable, true}},
    {"InternalError", {ErrorKind::unavailable, true}},
    {"StoreReadError", {ErrorKind::unavailable, true}},
    {"ServiceUnavailable", {ErrorKind::unavailable, false}},
    {"MethodNotAllowed", {ErrorKind::protocol, false}},
    {"NotAcceptable", {ErrorKind::protocol, false}},
    {"RequestEntityTooLarge", {ErrorKind::protocol, false}},
    {"UnsupportedMediaType", {ErrorKind::protocol, false}},
}};

Meaning meaning_of(const ServerStatus& status) noexcept {
  for (const auto& [reason, meaning] : kReasons) {
    if (status.reason == reason) return meaning;
  }
  return meaning_of_code(status.code);
}

std::string message_of(const ServerStatus& status) {
  auto message = one_line(status.message);
  if (!message.empty()) return message;
  return "HTTP " + std::to_string(status.code) + (status.reason.empty() ? "" : " " + one_line(status.reason));
}

std::optional<std::chrono::seconds> seconds_in(const Value& details) {
  const auto seconds = integer(details, "retryAfterSeconds").value_or(0);
  return seconds > 0 ? std::optional(std::chrono::seconds(seconds)) : std::nullopt;
}

}  // namespace

Meaning meaning_of_code(int code) noexcept {
  switch (code) {
    case 400:
    case 403:
    case 422:
      return {ErrorKind::refused, false};
    case 401:
      return {ErrorKind::unauthenticated, false};
    case 404:
      return {ErrorKind::not_found, false};
    case 408:
      return {ErrorKind::unavailable, true};
    case 409:
      return {ErrorKind::conflict, false};
    case 410:
      return {ErrorKind::gone, false};
    case 429:
      return {ErrorKind::rate_limited, false};
    case 503:
      return {ErrorKind::unavailable, false};
    default:
      break;
  }
  // A failed watch says no code at all where the server broke down: as a 500.
  return code == 0 || code >= 500 ? Meaning{ErrorKind::unavailable, true}
                                  : Meaning{ErrorKind::protocol, false};
}

// The authorizer always words it `User "NAME" cannot VERB ...`; admission and quota never do, but a
// webhook may quote anything.
bool is_authorization(std::string_view message) noexcept {
  if (message.find("admission webhook") != std::string_view::npos) return false;
  const auto user = message.find("User \"");
  return user != std::string_view::npos && message.find("\" cannot ", user) != std::string_view::npos;
}

std::optional<ServerStatus> read_status(const Value& object) {
  if (view(object, "kind") != "Status") return std::nullopt;
  const Value& details = member(object, "details");
  ServerStatus status;
  const auto code = integer(object, "code").value_or(0);
  status.code = code >= 100 && code <= 599 ? static_cast<int>(code) : 0;
  status.reason = text(object, "reason");
  status.message = text(object, "message");
  status.resource_kind = text(details, "kind");
  status.resource_name = text(details, "name");
  each_object(details, "causes", [&](const Value& cause) {
    status.causes.push_back({text(cause, "reason"), text(cause, "message"), text(cause, "field")});
  });
  status.retry_after = seconds_in(details);
  return status;
}

Error error_from_status(ServerStatus status) {
  const auto meaning = meaning_of(status);
  Error error(meaning.kind, message_of(status));
  error.outcome_unknown = meaning.outcome_unknown;
  const bool forbidden = status.reason == "Forbidden" || status.code == 403;
  if (forbidden && error.kind == ErrorKind::refused && is_authorization(status.message)) {
    error.kind = ErrorKind::forbidden;
  }
  error.status = std::move(status);
  return error;
}

}  // namespace daaa::codec
