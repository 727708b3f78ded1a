#include "core/ledger.hpp"

#include <algorithm>

#include "core/labels.hpp"

namespace daaa::core {
namespace {

using std::chrono::seconds;

// A create that was cut off may still reach the server: it counts as never made only after this many
// finds, this far apart, have said so.
constexpr int kAbsencesToBelieve = 2;
constexpr seconds kAbsencePause{2};
// Watches tell of deletions; where one is silent for this long, the object is read.
constexpr seconds kCheckDeletion{10};
// Who has the first volume has the name: that run waits this long for another's to be removed.
constexpr int kNameTries = 8;

std::string run_uid_of(const model::ObjectMeta& meta) {
  const auto found = meta.labels.find(kRunUidLabel);
  return found == meta.labels.end() ? std::string() : found->second;
}

}  // namespace

const char* kind_name(model::Kind kind) {
  switch (kind) {
    case model::Kind::volume:
      return "PersistentVolume";
    case model::Kind::claim:
      return "PersistentVolumeClaim";
    case model::Kind::job:
      return "Job";
    case model::Kind::pod:
      return "Pod";
    case model::Kind::event:
      return "Event";
  }
  return "object";
}

Ledger::Ledger(const RunPlan& plan) : run_uid_(plan.run_uid) {
  const auto add = [&](model::Kind kind, int index, const std::string& name) {
    Entry entry;
    entry.id = {kind, index};
    entry.name = name;
    entry.delay = RetryDelay(plan.jitter_seed + entries_.size());
    entries_.push_back(std::move(entry));
  };
  entries_.reserve(9);
  for (int i = 0; i < 4; ++i) add(model::Kind::volume, i, plan.volume_names[i]);
  for (int i = 0; i < 4; ++i) add(model::Kind::claim, i, plan.claim_names[i]);
  add(model::Kind::job, 0, plan.job_name);
}

Ledger::Entry& Ledger::at(ObjectId id) {
  switch (id.kind) {
    case model::Kind::volume:
      return entries_[id.index];
    case model::Kind::claim:
      return entries_[4 + id.index];
    default:
      return entries_[8];
  }
}

const Ledger::Entry& Ledger::entry(ObjectId id) const { return const_cast<Ledger*>(this)->at(id); }

std::optional<ObjectId> Ledger::identify(const model::Object& object) const {
  const auto kind = static_cast<model::Kind>(object.index());
  const auto& name = model::meta_of(object).name;
  for (const Entry& entry : entries_) {
    if (entry.id.kind == kind && entry.name == name) return entry.id;
  }
  return std::nullopt;
}

void Ledger::want(model::Kind kind) {
  for (Entry& entry : entries_) {
    if (entry.id.kind != kind || entry.state != State::absent) continue;
    entry.state = State::wanted;
    entry.due = TimePoint{};
  }
}

void Ledger::adopt(ObjectId id, const model::ObjectMeta& meta) {
  Entry& entry = at(id);
  entry.state = State::present;
  entry.uid = meta.uid;
  entry.finalizers = meta.finalizers;
}

void Ledger::discard(model::Kind kind) {
  for (Entry& entry : entries_) {
    if (entry.id.kind == kind) discard(entry.id);
  }
}

void Ledger::discard(ObjectId id) {
  Entry& entry = at(id);
  entry.discarded = true;
  switch (entry.state) {
    case State::absent:
      entry.state = State::gone;
      break;
    case State::wanted:
      // A create that is on its way is awaited; one that is only due is dropped.
      if (!entry.on_its_way) {
        entry.state = State::gone;
        entry.due.reset();
      }
      break;
    case State::present:
      entry.state = State::leaving;
      entry.due = TimePoint{};
      entry.delay.reset();
      break;
    default:
      break;
  }
}

void Ledger::created(ObjectId id, const model::ObjectMeta& meta) {
  Entry& entry = at(id);
  entry.on_its_way = false;
  entry.trouble.reset();
  if (entry.state != State::wanted && entry.state != State::doubtful) return;
  entry.state = State::present;
  entry.uid = meta.uid;
  entry.due.reset();
  entry.delay.reset();
  if (entry.discarded) discard(id);
}

void Ledger::repeat(Entry& entry, const Error& error, TimePoint now) {
  entry.trouble = std::make_shared<const Error>(error);
  entry.due = now + entry.delay.next(error);
}

Ledger::Verdict Ledger::create_failed(ObjectId id, const Error& error, TimePoint now) {
  Entry& entry = at(id);
  entry.on_its_way = false;
  if (entry.state != State::wanted) return {};
  const Trouble trouble = classify(error);
  if (trouble == Trouble::taken || error.outcome_unknown) {
    entry.state = State::doubtful;
    entry.absences = trouble == Trouble::taken ? kAbsencesToBelieve : 0;
    entry.trouble = std::make_shared<const Error>(error);
    entry.due = now;
    return {};
  }
  if (entry.discarded) {
    entry.state = State::gone;
    return {};
  }
  if (trouble == Trouble::refused || trouble == Trouble::missing) {
    entry.state = State::gone;
    entry.trouble = std::make_shared<const Error>(error);
    return {Verdict::Kind::refused, error};
  }
  repeat(entry, error, now);
  return {Verdict::Kind::trouble, error};
}

Ledger::Verdict Ledger::found(ObjectId id, const model::ObjectMeta& meta, TimePoint now) {
  Entry& entry = at(id);
  entry.on_its_way = false;
  entry.due.reset();
  if (entry.state == State::leaving) {
    // The periodic look at a deletion: another uid means that ours has gone.
    entry.finalizers = meta.finalizers;
    if (meta.uid != entry.uid) {
      entry.state = State::gone;
    } else {
      if (meta.deletion_timestamp.empty()) entry.accepted = false;
      entry.due = now + (entry.accepted ? Duration(kCheckDeletion) : Duration::zero());
    }
    return {};
  }
  if (entry.state == State::present && entry.in_question) {
    entry.in_question = false;
    if (meta.uid != entry.uid) entry.state = State::gone;
    return {};
  }
  if (entry.state != State::doubtful) return {};
  if (run_uid_of(meta) == run_uid_) {
    created(id, meta);
    return {};
  }
  entry.holder = run_uid_of(meta);
  const bool has_the_name = entries_[0].state == State::present;
  if (has_the_name && !entry.discarded && entry.name_tries < kNameTries) {
    ++entry.name_tries;
    entry.state = State::wanted;
    repeat(entry, Error(ErrorKind::conflict, "another run is giving up the name"), now);
    return {};
  }
  entry.state = State::foreign;
  return {Verdict::Kind::name_taken, Error(ErrorKind::conflict, entry.name)};
}

void Ledger::not_found(ObjectId id, TimePoint now) {
  Entry& entry = at(id);
  entry.on_its_way = false;
  entry.due.reset();
  if (entry.state == State::leaving || (entry.state == State::present && entry.in_question)) {
    entry.state = State::gone;
    return;
  }
  if (entry.state != State::doubtful) return;
  if (!entry.discarded) {
    // To create once more is safe: if the lost create arrives after all, one of the two is told 409.
    entry.state = State::wanted;
    entry.due = now;
    return;
  }
  if (++entry.absences >= kAbsencesToBelieve) {
    entry.state = State::gone;
  } else {
    entry.due = now + kAbsencePause;
  }
}

void Ledger::find_failed(ObjectId id, const Error& error, TimePoint now) {
  Entry& entry = at(id);
  entry.on_its_way = false;
  repeat(entry, error, now);
}

void Ledger::deleted(ObjectId id, input::Deletion outcome, TimePoint now) {
  Entry& entry = at(id);
  entry.on_its_way = false;
  if (entry.state != State::leaving) return;
  entry.trouble.reset();
  if (outcome == input::Deletion::accepted) {
    entry.accepted = true;
    entry.due = now + kCheckDeletion;
  } else {
    entry.state = State::gone;
    entry.due.reset();
  }
}

void Ledger::delete_failed(ObjectId id, const Error& error, TimePoint now) {
  Entry& entry = at(id);
  entry.on_its_way = false;
  if (entry.state == State::leaving) repeat(entry, error, now);
}

void Ledger::seen(ObjectId id, const model::ObjectMeta& meta) {
  Entry& entry = at(id);
  if (entry.uid == meta.uid) entry.finalizers = meta.finalizers;
  // A watch may be faster than the answer to the create.
  const bool awaited = entry.state == State::wanted || entry.state == State::doubtful;
  if (awaited && run_uid_of(meta) == run_uid_) created(id, meta);
}

void Ledger::vanished(ObjectId id, const std::string& uid) {
  Entry& entry = at(id);
  if (entry.uid.empty() || entry.uid != uid) return;
  entry.state = State::gone;
  entry.due.reset();
}

void Ledger::missing_from_list(ObjectId id, TimePoint now) {
  Entry& entry = at(id);
  if (entry.state == State::leaving && entry.accepted && !entry.on_its_way) entry.due = now;
  if (entry.state == State::present) {
    entry.in_question = true;
    entry.due = now;
  }
}

void Ledger::issue_one(Entry& entry, TimePoint now, Commands& out) {
  entry.due.reset();
  switch (entry.state) {
    case State::wanted:
      out.push_back(command::Create{entry.id});
      break;
    case State::doubtful:
      out.push_back(command::Find{entry.id});
      break;
    case State::present:
      if (!entry.in_question) return;
      out.push_back(command::Find{entry.id});
      break;
    case State::leaving:
      if (!entry.leaving_at) entry.leaving_at = now;
      if (entry.accepted) {
        out.push_back(command::Find{entry.id});
      } else {
        out.push_back(command::Delete{entry.id, entry.uid});
      }
      break;
    default:
      return;
  }
  entry.on_its_way = true;
}

void Ledger::issue(TimePoint now, Commands& out) {
  for (Entry& entry : entries_) {
    if (entry.due && *entry.due <= now && !entry.on_its_way) issue_one(entry, now, out);
  }
}

std::optional<TimePoint> Ledger::next_wakeup() const {
  std::optional<TimePoint> next;
  for (const Entry& entry : entries_) {
    if (entry.due && !entry.on_its_way && (!next || *entry.due < *next)) next = entry.due;
  }
  return next;
}

bool Ledger::all(model::Kind kind, State state) const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [&](const Entry& e) { return e.id.kind != kind || e.state == state; });
}

bool Ledger::settled_gone(model::Kind kind) const {
  return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return e.id.kind != kind || e.state == State::gone || e.state == State::foreign;
  });
}

bool Ledger::handed_over(model::Kind kind) const {
  return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return e.id.kind != kind || e.state == State::gone || e.state == State::foreign ||
           (e.state == State::leaving && e.accepted);
  });
}

bool Ledger::any_present() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const Entry& e) {
    return e.state == State::present || e.state == State::leaving || e.state == State::doubtful ||
           (e.state == State::wanted && e.on_its_way);
  });
}

}  // namespace daaa::core
