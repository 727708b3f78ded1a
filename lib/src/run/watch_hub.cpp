#include "run/watch_hub.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/labels.hpp"
#include "run/resource_of.hpp"

namespace daaa::run {
namespace {

constexpr std::size_t kMostRecent = 2000;

// A generated name is its base, cut to 58 characters, and 5 more.
constexpr std::size_t kGeneratedBase = 58;
constexpr std::size_t kGeneratedEnd = 5;

// What a subscriber of this object is known by.
std::string key_of_object(const model::Object& object) {
  if (const auto* event = std::get_if<model::Event>(&object)) return WatchHub::event_key_of(*event);
  const auto& labels = model::meta_of(object).labels;
  const auto found = labels.find(core::kInstanceLabel);
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace

struct WatchHub::Shared {
  using Subscription = std::pair<std::string, WatchSubscriber*>;
  model::Kind kind;
  // By key_of_object(). Usually one a key; two runs of one JOBID, of which one has the name, are two.
  std::unordered_map<std::string, std::vector<WatchSubscriber*>> subscribers;
  std::unique_ptr<client::Watch> watch;
  bool synced = false;
  // Of events the latest are kept: a run begins to mind them after some have happened.
  std::deque<model::Object> recent;

  void remember(const model::Object& object) {
    if (kind != model::Kind::event) return;
    recent.push_back(object);
    if (recent.size() > kMostRecent) recent.pop_front();
  }

  std::vector<model::Object> recent_of(const std::string& key) const {
    std::vector<model::Object> found;
    for (const auto& object : recent) {
      if (key_of_object(object) == key) found.push_back(object);
    }
    return found;
  }

  bool has(const Subscription& one) const {
    const auto found = subscribers.find(one.first);
    return found != subscribers.end() &&
           std::find(found->second.begin(), found->second.end(), one.second) != found->second.end();
  }

  void remove(const std::string& key, WatchSubscriber& subscriber) {
    const auto found = subscribers.find(key);
    if (found == subscribers.end()) return;
    auto& group = found->second;
    group.erase(std::remove(group.begin(), group.end(), &subscriber), group.end());
    if (group.empty()) subscribers.erase(found);
  }

  // Subscribers may come and go while they are called, so they are listed first.
  template <class Call>
  void call_each(const std::vector<Subscription>& all, Call call) {
    for (const auto& one : all) {
      if (has(one)) call(one.first, *one.second);
    }
  }

  template <class Call>
  void each(Call call) {
    std::vector<Subscription> all;
    for (const auto& [key, group] : subscribers) {
      for (auto* subscriber : group) all.emplace_back(key, subscriber);
    }
    call_each(all, call);
  }

  template <class Call>
  void each_of(const model::Object& object, Call call) {
    const auto found = subscribers.find(key_of_object(object));
    if (found == subscribers.end()) return;
    std::vector<Subscription> all;
    for (auto* subscriber : found->second) all.emplace_back(found->first, subscriber);
    call_each(all, [&](const std::string&, WatchSubscriber& s) { call(s); });
  }

  void snapshot(std::vector<model::Object> objects) {
    synced = true;
    std::unordered_map<std::string, std::vector<model::Object>> by_key;
    for (const auto& object : objects) remember(object);
    for (auto& object : objects) by_key[key_of_object(object)].push_back(std::move(object));
    each([&](const std::string& key, WatchSubscriber& s) { s.on_snapshot(kind, by_key[key]); });
  }
};

WatchHub::WatchHub(Executor& executor, client::ApiClient& api, client::ApiClient& volumes_api,
                   std::uint64_t jitter_seed)
    : executor_(executor),
      api_(api),
      volumes_api_(volumes_api),
      seed_(jitter_seed),
      alive_(std::make_shared<WatchHub*>(this)) {}

WatchHub::~WatchHub() = default;

std::string WatchHub::event_key(const std::string& job_name) {
  return (job_name + "-").substr(0, kGeneratedBase);
}

std::string WatchHub::event_key_of(const model::Event& event) {
  const std::string& name = event.involved_name;
  if (event.involved_kind == "Job") return event_key(name);
  if (event.involved_kind == "Pod" && name.size() > kGeneratedEnd) {
    return name.substr(0, name.size() - kGeneratedEnd);
  }
  return {};
}

WatchHub::Key WatchHub::watch_of(model::Kind kind, const WatchScope& scope) {
  const bool cluster_wide = kind == model::Kind::volume;
  const std::string selector = kind == model::Kind::event ? std::string() : scope.selector;
  return std::to_string(static_cast<int>(kind)) + "|" + (cluster_wide ? std::string() : scope.namespace_) +
         "|" + selector + "|" + scope.owner;
}

void WatchHub::open(const Key& key, model::Kind kind, const WatchScope& scope) {
  auto shared = std::make_unique<Shared>();
  shared->kind = kind;
  // The watch may be closed from within one of these: each looks its Shared up anew.
  const auto with = [this, key](auto call) {
    const auto found = shared_.find(key);
    if (found != shared_.end()) call(*found->second);
  };
  client::WatchCallbacks callbacks;
  callbacks.on_snapshot = [with](std::vector<model::Object> objects) {
    with([&](Shared& s) { s.snapshot(std::move(objects)); });
  };
  callbacks.on_changed = [with](model::Object object) {
    with([&](Shared& s) {
      s.remember(object);
      s.each_of(object, [&](WatchSubscriber& subscriber) { subscriber.on_changed(object); });
    });
  };
  callbacks.on_deleted = [with](model::Object object) {
    with([&](Shared& s) {
      s.each_of(object, [&](WatchSubscriber& subscriber) { subscriber.on_deleted(object); });
    });
  };
  callbacks.on_trouble = [with](const Error& error) {
    with([&](Shared& s) {
      const model::Kind k = s.kind;
      s.each([&](const std::string&, WatchSubscriber& subscriber) { subscriber.on_trouble(k, error); });
    });
  };
  callbacks.on_contact = [with] {
    with([&](Shared& s) {
      const model::Kind k = s.kind;
      s.each([&](const std::string&, WatchSubscriber& subscriber) { subscriber.on_contact(k); });
    });
  };
  client::WatchSpec spec;
  spec.type = resource_of(kind);
  spec.kind = kind;
  if (kind != model::Kind::volume) spec.namespace_ = scope.namespace_;
  if (kind == model::Kind::event) {
    spec.field_selector = "type=Warning";
  } else {
    spec.label_selector = scope.selector;
  }
  Shared& placed = *(shared_[key] = std::move(shared));
  placed.watch = std::make_unique<client::Watch>(executor_, kind == model::Kind::volume ? volumes_api_ : api_,
                                                 std::move(spec), std::move(callbacks), seed_++);
}

void WatchHub::subscribe(model::Kind kind, const WatchScope& scope, const std::string& key,
                         WatchSubscriber& subscriber) {
  const Key watch = watch_of(kind, scope);
  if (shared_.find(watch) == shared_.end()) open(watch, kind, scope);
  Shared& shared = *shared_[watch];
  shared.subscribers[key].push_back(&subscriber);
  if (!shared.synced) return;
  // The watch's list is older than this run, so of objects it holds nothing of it.
  executor_.post([weak = std::weak_ptr(alive_), watch, one = Shared::Subscription(key, &subscriber), kind] {
    const auto self = weak.lock();
    if (!self) return;
    const auto found = (*self)->shared_.find(watch);
    if (found == (*self)->shared_.end()) return;
    if (found->second->has(one)) one.second->on_snapshot(kind, found->second->recent_of(one.first));
  });
}

void WatchHub::unsubscribe(model::Kind kind, const WatchScope& scope, const std::string& key,
                           WatchSubscriber& subscriber) {
  const auto found = shared_.find(watch_of(kind, scope));
  if (found == shared_.end()) return;
  found->second->remove(key, subscriber);
  if (!found->second->subscribers.empty()) return;
  // Not at once: we may be inside a callback of this very watch.
  executor_.post([weak = std::weak_ptr(alive_), watch = found->first] {
    const auto self = weak.lock();
    if (!self) return;
    const auto idle = (*self)->shared_.find(watch);
    if (idle != (*self)->shared_.end() && idle->second->subscribers.empty()) (*self)->shared_.erase(idle);
  });
}

void WatchHub::reconnect_all() {
  for (auto& [key, shared] : shared_) shared->watch->reconnect();
}

}  // namespace daaa::run
