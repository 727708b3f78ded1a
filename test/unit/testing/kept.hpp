// A handler that keeps what it is told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daaa/transport.hpp"

namespace daaa::testing {

struct Kept final : ResponseHandler {
  void on_headers(int answer, const Headers& answer_headers) override {
    status = answer;
    headers = answer_headers;
  }
  Flow on_data(std::string_view data) override {
    pieces.emplace_back(data);
    return flow;
  }
  void on_end(Result<void> result) override { end = std::move(result); }
  [[nodiscard]] std::string body() const {
    std::string all;
    for (const auto& piece : pieces) all += piece;
    return all;
  }

  int status = 0;
  Headers headers;
  std::vector<std::string> pieces;
  std::optional<Result<void>> end;
  Flow flow = Flow::proceed;
};

inline HttpRequest get(std::string path, ExchangeKind kind = ExchangeKind::unary) {
  HttpRequest request;
  request.path = std::move(path);
  request.kind = kind;
  return request;
}

}  // namespace daaa::testing
