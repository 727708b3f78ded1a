#include "run/log_slots.hpp"

#include <algorithm>
#include <utility>

namespace daaa::run {

LogSlots::LogSlots(Executor& executor, std::size_t most, std::function<void()> changed)
    : executor_(executor), changed_(std::move(changed)), alive_(std::make_shared<LogSlots*>(this)) {
  follow_.most = most;
  last_read_.most = most == 0 ? 0 : std::max<std::size_t>(1, most / 4);
}

void LogSlots::tell() const {
  if (changed_) changed_();
}

std::unique_ptr<LogSlots::Place> LogSlots::take(Use use, std::function<void()> begin) {
  Pool& in = pool(use);
  auto place = std::unique_ptr<Place>(new Place(*this, in));
  if (in.most == 0 || (in.taken < in.most && in.queue.empty())) {
    ++in.taken;
    tell();
    return place;
  }
  place->waits_ = true;
  place->begin_ = std::move(begin);
  place->at_ = in.queue.insert(in.queue.end(), place.get());
  tell();
  return place;
}

LogSlots::Place::~Place() {
  if (waits_) {
    pool_.queue.erase(at_);
    slots_.tell();
  } else {
    slots_.give_back(pool_);
  }
}

// Who waits begins when the loop comes round: places are given back from within callbacks.
void LogSlots::give_back(Pool& in) {
  --in.taken;
  tell();
  if (in.queue.empty()) return;
  executor_.post([weak = std::weak_ptr(alive_), &in] {
    if (const auto self = weak.lock()) (*self)->serve(in);
  });
}

void LogSlots::serve(Pool& in) {
  while (!in.queue.empty() && in.taken < in.most) {
    Place& next = *in.queue.front();
    in.queue.pop_front();
    ++in.taken;
    next.waits_ = false;
    tell();
    const auto begin = std::move(next.begin_);
    begin();
  }
}

}  // namespace daaa::run
