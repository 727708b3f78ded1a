// The names of the public enumerations, as events, reports and the command print them.
#include "daaa/run.hpp"

namespace daaa {

const char* to_string(Phase phase) noexcept {
  switch (phase) {
    case Phase::preflight:
      return "preflight";
    case Phase::volumes:
      return "volumes";
    case Phase::job:
      return "job";
    case Phase::suspended:
      return "suspended";
    case Phase::scheduling:
      return "scheduling";
    case Phase::pulling:
      return "pulling";
    case Phase::starting:
      return "starting";
    case Phase::running:
      return "running";
    case Phase::draining:
      return "draining";
    case Phase::cleaning:
      return "cleaning";
    case Phase::done:
      return "done";
  }
  return "unknown";
}

const char* to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::none:
      return "none";
    case Verdict::succeeded:
      return "succeeded";
    case Verdict::failed:
      return "failed";
    case Verdict::deadline:
      return "deadline";
    case Verdict::not_started:
      return "not_started";
    case Verdict::refused:
      return "refused";
    case Verdict::unauthorized:
      return "unauthorized";
    case Verdict::unreachable:
      return "unreachable";
    case Verdict::vanished:
      return "vanished";
    case Verdict::cancelled:
      return "cancelled";
    case Verdict::misconfigured:
      return "misconfigured";
    case Verdict::internal:
      return "internal";
  }
  return "unknown";
}

const char* to_string(RunEvent::Type type) noexcept {
  switch (type) {
    case RunEvent::Type::phase:
      return "phase";
    case RunEvent::Type::waiting:
      return "waiting";
    case RunEvent::Type::created:
      return "created";
    case RunEvent::Type::deleted:
      return "deleted";
    case RunEvent::Type::attempt:
      return "attempt";
    case RunEvent::Type::log:
      return "log";
    case RunEvent::Type::gap:
      return "gap";
    case RunEvent::Type::warning:
      return "warning";
    case RunEvent::Type::verdict:
      return "verdict";
    case RunEvent::Type::done:
      return "done";
  }
  return "unknown";
}

}  // namespace daaa
