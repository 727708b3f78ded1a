// Recorded API traffic: a Transport that writes down what passes through it, and one that plays such
// a file back in virtual time. The format is that of test/replay/recordings/README.md.
//
// Ownership  Both refer to their executor; RecordingTransport also to the transport that it wraps.
// Threads    All on the executor's thread.
// Not        No request header but the content type is written, so no credential is; of bodies the
//            members token, password and clientSecret, and the data of Secrets, are "[redacted]".
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daaa/export.hpp"
#include "daaa/json.hpp"
#include "daaa/transport.hpp"

namespace daaa::testing {

class DAAA_EXPORT RecordingTransport final : public Transport {
 public:
  RecordingTransport(Executor& executor, Transport& inner, std::string scenario, std::string about);
  ~RecordingTransport() override;

  // The file's text as it stands; exchanges that are still open count as closed by the client.
  [[nodiscard]] std::string recording() const;

  ExchangeId start(HttpRequest request, ResponseHandler& handler) override;
  void cancel(ExchangeId id) override;
  void resume(ExchangeId id) override { inner_.resume(id); }
  void distrust_connections() override { inner_.distrust_connections(); }

 private:
  struct Tap;
  [[nodiscard]] std::int64_t milliseconds() const;

  Executor& executor_;
  Transport& inner_;
  std::string scenario_;
  std::string about_;
  TimePoint began_;
  std::vector<std::unique_ptr<Tap>> taps_;  // one for each exchange, in the order of their start
};

class DAAA_EXPORT ReplayingTransport final : public Transport {
 public:
  // The Error names what in the text is not a recording.
  static Result<std::unique_ptr<ReplayingTransport>> make(Executor& executor, std::string_view recording);
  ~ReplayingTransport() override;

  // Requests that no exchange of the recording answers, in words. Query parameters of these names may
  // differ: timeoutSeconds, whose value is drawn by the client.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  // Exchanges that nobody has asked for.
  [[nodiscard]] std::size_t unused() const;
  // What was drawn at random when it was recorded has another name now: in all that is still to be
  // played, `recorded` becomes `present`.
  void rename(const std::string& recorded, const std::string& present);

  ExchangeId start(HttpRequest request, ResponseHandler& handler) override;
  void cancel(ExchangeId id) override;
  void resume(ExchangeId id) override;
  void distrust_connections() override {}

 private:
  // What happens how long after the request.
  struct Step {
    Duration after{0};
    std::string data;
  };
  struct Answer {
    int status = 0;
    Headers headers;
    Duration headers_after{0};
    std::vector<Step> steps;
    Duration closed_after{0};
    bool ends = true;  // not: the client closed it, so it stays open
    bool is_cut = false;
  };
  struct Exchange {
    std::string method, path;
    std::map<std::string, std::string> query;
    Answer answer;
    bool used = false;
  };
  struct Playing;
  static Answer answer_of(const Json& response);
  ReplayingTransport(Executor& executor, std::vector<Exchange> exchanges);
  Exchange* find(const HttpRequest& request);
  void play(ExchangeId id);

  Executor& executor_;
  std::vector<Exchange> exchanges_;
  std::map<ExchangeId, std::unique_ptr<Playing>> playing_;
  std::vector<std::string> problems_;
  ExchangeId last_ = 0;
};

}  // namespace daaa::testing
