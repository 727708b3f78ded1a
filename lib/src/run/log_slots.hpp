// How many logs a Runner reads at once. A log keeps its place from its first stream to the proof of its
// end. Logs whose container had ended before they got one have a quarter as many places of their own, so
// that no run waits for its end behind others that are in full flow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "daaa/transport.hpp"

namespace daaa::run {

// Belongs to the executor's thread.
class LogSlots {
 public:
  // `most`: logs that are followed; 0: no limit. `changed` is called when the counts have.
  LogSlots(Executor& executor, std::size_t most, std::function<void()> changed = {});
  LogSlots(const LogSlots&) = delete;
  LogSlots& operator=(const LogSlots&) = delete;

  enum class Use { follow, last_read };
  // A place, or the wait for one. Destroying it gives it back.
  class Place;
  // Where the place has to be waited for, `begin` is called when it is there: first come first served.
  std::unique_ptr<Place> take(Use use, std::function<void()> begin);

  [[nodiscard]] std::size_t taken() const { return follow_.taken + last_read_.taken; }
  [[nodiscard]] std::size_t waiting() const { return follow_.queue.size() + last_read_.queue.size(); }

 private:
  struct Pool {
    std::size_t most = 0;
    std::size_t taken = 0;
    std::list<Place*> queue;
  };
  Pool& pool(Use use) { return use == Use::follow ? follow_ : last_read_; }
  void tell() const;
  void give_back(Pool& pool);
  void serve(Pool& pool);

  Executor& executor_;
  std::function<void()> changed_;
  Pool follow_;
  Pool last_read_;
  std::shared_ptr<LogSlots*> alive_;
};

class LogSlots::Place {
 public:
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] bool waits() const { return waits_; }

 private:
  friend class LogSlots;
  Place(LogSlots& slots, Pool& pool) : slots_(slots), pool_(pool) {}
  LogSlots& slots_;
  Pool& pool_;
  std::function<void()> begin_;
  bool waits_ = false;
  std::list<Place*>::iterator at_;  // in the queue, while it waits
};

}  // namespace daaa::run
