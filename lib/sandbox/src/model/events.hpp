// core/v1 Events as components write them: repeated ones are counted, old ones go after an hour.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "model/store.hpp"
#include "model/time.hpp"

namespace daaa::sandbox {

struct World;

struct EventText {
  std::string_view type;  // Normal, Warning
  std::string_view reason;
  std::string message;
};

class EventRecorder {
 public:
  explicit EventRecorder(World& world) : world_(world) {}

  // As the old recorder writes: first and last stamp and a count.
  void record(std::string_view component, Res res, const Json& object, EventText text,
              const std::string& field_path = {});
  // As the scheduler writes: eventTime and action, without stamps and count.
  void record_scheduling(const Json& pod, EventText text, std::string_view action);

  void expire();
  [[nodiscard]] std::optional<Time> next_expiry() const;

 private:
  Json begin(Res res, const Json& object, const EventText& text, const std::string& field_path);
  std::string store(Json event);

  World& world_;
  std::map<std::string, std::string> same_;  // what is repeated -> key of the event
  std::deque<std::pair<Time, std::pair<std::string, std::string>>> written_;  // (key, what) in order
  std::uint64_t counter_ = 0;
};

}  // namespace daaa::sandbox
