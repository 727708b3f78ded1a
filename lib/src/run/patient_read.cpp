#include "run/patient_read.hpp"

#include <utility>

namespace daaa::run {

PatientRead::PatientRead(RunContext& context, std::uint64_t seed, Duration patience)
    : context_(context), patience_(patience), delay_(seed) {}

PatientRead::~PatientRead() { stop(); }

void PatientRead::stop() {
  if (timer_ != 0) context_.executor.cancel_timer(std::exchange(timer_, 0));
  if (call_ != 0) context_.api_for(kind_).cancel(std::exchange(call_, 0));
  done_ = {};
}

void PatientRead::get(model::Kind kind, std::string path, Done done) {
  kind_ = kind;
  path_ = std::move(path);
  done_ = std::move(done);
  if (!lost_since_) lost_since_ = context_.executor.now();
  send();
}

void PatientRead::send() {
  client::ApiRequest request;
  request.path = path_;
  call_ = context_.api_for(kind_).call(std::move(request), [this](Result<client::Answer> answer) {
    call_ = 0;
    answered(std::move(answer));
  });
}

void PatientRead::answered(Result<client::Answer> answer) {
  const bool is_answer =
      answer || answer.error().kind == ErrorKind::not_found || answer.error().kind == ErrorKind::gone;
  if (is_answer) {
    denials_.allowed("read");
    delay_.reset();
    lost_since_.reset();
    trouble_.reset();
  } else if (!is_final(answer.error())) {
    trouble_ = answer.error();
    timer_ = context_.executor.run_at(context_.executor.now() + delay_.next(answer.error()), [this] {
      timer_ = 0;
      send();
    });
    return;
  }
  // The one who is called back may begin the next read, or destroy us.
  const auto done = std::exchange(done_, {});
  done(std::move(answer));
}

bool PatientRead::is_final(const Error& error) {
  const auto now = context_.executor.now();
  const auto kind = core::classify(error);
  if (kind == core::Trouble::denied) {
    denials_.denied("read", error, now);
    return denials_.final_at(now).has_value();
  }
  denials_.interrupted("read");
  const bool hopeless =
      kind == core::Trouble::untrusted || kind == core::Trouble::misuse || !core::is_passing(kind);
  return hopeless || now - *lost_since_ >= patience_;
}

}  // namespace daaa::run
