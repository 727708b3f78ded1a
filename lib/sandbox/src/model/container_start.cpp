#include "model/container_start.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "model/fields.hpp"
#include "model/quantity.hpp"

namespace daaa::sandbox {
namespace {

// The path in a Spectrum Scale volumeHandle: 3 and 4 fields end in path=..., 7 fields in the path itself.
std::string handle_path(const std::string& handle) {
  const std::size_t last = handle.rfind(';');
  const std::string tail = last == std::string::npos ? handle : handle.substr(last + 1);
  return tail.starts_with("path=") ? tail.substr(5) : tail;
}

MountSource source_of_volume(const Json& pv) {
  MountSource source;
  const Json& spec = pv["spec"];
  source.pv_name = name_of(pv);
  if (const Json* csi = spec.find("csi")) {
    source.kind = MountSource::Kind::csi;
    source.handle = (*csi)["volumeHandle"].as_string();
    source.driver = (*csi)["driver"].as_string();
    source.path = handle_path(source.handle);
  } else if (const Json* nfs = spec.find("nfs")) {
    source.kind = MountSource::Kind::nfs;
    source.server = (*nfs)["server"].as_string();
    source.path = (*nfs)["path"].as_string();
  } else {
    source.kind = MountSource::Kind::host_path;
    source.path = spec["hostPath"]["path"].as_string();
    source.host_type = spec["hostPath"]["type"].as_string();
  }
  return source;
}

Ref volume_of_claim(const World& world, const Json& pod, const Json& volume) {
  const std::string& name = volume["persistentVolumeClaim"]["claimName"].as_string();
  const Ref claim = world.store.find(Res::persistent_volume_claims, namespace_of(pod), name);
  return claim
             ? world.store.find(Res::persistent_volumes, "", claim->object["spec"]["volumeName"].as_string())
             : nullptr;
}

MountSource source_of(const World& world, const Json& pod, const Json& volume) {
  if (volume.find("persistentVolumeClaim") != nullptr) {
    const Ref pv = volume_of_claim(world, pod, volume);
    return pv ? source_of_volume(pv->object) : MountSource{};
  }
  if (volume.find("hostPath") != nullptr || volume.find("nfs") != nullptr) {
    return source_of_volume(Json::object({{"spec", volume}}));
  }
  return {};
}

bool read_only_claim(const Json& volume) {
  return volume["persistentVolumeClaim"]["readOnly"].as_bool() || volume["nfs"]["readOnly"].as_bool();
}

std::vector<Mount> mounts_of(const World& world, const Json& pod, const Json& container) {
  std::vector<Mount> mounts;
  for (const Json& m : container["volumeMounts"].items()) {
    for (const Json& volume : pod["spec"]["volumes"].items()) {
      if (volume["name"] != m["name"]) continue;
      mounts.push_back({m["name"].as_string(), m["mountPath"].as_string(), m["subPath"].as_string(),
                        m["readOnly"].as_bool() || read_only_claim(volume), source_of(world, pod, volume)});
    }
  }
  return mounts;
}

using Environment = std::vector<std::pair<std::string, std::string>>;

// $(NAME) becomes the variable's value, $$(NAME) stays as $(NAME), what is not known stays as it is.
std::string expanded(const std::string& text, const Environment& env) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const std::size_t end = text[i + 1] == '(' ? text.find(')', i) : std::string::npos;
    if (end == std::string::npos) {
      out += '$';
      continue;
    }
    const std::string name = text.substr(i + 2, end - i - 2);
    const auto it = std::find_if(env.rbegin(), env.rend(), [&](const auto& v) { return v.first == name; });
    out += it == env.rend() ? text.substr(i, end - i + 1) : it->second;
    i = end;
  }
  return out;
}

std::string field_ref(const Json& pod, const PodRun& run, const std::string& path) {
  for (const char* map : {"labels", "annotations"}) {
    const std::string start = "metadata." + std::string(map) + "['";
    if (path.starts_with(start) && path.ends_with("']")) {
      return pod["metadata"][map][path.substr(start.size(), path.size() - start.size() - 2)].as_string();
    }
  }
  if (path == "metadata.name") return name_of(pod);
  if (path == "metadata.namespace") return namespace_of(pod);
  if (path == "metadata.uid") return uid_of(pod);
  if (path == "spec.nodeName") return pod["spec"]["nodeName"].as_string();
  if (path == "spec.serviceAccountName") return pod["spec"]["serviceAccountName"].as_string();
  if (path == "status.podIP" || path == "status.podIPs") return run.ip;
  if (path == "status.hostIP" || path == "status.hostIPs") return "192.0.2.2";
  return {};
}

