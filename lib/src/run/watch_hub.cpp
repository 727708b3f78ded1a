#include "run/watch_hub.hpp"

#include <deque>
#include <utility>

#include "core/labels.hpp"

namespace daaa::run {
namespace {

constexpr std::size_t kMostRecent = 2000;

const Resource& resource_of(model::Kind kind) {
  switch (kind) {
    case model::Kind::volume:
      return resources::kPersistentVolumes;
    case model::Kind::claim:
      return resources::kPersistentVolumeClaims;
    case model::Kind::job:
      return resources::kJobs;
    case model::Kind::pod:
      return resources::kPods;
    case model::Kind::event:
      break;
  }
  return resources::kEvents;
}

// The release name that an object belongs to. Events carry no labels of ours, so their object's name
// tells: "N-job", "N-job-x7k2p", "N-cos-pvc".
std::string release_of(const model::Object& object) {
  if (const auto* event = std::get_if<model::Event>(&object)) {
    const std::string& name = event->involved_name;
    const auto job = name.rfind("-job");
    if (job != std::string::npos && (job + 4 == name.size() || name[job + 4] == '-'))
      return name.substr(0, job);
    return {};
  }
  const auto& labels = model::meta_of(object).labels;
  const auto found = labels.find(core::kInstanceLabel);
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace

struct WatchHub::Shared {
  model::Kind kind;
  std::unordered_map<std::string, WatchSubscriber*> subscribers;  // by release
  std::unique_ptr<client::Watch> watch;
  bool synced = false;
  // Of events the latest are kept: a run begins to mind them after some have happened.
  std::deque<model::Object> recent;

  void remember(const model::Object& object) {
    if (kind != model::Kind::event) return;
    recent.push_back(object);
    if (recent.size() > kMostRecent) recent.pop_front();
  }

  std::vector<model::Object> recent_of(const std::string& release) const {
    std::vector<model::Object> found;
    for (const auto& object : recent) {
      if (release_of(object) == release) found.push_back(object);
    }
    return found;
  }

  WatchSubscriber* subscriber_of(const model::Object& object) {
    const auto found = subscribers.find(release_of(object));
    return found == subscribers.end() ? nullptr : found->second;
  }

  // Subscribers may come and go while they are called, so the names are taken first.
  template <class Call>
  void each(Call call) {
    std::vector<std::string> names;
    names.reserve(subscribers.size());
    for (const auto& [name, subscriber] : subscribers) names.push_back(name);
    for (const auto& name : names) {
      const auto found = subscribers.find(name);
      if (found != subscribers.end()) call(name, *found->second);
    }
  }

  void snapshot(std::vector<model::Object> objects) {
    synced = true;
    std::unordered_map<std::string, std::vector<model::Object>> by_release;
    for (const auto& object : objects) remember(object);
    for (auto& object : objects) by_release[release_of(object)].push_back(std::move(object));
    each([&](const std::string& name, WatchSubscriber& s) {
      s.on_snapshot(kind, std::move(by_release[name]));
    });
  }
};

WatchHub::WatchHub(Executor& executor, client::ApiClient& api, std::uint64_t jitter_seed)
    : executor_(executor), api_(api), seed_(jitter_seed), alive_(std::make_shared<WatchHub*>(this)) {}

WatchHub::~WatchHub() = default;

WatchHub::Key WatchHub::key_of(model::Kind kind, const WatchScope& scope) {
  const bool cluster_wide = kind == model::Kind::volume;
  const std::string selector = kind == model::Kind::event ? std::string() : scope.selector;
  return std::to_string(static_cast<int>(kind)) + "|" + (cluster_wide ? std::string() : scope.namespace_) +
         "|" + selector;
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
      if (auto* subscriber = s.subscriber_of(object)) subscriber->on_changed(std::move(object));
    });
  };
  callbacks.on_deleted = [with](model::Object object) {
    with([&](Shared& s) {
      if (auto* subscriber = s.subscriber_of(object)) subscriber->on_deleted(std::move(object));
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
  placed.watch =
      std::make_unique<client::Watch>(executor_, api_, std::move(spec), std::move(callbacks), seed_++);
}

void WatchHub::subscribe(model::Kind kind, const WatchScope& scope, const std::string& release,
                         WatchSubscriber& subscriber) {
  const Key key = key_of(kind, scope);
  if (shared_.find(key) == shared_.end()) open(key, kind, scope);
  Shared& shared = *shared_[key];
  shared.subscribers[release] = &subscriber;
  if (!shared.synced) return;
  // The watch's list is older than this run, so of objects it holds nothing of it.
  executor_.post([weak = std::weak_ptr(alive_), key, release, kind] {
    const auto self = weak.lock();
    if (!self) return;
    const auto found = (*self)->shared_.find(key);
    if (found == (*self)->shared_.end()) return;
    const auto late = found->second->subscribers.find(release);
    if (late != found->second->subscribers.end())
      late->second->on_snapshot(kind, found->second->recent_of(release));
  });
}

void WatchHub::unsubscribe(model::Kind kind, const WatchScope& scope, const std::string& release) {
  const auto found = shared_.find(key_of(kind, scope));
  if (found == shared_.end()) return;
  found->second->subscribers.erase(release);
  if (!found->second->subscribers.empty()) return;
  // Not at once: we may be inside a callback of this very watch.
  executor_.post([weak = std::weak_ptr(alive_), key = found->first] {
    const auto self = weak.lock();
    if (!self) return;
    const auto idle = (*self)->shared_.find(key);
    if (idle != (*self)->shared_.end() && idle->second->subscribers.empty()) (*self)->shared_.erase(idle);
  });
}

void WatchHub::reconnect_all() {
  for (auto& [key, shared] : shared_) shared->watch->reconnect();
}

}  // namespace daaa::run
