#include "model/cluster.hpp"

#include <algorithm>

#include "model/api_server.hpp"
#include "model/authorizer.hpp"
#include "model/binder.hpp"
#include "model/bootstrap.hpp"
#include "model/fields.hpp"
#include "model/garbage_collector.hpp"
#include "model/job_controller.hpp"
#include "model/kubelet.hpp"
#include "model/namespace_controller.hpp"
#include "model/node_controller.hpp"
#include "model/protection.hpp"
#include "model/quota.hpp"
#include "model/scheduler.hpp"
#include "model/streams.hpp"
#include "model/world.hpp"

namespace daaa::sandbox {

Features Features::v1_36() { return {}; }

Features Features::v1_20() {
  Features f;
  f.minor = 20;
  f.suspend = f.interim_conditions = f.batch_labels = f.job_tracking = false;
  f.self_subject_review = f.field_validation = f.watch_list = f.ready_counter = f.default_bookmarks = false;
  f.deadline_replanned = false;
  f.stamps_inside_lines = true;
  return f;
}

struct Cluster::Impl {
  Impl(ClusterOptions options, PodRuntime& runtime, Time now)
      : world(std::move(options), runtime, now),
        streams(world),
        api(world, streams, users),
        namespaces(world),
        quota(world),
        binder(world),
        protection(world),
        collector(world),
        jobs(world),
        scheduler(world),
        kubelet(world),
        node(world) {
    for (Controller* c : controllers) {
      world.store.listen([c](Res res, const Change& change) { c->changed(res, change); });
    }
  }

  // Lets the controllers work until nothing is left to do at this time.
  void settle() {
    if (advancing) return;
    if (world.options.controller_delay > Duration(0)) {
      wake_at = std::min(wake_at, world.now + world.options.controller_delay);
      if (wake_at > world.now) return;
    }
    work();
  }
  void work() {
    wake_at = Time::max();
    for (bool any = true; any;) {
      any = false;
      for (Controller* c : controllers) any = c->work() || any;
    }
  }
  void at(Time now) { world.now = std::max(world.now, now); }

