#include "run/holders.hpp"

#include <algorithm>
#include <utility>

#include "client/paths.hpp"
#include "daaa/json.hpp"

namespace daaa::run {
namespace {

using std::chrono::seconds;

constexpr seconds kPatience{5};
constexpr const char* kClaim = "PersistentVolumeClaim";
constexpr const char* kVolume = "PersistentVolume";
constexpr const char* kUsed = "kubernetes.io/pvc-protection";
constexpr const char* kAttached = "external-attacher/";

bool waits_for(const Leftover& left, const char* kind, const char* finalizer) {
  return left.kind == kind && left.why.find(finalizer) != std::string::npos;
}

bool any(const std::vector<Leftover>& left, const char* kind, const char* finalizer) {
  return std::any_of(left.begin(), left.end(),
                     [&](const Leftover& one) { return waits_for(one, kind, finalizer); });
}

}  // namespace

HolderSearch::HolderSearch(Executor& executor, client::ApiClient& api, client::ApiClient& volumes_api,
                           std::string ns, std::vector<Leftover> left, Done done)
    : executor_(executor),
      api_(api),
      volumes_api_(volumes_api),
      namespace_(std::move(ns)),
      left_(std::move(left)),
      done_(std::move(done)) {}

HolderSearch::~HolderSearch() {
  if (timer_ != 0) executor_.cancel_timer(timer_);
  for (const auto& [api, call] : calls_) api->cancel(call);
}

bool HolderSearch::is_due(const std::vector<Leftover>& left) {
  return any(left, kClaim, kUsed) || any(left, kVolume, kAttached);
}

void HolderSearch::start() {
  timer_ = executor_.run_at(executor_.now() + kPatience, [this] {
    timer_ = 0;
    finish();
  });
  const client::Query page = {{"limit", "500"}};
  const bool pods = any(left_, kClaim, kUsed);
  const bool attachments = any(left_, kVolume, kAttached);
  open_ = (pods ? 1U : 0U) + (attachments ? 1U : 0U);
  if (pods) ask(api_, client::collection_path(resources::kPods, namespace_, page), &HolderSearch::take_pods);
  if (attachments) {
    ask(volumes_api_, client::collection_path({"storage.k8s.io", "v1", "volumeattachments", false}, {}, page),
        &HolderSearch::take_attachments);
  }
}

void HolderSearch::ask(client::ApiClient& api, const std::string& path,
                       void (HolderSearch::*take)(const Json&)) {
  client::ApiRequest request;
  request.path = path;
  ++requests_;
  const auto call = api.call(std::move(request), [this, take](Result<client::Answer> answer) {
    if (const auto list = answer ? parse_json(answer->body) : Result<Json>(answer.error())) {
      (this->*take)(*list);
    }
    if (--open_ == 0) finish();
  });
  calls_.emplace_back(&api, call);
}

void HolderSearch::take_pods(const Json& list) {
  for (const Json& pod : list["items"].items()) {
    const std::string& node = pod["spec"]["nodeName"].as_string();
    const std::string holder = "used by pod " + pod["metadata"]["name"].as_string() + " (" +
                               pod["status"]["phase"].as_string() + (node.empty() ? "" : ", node " + node) +
                               ")";
    for (const Json& volume : pod["spec"]["volumes"].items()) {
      note(kClaim, volume["persistentVolumeClaim"]["claimName"].as_string(), holder);
    }
  }
}

void HolderSearch::take_attachments(const Json& list) {
  for (const Json& attachment : list["items"].items()) {
    const Json& spec = attachment["spec"];
    note(kVolume, spec["source"]["persistentVolumeName"].as_string(),
         "attached to node " + spec["nodeName"].as_string() + " by VolumeAttachment " +
             attachment["metadata"]["name"].as_string());
  }
}

void HolderSearch::note(const char* kind, const std::string& name, const std::string& holder) {
  for (auto& one : left_) {
    if (one.kind == kind && one.name == name) one.why += "; " + holder;
  }
}

void HolderSearch::finish() {
  for (const auto& [api, call] : std::exchange(calls_, {})) api->cancel(call);
  if (timer_ != 0) executor_.cancel_timer(std::exchange(timer_, 0));
  if (const auto done = std::exchange(done_, {})) done(std::move(left_));
}

}  // namespace daaa::run
