// GET .../pods/NAME/log.
#include <charconv>

#include "model/api_server.hpp"
#include "model/fields.hpp"
#include "model/status.hpp"

namespace daaa::sandbox {
namespace {

struct LogOptions {
  std::string container;
  bool follow = false, previous = false, timestamps = false;
  std::optional<std::int64_t> tail, since_seconds, limit;
  std::optional<Time> since;
};

std::vector<std::string> container_names(const Json& pod) {
  std::vector<std::string> names;
  for (const char* member : {"initContainers", "containers"}) {
    for (const Json& c : pod["spec"][member].items()) names.push_back(c["name"].as_string());
  }
  return names;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const auto& name : names) text += (text.size() > 1 ? " " : "") + name;
  return text + "]";
}

std::optional<std::int64_t> integer(const RequestInfo& info, const char* name, std::int64_t least,
                                    FieldCauses& causes) {
  const std::string_view text = info.get(name);
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    causes.push_back(invalid_value(name, std::string(text), "invalid syntax"));
  } else if (value < least) {
    causes.push_back(invalid_value(
        name, value, least == 0 ? "must be greater than or equal to 0" : "must be greater than 0"));
  }
  return value;
}

LogOptions read_options(const RequestInfo& info, FieldCauses& causes) {
  LogOptions o;
  o.container = info.get("container");
  o.follow = info.flag("follow");
  o.previous = info.flag("previous");
  o.timestamps = info.flag("timestamps");
  o.tail = integer(info, "tailLines", 0, causes);
  o.since_seconds = integer(info, "sinceSeconds", 1, causes);
  o.limit = integer(info, "limitBytes", 1, causes);
  if (const std::string_view since = info.get("sinceTime"); !since.empty()) {
    o.since = parse_rfc3339(since);
    if (!o.since) causes.push_back(invalid_value("sinceTime", std::string(since), "cannot be parsed"));
    // The kubelet is asked in whole seconds.
    if (o.since) o.since = std::chrono::floor<std::chrono::seconds>(*o.since);
    if (o.since_seconds)
      causes.push_back(
          forbidden_value("sinceSeconds", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  }
  return o;
}

const Json* container_status(const Json& pod, const std::string& name) {
  for (const char* member : {"initContainerStatuses", "containerStatuses"}) {
    for (const Json& c : pod["status"][member].items()) {
      if (c["name"].as_string() == name) return &c;
    }
  }
  return nullptr;
}

// The node serves no more than one request's worth of lines at once without a stream.
constexpr std::size_t kWhole = 1u << 20;

}  // namespace

Response ApiServer::log(const Call& call) {
  const RequestInfo& info = call.info;
  const Ref pod = world_.store.find(Res::pods, info.ns, info.name);
  if (!pod) return not_found(call.type, info.name);
  FieldCauses causes;
  LogOptions o = read_options(info, causes);
  if (!causes.empty()) return invalid("", "PodLogOptions", info.name, causes);

  const std::vector<std::string> names = container_names(pod->object);
  if (o.container.empty()) {
    const std::string& chosen =
        pod->object["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"].as_string();
    if (names.size() > 1 && chosen.empty()) {
      return bad_request("a container name must be specified for pod " + info.name +
                         ", choose one of: " + list_of(names));
    }
    o.container = chosen.empty() ? names.front() : chosen;
  }
  if (std::find(names.begin(), names.end(), o.container) == names.end()) {
    return bad_request("container " + o.container + " is not valid for pod " + info.name);
  }
  if (pod->object["spec"]["nodeName"].as_string().empty()) {
    Response none;
    none.status = 204;
    return none;
  }
  if (world_.node_lost) {
    const std::string& node = world_.options.node_name;
    return fail(500, "",
                "Get \"https://" + node + ":10250/containerLogs/" + info.ns + "/" + info.name + "/" +
                    o.container + "\": dial tcp 127.0.0.1:10250: connect: connection refused");
  }
  const std::string& uid = uid_of(pod->object);
  const std::string who = "container " + quoted(o.container) + " in pod " + quoted(info.name);
  auto log = world_.logs.current(uid, o.container);
  const Json* status = container_status(pod->object, o.container);
  if (o.previous) {
    log = world_.logs.previous(uid, o.container);
    if (!log)
      return bad_request("previous terminated container " + quoted(o.container) + " in pod " +
                         quoted(info.name) + " not found");
  } else if (status == nullptr) {
    return bad_request(who + " is not available");
  } else if ((*status)["state"].find("waiting") != nullptr && (*status)["lastState"].empty()) {
    const std::string& reason = (*status)["state"]["waiting"]["reason"].as_string();
    std::string why = reason;
    if (reason == "ErrImagePull") why = "image can't be pulled";
    if (reason == "ImagePullBackOff") why = "trying and failing to pull image";
    return bad_request(who + " is waiting to start: " + why);
  } else if (!log) {
    return bad_request(who + " is terminated");
  }

  LogSpec spec;
  spec.log = log;
  spec.follow = o.follow;
  spec.timestamps = o.timestamps;
  spec.cursor = log->served_from();
  if (o.tail)
    spec.cursor = std::max<std::uint64_t>(
        spec.cursor, log->end() - std::min<std::uint64_t>(log->end(), static_cast<std::uint64_t>(*o.tail)));
  spec.stop_at = log->end();
  spec.since = o.since;
  if (o.since_seconds) spec.since = world_.now - std::chrono::seconds(*o.since_seconds);
  if (o.limit) spec.limit = static_cast<std::uint64_t>(*o.limit);
  Response response;
  response.headers.emplace_back("content-type", "text/plain");
  response.stream = streams_.open(std::move(spec));
  if (!o.follow) {  // what fits is answered at once
    const Pull rest = streams_.pull(response.stream, response.body, kWhole);
    if (rest == Pull::ended) response.stream = 0;
  }
  return response;
}

}  // namespace daaa::sandbox
