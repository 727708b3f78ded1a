// Reads that are repeated while that can help: what attach, delete and gc look for first, before any
// run machine is there to be patient for them.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/retry.hpp"
#include "run/run_driver.hpp"

namespace daaa::run {

// Belongs to the executor's thread; one read at a time. Destroying it cancels what is under way.
class PatientRead {
 public:
  using Done = std::function<void(Result<client::Answer>)>;
  // Gives up when there has been no contact for `patience`.
  PatientRead(RunContext& context, std::uint64_t seed, Duration patience);
  ~PatientRead();
  PatientRead(const PatientRead&) = delete;
  PatientRead& operator=(const PatientRead&) = delete;

  // Asks as whoever asks for this kind. `done` is called once: with an answer, with 404 or 410, or with an
  // error that no repetition helps.
  void get(model::Kind kind, std::string path, Done done);
  // From now on nobody is called back any more.
  void stop();
  // What went wrong last, while it is tried again.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }

 private:
  void send();
  void answered(Result<client::Answer> answer);
  [[nodiscard]] bool is_final(const Error& error);

  RunContext& context_;
  Duration patience_;
  core::Denials denials_;
  core::RetryDelay delay_;
  model::Kind kind_ = model::Kind::job;
  std::string path_;
  Done done_;
  std::optional<TimePoint> lost_since_;
  std::optional<Error> trouble_;
  TimerId timer_ = 0;
  client::CallId call_ = 0;
};

}  // namespace daaa::run