std::string resource_ref(const World& world, const Json& container, const Json& ref) {
  const std::string& resource = ref["resource"].as_string();  // limits.cpu, requests.memory
  const std::size_t dot = resource.find('.');
  const std::string name = resource.substr(dot == std::string::npos ? 0 : dot + 1);
  const Json* value = container["resources"][resource.substr(0, dot)].find(name);
  std::string text = value != nullptr ? value->as_string() : "0";
  if (value == nullptr && resource.starts_with("limits.")) {
    const Ref node = world.store.find(Res::nodes, "", world.options.node_name);
    if (node) text = node->object["status"]["allocatable"][name].as_string();
  }
  const long double divisor = parse_quantity(ref["divisor"].as_string()).value_or(1);
  const long double amount = parse_quantity(text).value_or(0) / (divisor == 0 ? 1 : divisor);
  return std::to_string(static_cast<std::int64_t>(std::ceil(amount)));
}

struct EnvResult {
  Environment env;
  std::string missing;  // what it refers to and is not there
};

EnvResult environment_of(const World& world, const Json& pod, const PodRun& run, const Json& container) {
  EnvResult result;
  for (const Json& from : container["envFrom"].items()) {
    for (const auto& [member, kind] : {std::pair("configMapRef", "configmap"), {"secretRef", "secret"}}) {
      const Json* ref = from.find(member);
      if (ref == nullptr || (*ref)["optional"].as_bool()) continue;
      result.missing = std::string(kind) + " " + quoted((*ref)["name"].as_string()) + " not found";
    }
  }
  for (const Json& variable : container["env"].items()) {
    const Json& from = variable["valueFrom"];
    std::string value = expanded(variable["value"].as_string(), result.env);
    if (const Json* field = from.find("fieldRef"))
      value = field_ref(pod, run, (*field)["fieldPath"].as_string());
    if (const Json* resource = from.find("resourceFieldRef"))
      value = resource_ref(world, container, *resource);
    bool skip = false;
    for (const auto& [member, kind] :
         {std::pair("configMapKeyRef", "configmap"), {"secretKeyRef", "secret"}}) {
      const Json* ref = from.find(member);
      if (ref == nullptr) continue;
      skip = true;
      if ((*ref)["optional"].as_bool()) continue;
      result.missing = std::string(kind) + " " + quoted((*ref)["name"].as_string()) + " not found";
    }
    if (!skip) result.env.emplace_back(variable["name"].as_string(), std::move(value));
  }
  return result;
}

std::vector<std::string> words(const Json& list, const Environment& env) {
  std::vector<std::string> out;
  for (const Json& word : list.items()) out.push_back(expanded(word.as_string(), env));
  return out;
}

const Json& container_spec(const Json& pod, const std::string& name) {
  static const Json kNone;
  for (const char* member : {"containers", "initContainers"}) {
    for (const Json& c : pod["spec"][member].items()) {
      if (c["name"].as_string() == name) return c;
    }
  }
  return kNone;
}

std::optional<std::int64_t> id_of(const Json& container, const Json& pod, const char* field) {
  const Json* value = container["securityContext"].find(field);
  if (value == nullptr) value = pod["spec"]["securityContext"].find(field);
  return value == nullptr ? std::nullopt : std::optional(value->as_integer());
}

struct ImageName {
  std::string registry, repository, tag, canonical;
};

ImageName parse_image(const std::string& image) {
  ImageName name;
  std::string rest = image;
  const std::size_t slash = rest.find('/');
  const std::string head = rest.substr(0, slash);
  if (slash != std::string::npos && (head.find_first_of(".:") != std::string::npos || head == "localhost")) {
    name.registry = head;
    rest = rest.substr(slash + 1);
  } else {
    name.registry = "docker.io";
    if (slash == std::string::npos) rest = "library/" + rest;
  }
  const std::size_t at = rest.find('@');
  const std::size_t colon = rest.find(':');
  const std::size_t end = std::min(at, colon);
  name.repository = rest.substr(0, end);
  name.tag = end == std::string::npos ? "latest" : rest.substr(end + 1);
  name.canonical =
      name.registry + "/" + name.repository + (at == end && at != std::string::npos ? "@" : ":") + name.tag;
  return name;
}

}  // namespace

