// What goes into the run's state machine and what comes out of it. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daaa/result.hpp"
#include "daaa/run.hpp"
#include "model/objects.hpp"

namespace daaa::core {

inline constexpr const char* kMainContainer = "daaa";

// What the machine is to do with a run.
enum class Mode {
  run,      // make it, follow it, remove it
  attach,   // follow what another process made, and remove it
  observe,  // follow only
  remove,   // remove only
};

// One of the nine objects that a run owns.
struct ObjectId {
  model::Kind kind = model::Kind::job;  // volume, claim or job
  int index = 0;                        // 0..3 for volumes and claims: cos, nfs, arc, models
  friend bool operator==(const ObjectId& a, const ObjectId& b) {
    return a.kind == b.kind && a.index == b.index;
  }
};

struct RunPlan {
  Mode mode = Mode::run;
  std::string job_id;
  std::string run_uid;
  std::string namespace_;
  std::array<std::string, 4> volume_names;
  std::array<std::string, 4> claim_names;
  std::string job_name;
  std::string user_claim;
  RunLimits limits;
  Keep keep = Keep::never;
  LogMode log = LogMode::follow;
  std::uint64_t jitter_seed = 0;
};

namespace input {
struct Start {};
struct Created {
  ObjectId id;
  model::ObjectMeta meta;
};
struct CreateFailed {
  ObjectId id;
  Error error;
};
// The answer to command::Find: an object of that name exists, whoever made it.
struct Found {
  ObjectId id;
  model::ObjectMeta meta;
};
struct NotFound {
  ObjectId id;
};
struct FindFailed {
  ObjectId id;
  Error error;
};
enum class Deletion { accepted, was_gone, other_uid };
struct Deleted {
  ObjectId id;
  Deletion outcome = Deletion::accepted;
};
struct DeleteFailed {
  ObjectId id;
  Error error;
};
struct UserClaim {
  std::optional<model::Claim> claim;  // empty: there is none
  bool waits_for_consumer = false;    // its class binds at the first pod
};
struct UserClaimFailed {
  Error error;
};
// From the watches, or the answer to command::List. A snapshot is all there is of a kind that belongs to
// this run.
struct Snapshot {
  model::Kind kind = model::Kind::job;
  std::vector<model::Object> objects;
  bool anew = false;                             // the answer to command::List
  std::optional<std::int64_t> server_seconds{};  // of that answer: the server's clock
};
struct ListFailed {
  model::Kind kind = model::Kind::job;
  Error error;
};
struct Changed {
  model::Object object;
};
struct Gone {
  model::Object object;  // its last state
};
struct WatchTrouble {
  model::Kind kind = model::Kind::job;
  Error error;
};
struct WatchContact {
  model::Kind kind = model::Kind::job;
};
// Our credential has been accepted, be it for another run's request.
struct CredentialServed {};
struct LogEnded {
  std::string pod_uid;
};
struct LogGap {};
struct Tick {};
struct Cancel {
  CancelPolicy policy = CancelPolicy::remove;
  std::string reason;
  std::optional<TimePoint> asked;  // when, if that was before now
};
}  // namespace input

using Input = std::variant<input::Start, input::Created, input::CreateFailed, input::Found, input::NotFound,
                           input::FindFailed, input::Deleted, input::DeleteFailed, input::UserClaim,
                           input::UserClaimFailed, input::Snapshot, input::ListFailed, input::Changed,
                           input::Gone, input::WatchTrouble, input::WatchContact, input::CredentialServed,
                           input::LogEnded, input::LogGap, input::Tick, input::Cancel>;

namespace command {
struct Watch {
  model::Kind kind = model::Kind::job;
  bool on = true;
};
// The run's objects of a kind by a request of its own: what the watch has shown may be old. Answered by
// a Snapshot.
struct List {
  model::Kind kind = model::Kind::job;
};
struct Create {
  ObjectId id;
};
struct Find {
  ObjectId id;
};
struct Delete {
  ObjectId id;
  std::string uid;
};
struct FindUserClaim {};
struct FollowLog {
  Attempt attempt;
  int tail_lines = 0;  // above zero: only these, once
};
struct LogContainerEnded {
  std::string pod_uid;
};
struct LogPodGone {
  std::string pod_uid;
};
struct FinishLogs {
  TimePoint deadline;
};
// Something to tell the Observer.
struct Notice {
  RunEvent::Type type = RunEvent::Type::phase;
  Phase phase = Phase::preflight;
  std::string reason;
  std::string message;
  std::string object_kind;
  std::string object_name;
  std::optional<Attempt> attempt;
  Verdict verdict = Verdict::none;
};
struct Finish {};  // the report is whole: RunMachine::report()
}  // namespace command

using Command = std::variant<command::Watch, command::List, command::Create, command::Find, command::Delete,
                             command::FindUserClaim, command::FollowLog, command::LogContainerEnded,
                             command::LogPodGone, command::FinishLogs, command::Notice, command::Finish>;
using Commands = std::vector<Command>;

}  // namespace daaa::core
