// A cluster model under a hand-moved clock, with short ways to ask it things.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "daaa/json.hpp"
#include "model/cluster.hpp"
#include "model/simulated_pods.hpp"
#include "model/time_format.hpp"

namespace daaa::sandbox::testing {

inline Time start_of_tests() { return *parse_rfc3339("2026-11-23T18:00:00Z"); }

struct Answer {
  int status = 0;
  Json body;
  std::string text;
  std::vector<std::pair<std::string, std::string>> headers;
  StreamId stream = 0;

  [[nodiscard]] const std::string& message() const { return body["message"].as_string(); }
  [[nodiscard]] const std::string& reason() const { return body["reason"].as_string(); }
  [[nodiscard]] std::string header(const std::string& name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

class Bench {
 public:
  explicit Bench(Features features = Features::v1_36(), ClusterOptions options = {},
                 SimulatedScript script = {}, SimulatedPods::Scripter scripter = {})
      : now(start_of_tests()),
        pods(std::move(script), std::move(scripter)),
        cluster(with(std::move(options), features), pods, now) {
    cluster.add_user("admin", {"admin", "", {"system:masters"}, Role::admin, {}});
    const std::vector<std::string> groups = {"system:serviceaccounts", "system:serviceaccounts:dean",
                                             "system:authenticated"};
    cluster.add_user("runner",
                     {"system:serviceaccount:dean:daaa-runner", "u-1", groups, Role::runner, {"dean"}});
    cluster.add_user("powerless",
                     {"system:serviceaccount:dean:powerless", "u-2", groups, Role::powerless, {}});
  }

  Answer ask(const std::string& method, const std::string& target, const Json& body = {},
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    Request request{method, target, std::move(headers), body.is_null() ? "" : to_json(body)};
    bool typed = false;
    for (const auto& [name, value] : request.headers) typed = typed || name == "content-type";
    if (!typed) request.headers.emplace_back("content-type", "application/json");
    if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
    Response response = cluster.handle(request, now);
    Answer answer{response.status, {}, response.body, response.headers, response.stream};
    if (auto parsed = parse_json(response.body)) answer.body = std::move(*parsed);
    return answer;
  }
  Answer get(const std::string& target) { return ask("GET", target); }
  Answer post(const std::string& target, const Json& body) { return ask("POST", target, body); }
  Answer del(const std::string& target, const Json& options = {}) { return ask("DELETE", target, options); }

  void pass(Duration time) {
    now += time;
    cluster.advance(now);
  }

  // What the stream has to give now.
  std::string pull(StreamId id, std::size_t max_bytes = 1 << 20) {
    std::string out;
    do {
      last_pull = cluster.pull(id, out, max_bytes, now);
    } while (last_pull == Pull::more);
    return out;
  }
  // The events of a watch as JSON values.
  std::vector<Json> events(StreamId id, std::size_t max_bytes = 1 << 20) {
    std::vector<Json> out;
    const std::string text = pull(id, max_bytes);
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = text.find('\n', from);
      out.push_back(*parse_json(std::string_view(text).substr(from, end - from)));
      from = end + 1;
    }
    return out;
  }

  Json volume(const std::string& name, const std::string& claim = {}) const {
    Json spec = Json::object({{"storageClassName", "static"},
                              {"capacity", Json::object({{"storage", "100Gi"}})},
                              {"accessModes", Json::array({"ReadWriteMany"})},
                              {"persistentVolumeReclaimPolicy", "Retain"},
                              {"hostPath", Json::object({{"path", "/data/" + name}})}});
    if (!claim.empty()) spec.set("claimRef", Json::object({{"namespace", "dean"}, {"name", claim}}));
    return Json::object(
        {{"apiVersion", "v1"},
         {"kind", "PersistentVolume"},
         {"metadata", Json::object({{"name", name}, {"labels", Json::object({{"pvtype", name}})}})},
         {"spec", std::move(spec)}});
  }
  Json claim(const std::string& name, const Json& extra = {}) const {
    Json spec =
        Json::object({{"storageClassName", "static"},
                      {"accessModes", Json::array({"ReadWriteMany"})},
                      {"resources", Json::object({{"requests", Json::object({{"storage", "100Gi"}})}})}});
    for (const auto& [field, value] : extra.members()) spec.set(field, value);
    return Json::object({{"apiVersion", "v1"},
                         {"kind", "PersistentVolumeClaim"},
                         {"metadata", Json::object({{"name", name}})},
                         {"spec", std::move(spec)}});
  }
  // `extra` goes into the Job's spec, `notes` are annotations of its pods.
  Json job(const std::string& name, const Json& extra = {}, const Json& notes = {},
           const std::string& claim_name = "dean-workspace-pvc") const {
    Json container = Json::object(
        {{"name", "daaa"},
         {"image", "alpine:3.12"},
         {"command", Json::array({"/bin/sh"})},
         {"volumeMounts", Json::array({Json::object({{"name", "ws"}, {"mountPath", "/workspace"}})})}});
    Json volume =
        Json::object({{"name", "ws"}, {"persistentVolumeClaim", Json::object({{"claimName", claim_name}})}});
    Json pod = Json::object({{"metadata", Json::object({{"annotations", notes}})},
                             {"spec", Json::object({{"restartPolicy", "Never"},
                                                    {"containers", Json::array({std::move(container)})},
                                                    {"volumes", Json::array({std::move(volume)})}})}});
    Json spec = Json::object({{"backoffLimit", 0}, {"template", std::move(pod)}});
    for (const auto& [field, value] : extra.members()) spec.set(field, value);
    return Json::object({{"apiVersion", "batch/v1"},
                         {"kind", "Job"},
                         {"metadata", Json::object({{"name", name}})},
                         {"spec", std::move(spec)}});
  }

  const Json& peek(const std::string& resource, const std::string& name,
                   const std::string& ns = "dean") const {
    static const Json kNone;
    const Json* found = cluster.peek(resource, ns, name);
    return found != nullptr ? *found : kNone;
  }
  std::string phase(const std::string& resource, const std::string& name,
                    const std::string& ns = "dean") const {
    return peek(resource, name, ns)["status"]["phase"].as_string();
  }
  // The pods of a Job, oldest first.
  std::vector<const Json*> pods_of(const std::string& job_name) const {
    std::vector<const Json*> out;
    for (const Json* pod : cluster.peek_all("pods")) {
      if ((*pod)["metadata"]["labels"]["job-name"].as_string() == job_name) out.push_back(pod);
    }
    std::sort(out.begin(), out.end(), [](const Json* a, const Json* b) {
      return std::stoll((*a)["metadata"]["resourceVersion"].as_string()) <
             std::stoll((*b)["metadata"]["resourceVersion"].as_string());
    });
    return out;
  }
  // "Type/Reason: message" of the events about one object, in order.
  std::vector<std::string> told(const std::string& name) const {
    std::vector<std::string> out;
    for (const Json* event : cluster.peek_all("events")) {
      if ((*event)["involvedObject"]["name"].as_string() != name) continue;
      out.push_back((*event)["type"].as_string() + "/" + (*event)["reason"].as_string() + ": " +
                    (*event)["message"].as_string());
    }
    return out;
  }
  // "Complete=True CompletionsReached", in order.
  std::vector<std::string> conditions(const std::string& job_name) const {
    std::vector<std::string> out;
    for (const Json& c : peek("jobs", job_name)["status"]["conditions"].items()) {
      out.push_back(c["type"].as_string() + "=" + c["status"].as_string() + " " + c["reason"].as_string());
    }
    return out;
  }

  Time now;
  std::string token = "admin";
  Pull last_pull = Pull::idle;
  SimulatedPods pods;
  Cluster cluster;

 private:
  static ClusterOptions with(ClusterOptions options, const Features& features) {
    options.features = features;
    return options;
  }
};

inline const std::string kClaims = "/api/v1/namespaces/dean/persistentvolumeclaims";
inline const std::string kVolumes = "/api/v1/persistentvolumes";
inline const std::string kJobs = "/apis/batch/v1/namespaces/dean/jobs";
inline const std::string kPods = "/api/v1/namespaces/dean/pods";

}  // namespace daaa::sandbox::testing
