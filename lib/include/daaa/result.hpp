// Errors as values: every call that can fail for a reason outside the program returns Result<T>.
//
// What       Error says what failed, what the caller can do about it (kind), and in which context.
//            Result<T> holds a T or an Error and is spelled like C++23's std::expected.
// Ownership  Both are plain values; copying an Error copies its strings.
// Threads    Distinct objects may be used from distinct threads; one object as any value.
// Errors     No exception leaves libdaaa but std::bad_alloc. Reading the wrong side of a Result is
//            a programming error: value() on an error ends the program with std::terminate.
// Not        An expected absence or outcome is no Error: a missing object is an empty optional, a
//            failed Job is a verdict (daaa/run.hpp).
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daaa/export.hpp"

namespace daaa {

// What the caller can do, most specific first.
enum class ErrorKind {
  invalid_argument,  // our own input is wrong: correct it, nothing was sent
  unauthenticated,   // 401, or no usable credential: log in again
  forbidden,         // 403 of authorization: ask for the right that the message names
  refused,           // 403 of admission, 422, 400: the object itself is not acceptable
  not_found,         // 404
  conflict,          // 409: exists already, or a precondition did not hold
  gone,              // 410: list again
  rate_limited,      // 429: wait, then repeat
  unavailable,       // no connection, 500, 502, 503, 504: repeat later
  untrusted,         // TLS: the server is not who it should be, or speaks no acceptable TLS
  timeout,           // our own deadline passed; a write may have happened
  cancelled,         // the caller's CancelToken
  protocol,          // the answer makes no sense: not an API server, or a defect
  internal,          // a defect in libdaaa
};

// The name of a kind as it is written in events and logs, for instance "rate_limited".
DAAA_EXPORT const char* to_string(ErrorKind kind) noexcept;

// The server's own account of a failure: Kubernetes' meta/v1 Status, as far as it was sent.
struct ServerStatus {
  struct Cause {
    std::string reason;
    std::string message;
    std::string field;
  };
  int code = 0;         // HTTP status
  std::string reason;   // for instance "AlreadyExists"; empty where a proxy answered
  std::string message;  // the server's text, unchanged
  std::string resource_kind;
  std::string resource_name;
  std::vector<Cause> causes;
  std::optional<std::chrono::seconds> retry_after;  // Retry-After header, else details.retryAfterSeconds
};

struct DAAA_EXPORT Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;                 // one line, without the context
  std::vector<std::string> context;    // outermost last: {"creating claim ns/x", "run 42"}
  std::optional<ServerStatus> status;  // what the server said, if a server answered
  // True where a write may have been carried out although no answer came.
  bool outcome_unknown = false;

  Error() = default;
  Error(ErrorKind error_kind, std::string text) : kind(error_kind), message(std::move(text)) {}

  // "run 42: creating claim ns/x: message"
  [[nodiscard]] std::string to_string() const;
  // The same error with one more line of context around it.
  [[nodiscard]] Error in(std::string where) && {
    context.push_back(std::move(where));
    return std::move(*this);
  }
  [[nodiscard]] Error in(std::string where) const& {
    Error copy = *this;
    copy.context.push_back(std::move(where));
    return copy;
  }
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = Error;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit as std::expected
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return get(*this); }
  [[nodiscard]] const T& value() const& { return get(*this); }
  [[nodiscard]] T&& value() && { return std::move(get(*this)); }
  [[nodiscard]] T& operator*() & { return get(*this); }
  [[nodiscard]] const T& operator*() const& { return get(*this); }
  [[nodiscard]] T&& operator*() && { return std::move(get(*this)); }
  [[nodiscard]] T* operator->() { return &get(*this); }
  [[nodiscard]] const T* operator->() const { return &get(*this); }

  [[nodiscard]] const Error& error() const& { return *failure(*this); }
  [[nodiscard]] Error& error() & { return *failure(*this); }
  [[nodiscard]] Error&& error() && { return std::move(*failure(*this)); }

  template <class U>
  [[nodiscard]] T value_or(U&& other) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }

 private:
  template <class Self>
  static auto& get(Self& self) {
    if (!self.has_value()) std::terminate();
    return *std::get_if<0>(&self.state_);
  }
  template <class Self>
  static auto* failure(Self& self) {
    if (self.has_value()) std::terminate();
    return std::get_if<1>(&self.state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = Error;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit as std::expected

  [[nodiscard]] bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (error_) std::terminate();
  }
  [[nodiscard]] const Error& error() const& {
    if (!error_) std::terminate();
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    if (!error_) std::terminate();
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace daaa
