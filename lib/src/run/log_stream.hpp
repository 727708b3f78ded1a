// One attempt's log, followed to its end: carries out what core::LogSession decides.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "client/api_client.hpp"
#include "daaa/transport.hpp"
#include "run/log_slots.hpp"

namespace daaa::run {

struct LogSource {
  std::string namespace_;
  std::string pod;
  std::string pod_uid;
  std::string container;
  bool resume = true;    // ask for stamps, resume exactly
  int tail_lines = 0;    // above zero: read once, the last lines only
  bool by_line = false;  // hand over each line by itself, with its own stamp
};

struct LogCallbacks {
  // Whole lines as daaa::RunEvent::data says. `stamp` is that of the first line, empty without resume.
  std::function<Flow(std::string_view lines, std::string_view stamp)> on_lines;
  std::function<void(const std::string& from, const std::string& to)> on_gap;
  // It has to wait until another log has been read; at most once.
  std::function<void()> on_wait;
  // Trouble that it goes on from; for diagnosis, not for the verdict.
  std::function<void(const Error&)> on_trouble;
  // Once: everything there will ever be was delivered, or given up (the error says why).
  std::function<void(Result<void>)> on_end;
};

// Belongs to the executor's thread. Destroying it ends the stream; no callback follows.
class LogStream {
 public:
  LogStream(Executor& executor, client::ApiClient& api, LogSlots& slots, LogSource source,
            LogCallbacks callbacks, std::uint64_t jitter_seed);
  ~LogStream();
  LogStream(const LogStream&) = delete;
  LogStream& operator=(const LogStream&) = delete;
  // The container has ended: what is not read yet is all there is.
  void container_terminated();
  // The pod is gone: nothing more can be read; ends with what is there.
  void pod_gone();
  // Read on after Flow::pause.
  void resume();
  // Trust the connection no more: open again.
  void reconnect();
  // Give up when `deadline` passes, at once if it has; what was read stands.
  void finish_by(TimePoint deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daaa::run
