// What controllers have in common: they are told of changes, queue names, and work when called.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>

#include "model/world.hpp"

namespace daaa::sandbox {

// Names to look at, each once, and names to look at later.
class KeyQueue {
 public:
  void add(const std::string& key) {
    if (queued_.insert(key).second) order_.push_back(key);
  }
  void add_at(const std::string& key, Time when) { later_.emplace(when, key); }
  std::optional<std::string> pop(Time now) {
    while (!later_.empty() && later_.begin()->first <= now) {
      add(later_.begin()->second);
      later_.erase(later_.begin());
    }
    if (order_.empty()) return std::nullopt;
    std::string key = std::move(order_.front());
    order_.pop_front();
    queued_.erase(key);
    return key;
  }
  void forget_later() { later_.clear(); }
  [[nodiscard]] std::optional<Time> next() const {
    return later_.empty() ? std::nullopt : std::optional(later_.begin()->first);
  }

 private:
  std::deque<std::string> order_;
  std::unordered_set<std::string> queued_;
  std::multimap<Time, std::string> later_;
};

class Controller {
 public:
  explicit Controller(World& world) : world_(world) {}
  virtual ~Controller() = default;
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // After every write, in order. Must not write itself.
  virtual void changed(Res res, const Change& change) = 0;
  // Does what is queued and due; false where there was nothing.
  virtual bool work() = 0;
  [[nodiscard]] virtual std::optional<Time> next() const { return std::nullopt; }

 protected:
  // The object behind a queued key, or null.
  [[nodiscard]] Ref find(Res res, const std::string& key) const {
    const auto& all = world_.store.all(res);
    const auto it = all.find(key);
    return it == all.end() ? nullptr : it->second;
  }
  World& world_;
};

}  // namespace daaa::sandbox