Prepared prepare_container(const World& world, const Json& pod, const PodRun& run,
                           const ContainerRun& container) {
  const Json& spec = container_spec(pod, container.name);
  Prepared out;
  EnvResult env = environment_of(world, pod, run, spec);
  if (!env.missing.empty()) out.config_error.emplace("CreateContainerConfigError", env.missing);
  ContainerStart& s = out.start;
  s.ns = run.ns;
  s.pod_name = run.name;
  s.pod_uid = run.uid;
  s.container = container.name;
  s.attempt = container.restarts;
  s.image = container.image;
  s.command = words(spec["command"], env.env);
  s.args = words(spec["args"], env.env);
  s.env = std::move(env.env);
  s.working_dir = spec["workingDir"].as_string();
  s.run_as_user = id_of(spec, pod, "runAsUser");
  s.run_as_group = id_of(spec, pod, "runAsGroup");
  for (const Json& group : pod["spec"]["securityContext"]["supplementalGroups"].items()) {
    s.supplemental_groups.push_back(group.as_integer());
  }
  s.mounts = mounts_of(world, pod, spec);
  s.pod = pod;
  if (s.run_as_user == 0 && id_of(spec, pod, "runAsNonRoot") && !out.config_error) {
    const Json* non_root = spec["securityContext"].find("runAsNonRoot");
    if (non_root == nullptr) non_root = pod["spec"]["securityContext"].find("runAsNonRoot");
    if (non_root->as_bool()) {
      out.config_error.emplace("CreateContainerConfigError",
                               "container's runAsUser breaks non-root policy (pod: " +
                                   quoted(run.name + "_" + run.ns + "(" + run.uid + ")") +
                                   ", container: " + container.name + ")");
    }
  }
  return out;
}

std::string unmountable(const World& world, const Json& pod) {
  static constexpr std::string_view kServed[] = {"name", "persistentVolumeClaim", "emptyDir", "hostPath",
                                                 "nfs"};
  std::set<std::string> handles;
  for (const Json& volume : pod["spec"]["volumes"].items()) {
    const std::string& name = volume["name"].as_string();
    for (const auto& [type, value] : volume.members()) {
      if (std::find(std::begin(kServed), std::end(kServed), type) == std::end(kServed)) {
        return "MountVolume.SetUp failed for volume " + quoted(name) +
               " : the sandbox has no volumes of type " + type;
      }
    }
    if (volume.find("persistentVolumeClaim") == nullptr) continue;
    const Ref pv = volume_of_claim(world, pod, volume);
    if (!pv) continue;
    const Json* csi = pv->object["spec"].find("csi");
    if (csi == nullptr) continue;
    const auto& drivers = world.options.csi_drivers;
    const std::string unmounted = "Unable to attach or mount volumes: unmounted volumes=[" + name +
                                  "], unattached volumes=[], failed to process volumes=[]: ";
    if (std::find(drivers.begin(), drivers.end(), (*csi)["driver"].as_string()) == drivers.end()) {
      return unmounted + "timed out waiting for the condition";
    }
    // The node takes two volumes with one handle for one volume, and waits for the second for ever.
    if (!handles.insert((*csi)["driver"].as_string() + "^" + (*csi)["volumeHandle"].as_string()).second) {
      return unmounted + "timed out waiting for the condition";
    }
  }
  return {};
}

std::optional<ImageProblem> image_problem(const World& world, const Json& container) {
  const std::string& image = container["image"].as_string();
  const ImageName name = parse_image(image);
  const bool malformed = std::any_of(name.repository.begin(), name.repository.end(), [](unsigned char c) {
    return std::isupper(c) != 0 || std::isspace(c) != 0;
  });
  if (malformed || name.repository.empty()) {
    return ImageProblem{"InvalidImageName",
                        "Failed to apply default image tag " + quoted(image) +
                            ": couldn't parse image name " + quoted(image) +
                            ": invalid reference format: repository name must be lowercase",
                        false};
  }
  const std::string host = name.registry.substr(0, name.registry.find(':'));
  const auto& listed = world.options.images_that_fail;
  const bool fails = host == "invalid" || host.ends_with(".invalid") ||
                     std::find(listed.begin(), listed.end(), image) != listed.end();
  if (!fails) return std::nullopt;
  if (container["imagePullPolicy"].as_string() == "Never") {
    return ImageProblem{"ErrImageNeverPull",
                        "Container image " + quoted(image) + " is not present with pull policy of Never",
                        false};
  }
  const std::string registry = name.registry == "docker.io" ? "registry-1.docker.io" : name.registry;
  const std::string prefix = world.features().minor < 25 ? "rpc error: code = Unknown desc = " : "";
  return ImageProblem{
      "ErrImagePull",
      prefix + "failed to pull and unpack image " + quoted(name.canonical) +
          ": failed to resolve reference " + quoted(name.canonical) + ": failed to do request: Head " +
          quoted("https://" + registry + "/v2/" + name.repository + "/manifests/" + name.tag) +
          ": dial tcp: lookup " + registry.substr(0, registry.find(':')) + ": no such host",
      true};
}

}  // namespace daaa::sandbox
