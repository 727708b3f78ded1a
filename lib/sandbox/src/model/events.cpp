#include "model/events.hpp"

#include <array>
#include <cstdio>

#include "model/fields.hpp"
#include "model/world.hpp"

namespace daaa::sandbox {
namespace {
constexpr std::chrono::hours kLife{1};

std::string api_version(Res res) {
  const ResourceType& type = type_of(res);
  return type.group.empty() ? "v1" : std::string(type.group) + "/v1";
}
}  // namespace

void stamp_new(World& world, Json& object) {
  Json& meta = object.at("metadata");
  meta.set("uid", world.random.uid());
  meta.set("creationTimestamp", rfc3339(world.now));
}

void count_generation(World& world, Res res, Json& object) {
  const bool counted = res == Res::jobs ? world.features().minor >= 21 : world.features().minor >= 33;
  if ((res != Res::jobs && res != Res::pods) || !counted) return;
  Json& meta = object.at("metadata");
  meta.set("generation", meta["generation"].as_integer() + 1);
}

Json EventRecorder::begin(Res res, const Json& object, const EventText& text, const std::string& field_path) {
  Json involved = Json::object({{"kind", type_of(res).kind}});
  const std::string& ns = namespace_of(object);
  if (!ns.empty()) involved.set("namespace", ns);
  involved.set("name", name_of(object));
  involved.set("uid", uid_of(object));
  involved.set("apiVersion", api_version(res));
  involved.set("resourceVersion", object["metadata"]["resourceVersion"]);
  if (!field_path.empty()) involved.set("fieldPath", field_path);

  std::array<char, 24> stamp{};
  std::snprintf(stamp.data(), stamp.size(), ".%016llx",
                static_cast<unsigned long long>(world_.now.time_since_epoch().count()) + counter_++);
  Json event = Json::object({{"metadata", Json::object({{"name", name_of(object) + stamp.data()},
                                                        {"namespace", ns.empty() ? "default" : ns}})},
                             {"involvedObject", std::move(involved)},
                             {"reason", text.reason},
                             {"message", text.message}});
  stamp_new(world_, event);
  return event;
}

std::string EventRecorder::store(Json event) {
  const Ref ref = world_.store.add(Res::events, std::move(event));
  return key_of(ref->object);
}

void EventRecorder::record(std::string_view component, Res res, const Json& object, EventText text,
                           const std::string& field_path) {
  const std::string stamp = rfc3339(world_.now);
  std::string what = uid_of(object);
  for (const std::string_view part :
       {std::string_view(field_path), text.reason, std::string_view(text.message)}) {
    what.append("|").append(part);
  }
  if (const auto it = same_.find(what); it != same_.end()) {
    const auto& all = world_.store.all(Res::events);
    if (const auto old = all.find(it->second); old != all.end()) {
      Json event = old->second->object;
      event.set("count", event["count"].as_integer() + 1);
      event.set("lastTimestamp", stamp);
      world_.store.update(Res::events, std::move(event));
      return;
    }
  }
  const bool on_node = component == "kubelet";
  Json event = begin(res, object, text, field_path);
  Json source = Json::object({{"component", component}});
  if (on_node) source.set("host", world_.options.node_name);
  event.set("source", std::move(source));
  event.set("firstTimestamp", stamp).set("lastTimestamp", stamp).set("count", 1).set("type", text.type);
  event.set("eventTime", Json());
  const bool reports = world_.features().minor >= 27;
  event.set("reportingComponent", reports ? component : "");
  event.set("reportingInstance", reports && on_node ? world_.options.node_name : "");
  const std::string key = store(std::move(event));
  same_[what] = key;
  written_.emplace_back(world_.now, std::pair(key, std::move(what)));
}

void EventRecorder::record_scheduling(const Json& pod, EventText text, std::string_view action) {
  Json event = begin(Res::pods, pod, text, {});
  event.set("source", Json::object());
  event.set("firstTimestamp", Json()).set("lastTimestamp", Json()).set("type", text.type);
  event.set("eventTime", rfc3339_micro(world_.now)).set("action", action);
  event.set("reportingComponent", "default-scheduler");
  event.set("reportingInstance", "default-scheduler-" + world_.options.node_name);
  written_.emplace_back(world_.now, std::pair(store(std::move(event)), std::string()));
}

std::optional<Time> EventRecorder::next_expiry() const {
  if (written_.empty()) return std::nullopt;
  return written_.front().first + kLife;
}

void EventRecorder::expire() {
  while (!written_.empty() && written_.front().first + kLife <= world_.now) {
    const auto [key, what] = std::move(written_.front().second);
    written_.pop_front();
    const std::size_t slash = key.find('/');
    world_.store.remove(Res::events, key.substr(0, slash), key.substr(slash + 1));
    if (!what.empty()) same_.erase(what);
  }
}

}  // namespace daaa::sandbox