  World world;
  Authorizer users;
  StreamTable streams;
  ApiServer api;
  NamespaceController namespaces;
  QuotaController quota;
  Binder binder;
  Protection protection;
  GarbageCollector collector;
  JobController jobs;
  Scheduler scheduler;
  Kubelet kubelet;
  NodeController node;
  std::array<Controller*, 9> controllers = {&namespaces, &quota,     &binder,  &protection, &collector,
                                            &jobs,       &scheduler, &kubelet, &node};
  Time wake_at = Time::max();
  bool advancing = false;
};

Cluster::Cluster(ClusterOptions options, PodRuntime& runtime, Time now)
    : impl_(std::make_unique<Impl>(std::move(options), runtime, now)) {
  bootstrap(impl_->world);
  impl_->node.register_node();
  impl_->work();
}

Cluster::~Cluster() = default;

void Cluster::add_user(const std::string& token, User user) { impl_->users.add(token, std::move(user)); }
void Cluster::remove_token(const std::string& token) { impl_->users.remove(token); }

Response Cluster::handle(const Request& request, Time now) {
  advance(now);
  Response response = impl_->api.handle(request);
  const bool changes = request.method != "GET" && request.method != "HEAD";
  if (changes) impl_->settle();
  return response;
}

Pull Cluster::pull(StreamId id, std::string& out, std::size_t max_bytes, Time now) {
  impl_->at(now);
  return impl_->streams.pull(id, out, max_bytes);
}

void Cluster::close(StreamId id) { impl_->streams.close(id); }
std::vector<StreamId> Cluster::take_ready() { return impl_->streams.take_ready(); }
std::size_t Cluster::open_streams() const { return impl_->streams.size(); }

// Time passes in steps, so that what is due early happens before what is due late.
void Cluster::advance(Time now) {
  impl_->advancing = true;
  for (auto due = next_deadline(); due && *due <= now; due = next_deadline()) {
    impl_->at(*due);
    impl_->world.runtime.advance(impl_->world.now, *this);
    impl_->world.events.expire();
    impl_->streams.tick();
    impl_->work();
  }
  impl_->at(now);
  impl_->advancing = false;
}

std::optional<Time> Cluster::next_deadline() const {
  std::optional<Time> next;
  const auto take = [&](std::optional<Time> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  take(impl_->world.runtime.next_deadline());
  take(impl_->world.events.next_expiry());
  take(impl_->streams.next());
  for (const Controller* c : impl_->controllers) take(c->next());
  if (impl_->wake_at != Time::max()) take(impl_->wake_at);
  return next;
}

void Cluster::container_waiting(const std::string& pod_uid, const std::string& container, std::string reason,
                                std::string message) {
  impl_->kubelet.container_waiting(pod_uid, container, std::move(reason), std::move(message));
  impl_->settle();
}

void Cluster::container_running(const std::string& pod_uid, const std::string& container, Time at) {
  if (!impl_->advancing) impl_->at(at);
  impl_->kubelet.container_running(pod_uid, container, at);
  impl_->settle();
}

void Cluster::container_exited(const std::string& pod_uid, const std::string& container, ContainerExit exit,
                               Time at) {
  if (!impl_->advancing) impl_->at(at);
  impl_->kubelet.container_exited(pod_uid, container, std::move(exit), at);
  impl_->settle();
}

void Cluster::log_bytes(const std::string& pod_uid, const std::string& container, std::string_view bytes,
                        Time at) {
  impl_->kubelet.log_bytes(pod_uid, container, bytes, at);
}

void Cluster::mount_failed(const std::string& pod_uid, const std::string& volume, std::string message) {
  impl_->kubelet.mount_failed(pod_uid, volume, std::move(message));
  impl_->settle();
}

void Cluster::compact(Time now) {
  impl_->at(now);
  impl_->api.compacted();
}

bool Cluster::evict(const std::string& ns, const std::string& pod, Time now) {
  advance(now);
  const bool done = impl_->kubelet.evict(key_of(ns, pod));
  impl_->settle();
  return done;
}

void Cluster::lose_node(Time now) {
  advance(now);
  impl_->kubelet.lose();
  impl_->node.lost();
  impl_->streams.end_logs();
}

void Cluster::regain_node(Time now) {
  advance(now);
  impl_->node.regained();
  impl_->kubelet.regain();
  impl_->settle();
}

bool Cluster::rotate_log(const std::string& ns, const std::string& pod, std::size_t keep_lines) {
  const Ref ref = impl_->world.store.find(Res::pods, ns, pod);
  return ref && impl_->world.logs.rotate(uid_of(ref->object), keep_lines);
}

void Cluster::restart_api_server(bool lose_watch_cache, Time now) {
  advance(now);
  impl_->streams.cut_all();
  if (lose_watch_cache) impl_->api.lost_watch_cache();
}

void Cluster::restart_controllers(Time now) {
  advance(now);
  impl_->jobs.restart();
  impl_->settle();
}

void Cluster::end_log_streams() { impl_->streams.end_logs(); }
void Cluster::set_features(const Features& features) { impl_->world.options.features = features; }

const Json* Cluster::peek(std::string_view resource, const std::string& ns, const std::string& name) const {
  for (const ResourceType& type : kResourceTypes) {
    if (type.plural != resource) continue;
    const Ref ref = impl_->world.store.find(type.res, ns, name);
    return ref ? &ref->object : nullptr;
  }
  return nullptr;
}

std::vector<const Json*> Cluster::peek_all(std::string_view resource) const {
  std::vector<const Json*> all;
  for (const ResourceType& type : kResourceTypes) {
    if (type.plural != resource) continue;
    for (const auto& [key, ref] : impl_->world.store.all(type.res)) all.push_back(&ref->object);
  }
  return all;
}

}  // namespace daaa::sandbox
