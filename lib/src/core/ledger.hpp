// The nine objects of a run: which of them exist, under which uid, and what is on its way.
// Creating is settled by reading when the answer is lost or says "exists"; deleting is by name and
// uid and is done when the object was seen to go.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/retry.hpp"
#include "core/run_types.hpp"

namespace daaa::core {

class Ledger {
 public:
  enum class State {
    absent,    // nothing was asked of the server
    wanted,    // a create is on its way or due again
    doubtful,  // it may exist: a find is on its way or due
    present,   // it exists and is ours
    leaving,   // a delete is on its way, due again, or accepted
    gone,      // it was seen to go, or never came to be
    foreign,   // another's object has the name
  };
  struct Entry {
    ObjectId id;
    std::string name;
    State state = State::absent;
    std::string uid;
    bool on_its_way = false;              // an answer is due
    bool accepted = false;                // a delete was
    bool discarded = false;               // must go as soon as it is known to exist
    bool in_question = false;             // present, but a list did not have it
    int absences = 0;                     // finds that said "no" to a doubtful create
    int name_tries = 0;                   // finds that showed another's object of the name
    std::optional<TimePoint> due;         // when the next request is
    std::optional<TimePoint> leaving_at;  // when the delete was asked for
    std::vector<std::string> finalizers;
    RetryDelay delay;
    std::string holder;  // run-uid of whoever has the name, where foreign
    std::shared_ptr<const Error> trouble;
  };
  // What an answer means for the run as a whole; the machine above decides.
  struct Verdict {
    enum class Kind { fine, trouble, name_taken, refused } kind = Kind::fine;
    Error error;
  };

  explicit Ledger(const RunPlan& plan);

  void want(model::Kind kind);
  // Takes over an object that another process made.
  void adopt(ObjectId id, const model::ObjectMeta& meta);
  // Nothing more is created; what exists, or may, of this kind goes.
  void discard(model::Kind kind);
  void discard(ObjectId id);

  void created(ObjectId id, const model::ObjectMeta& meta);
  Verdict create_failed(ObjectId id, const Error& error, TimePoint now);
  Verdict found(ObjectId id, const model::ObjectMeta& meta, TimePoint now);
  void not_found(ObjectId id, TimePoint now);
  void find_failed(ObjectId id, const Error& error, TimePoint now);
  void deleted(ObjectId id, input::Deletion outcome, TimePoint now);
  void delete_failed(ObjectId id, const Error& error, TimePoint now);
  // A watch showed it, or showed it gone.
  void seen(ObjectId id, const model::ObjectMeta& meta);
  void vanished(ObjectId id, const std::string& uid);
  // A whole list of a kind lacks it. The list may be older than the object, so it is read.
  void missing_from_list(ObjectId id, TimePoint now);

  // The requests that are due.
  void issue(TimePoint now, Commands& out);
  [[nodiscard]] std::optional<TimePoint> next_wakeup() const;

  [[nodiscard]] std::optional<ObjectId> identify(const model::Object& object) const;
  [[nodiscard]] const Entry& entry(ObjectId id) const;
  [[nodiscard]] bool all(model::Kind kind, State state) const;
  // Nothing of this kind exists, may exist, or is on its way.
  [[nodiscard]] bool settled_gone(model::Kind kind) const;
  // Every delete of this kind was accepted or needless: the server does the rest.
  [[nodiscard]] bool handed_over(model::Kind kind) const;
  [[nodiscard]] bool any_present() const;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  Entry& at(ObjectId id);
  void issue_one(Entry& entry, TimePoint now, Commands& out);
  void repeat(Entry& entry, const Error& error, TimePoint now);

  std::string run_uid_;
  std::vector<Entry> entries_;
};

const char* kind_name(model::Kind kind);

}  // namespace daaa::core
