// The objects and their history: what etcd and the watch cache are to an API server.
//
// Objects are stored without apiVersion and kind, which follow from their type. Every write makes a
// new immutable version under the next resourceVersion; watches walk the history by index.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daaa/json.hpp"
#include "model/resource_types.hpp"

namespace daaa::sandbox {

struct Stored {
  Json object;
  std::uint64_t rv = 0;
  // The object as JSON text, made once and shared by everyone who sends it.
  const std::string& text() const;

 private:
  mutable std::string text_;
};
using Ref = std::shared_ptr<const Stored>;

struct Change {
  enum class Type { added, modified, deleted } type = Type::added;
  Ref object;  // with deleted: its last state, under the resourceVersion of the deletion
  Ref before;  // null with added
};

class Store {
 public:
  using Objects = std::map<std::string, Ref, std::less<>>;
  using Listener = std::function<void(Res, const Change&)>;

  explicit Store(std::size_t window) : window_(window) {}

  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

  [[nodiscard]] Ref find(Res res, std::string_view ns, std::string_view name) const;
  // By "ns/name" or "name", in the order of lists.
  [[nodiscard]] const Objects& all(Res res) const { return of(res).objects; }
  // Those of one namespace; all where `ns` is empty.
  template <class Visit>
  void each(Res res, std::string_view ns, Visit&& visit) const {
    const Objects& objects = of(res).objects;
    if (ns.empty()) {
      for (const auto& [key, ref] : objects) visit(ref);
      return;
    }
    const std::string prefix = std::string(ns) + "/";
    for (auto it = objects.lower_bound(prefix); it != objects.end() && it->first.starts_with(prefix); ++it) {
      visit(it->second);
    }
  }

  // Adds an object that is not there yet.
  Ref add(Res res, Json object);
  // Replaces the object of the same name; where nothing differs, nothing is written.
  Ref update(Res res, Json object);
  // Removes it; the change carries `last` or, without it, the present state.
  Ref remove(Res res, std::string_view ns, std::string_view name);
  Ref remove(Res res, Json last);

  [[nodiscard]] std::uint64_t revision() const { return revision_; }

  // History of one type: changes first() .. end() by index, oldest first.
  [[nodiscard]] std::uint64_t history_begin(Res res) const { return of(res).first; }
  [[nodiscard]] std::uint64_t history_end(Res res) const { return of(res).first + of(res).changes.size(); }
  [[nodiscard]] const Change& history_at(Res res, std::uint64_t index) const {
    return of(res).changes[index - of(res).first];
  }
  // The index of the first change after `rv`.
  [[nodiscard]] std::uint64_t history_after(Res res, std::uint64_t rv) const;
  // The newest resourceVersion whose change is no longer in the history.
  [[nodiscard]] std::uint64_t forgotten(Res res) const { return of(res).forgotten; }
  // Forgets all history up to now.
  void forget();

 private:
  struct Type {
    Objects objects;
    std::deque<Change> changes;
    std::uint64_t first = 0;
    std::uint64_t forgotten = 0;
  };
  Type& of(Res res) { return types_[static_cast<std::size_t>(res)]; }
  const Type& of(Res res) const { return types_[static_cast<std::size_t>(res)]; }
  Ref version(Json object);
  void record(Res res, Change change);

  std::array<Type, kResCount> types_;
  std::vector<Listener> listeners_;
  std::uint64_t revision_ = 100;
  std::size_t window_;
};

std::string key_of(std::string_view ns, std::string_view name);
std::string key_of(const Json& object);

}  // namespace daaa::sandbox
