// A Transport that answers what a script says and complains of everything else: for unit tests.
//
// What       Expect requests in their order; each is answered as the script says. A request that is not
//            the next one expected ends in an Error, and problems() tells; so it does of requests that
//            never came.
// Ownership  Refers to the executor, which must outlive it.
// Threads    All on the executor's thread.
// Blocking   Never; answers arrive from the executor's loop.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daaa/export.hpp"
#include "daaa/transport.hpp"

namespace daaa::testing {

struct ScriptedAnswer {
  int status = 200;
  Headers headers;                  // names in lower case
  std::vector<std::string> pieces;  // of the body, each one on_data()
  std::optional<Error> error;       // the end; with status 0 it comes without an answer before it
  bool stays_open = false;          // no end: a stream, until more() or finish()
  Duration after{0};                // from the request to the answer
};

class DAAA_EXPORT ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(Executor& executor) : executor_(executor) {}
  ~ScriptedTransport() override;

  // The next request. `path` with its query; a "*" at its end stands for anything.
  ScriptedTransport& expect(Method method, std::string path, ScriptedAnswer answer = {});
  // More bytes, or the end, of the last answer that stays open. False: there is none.
  bool more(std::string bytes);
  bool finish(Result<void> end = {});

  // Requests that were not expected, then those that are still missing, in words; empty when all is well.
  [[nodiscard]] std::vector<std::string> problems() const;
  [[nodiscard]] const std::vector<HttpRequest>& requests() const { return requests_; }
  [[nodiscard]] std::size_t cancelled() const { return cancelled_; }
  [[nodiscard]] std::size_t distrusted() const { return distrusted_; }

  ExchangeId start(HttpRequest request, ResponseHandler& handler) override;
  void cancel(ExchangeId id) override;
  void resume(ExchangeId id) override;
  void distrust_connections() override { ++distrusted_; }

 private:
  struct Expectation {
    Method method;
    std::string path;
    ScriptedAnswer answer;
  };
  struct Open {
    ResponseHandler* handler = nullptr;
    ScriptedAnswer answer;
    bool told_headers = false;
    bool paused = false;
    TimerId timer = 0;
  };
  void play(ExchangeId id);

  Executor& executor_;
  std::deque<Expectation> script_;
  std::map<ExchangeId, Open> open_;
  std::vector<HttpRequest> requests_;
  std::vector<std::string> unexpected_;
  ExchangeId last_ = 0;
  std::size_t cancelled_ = 0;
  std::size_t distrusted_ = 0;
};

}  // namespace daaa::testing
