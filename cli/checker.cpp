#include "checker.hpp"

#include <cstdlib>
#include <ctime>
#include <utility>

#include "core/timestamps.hpp"
#include "follow.hpp"

namespace daaa::cli {
namespace {

class Checker {
 public:
  Checker(Client& client, Client& volumes_client, const Workload& workload)
      : client_(client), volumes_client_(volumes_client), workload_(workload) {}

  const std::vector<CheckAnswer>& run() {
    if (!server()) return answers_;
    who();
    credential("credential", client_);
    if (&volumes_client_ != &client_) credential("credential for volumes", volumes_client_);
    rights();
    traits();
    claim();
    auto rendered = workload::render_run(workload_, {}, traits_);
    if (rendered) {
      security(*rendered);
      handles(*rendered);
      objects(*rendered);
    } else {
      bad("objects", rendered.error());
    }
    driver();
    if (rendered) quota(*rendered);
    clock();
    return answers_;
  }

 private:
  void good(const std::string& question, const std::string& text) {
    answers_.push_back({question, Mark::good, text});
  }
  void warn(const std::string& question, const std::string& text) {
    answers_.push_back({question, Mark::warning, text});
  }
  void bad(const std::string& question, const std::string& text, int status) {
    answers_.push_back({question, Mark::bad, text, status});
  }
  void bad(const std::string& question, const Error& error) {
    bad(question, error.to_string(), status_of(error));
  }

  bool server() {
    auto version = client_.get_raw("/version");
    if (!version) {
      bad("server", version.error());
      return false;
    }
    good("server", "Kubernetes " + (*version)["gitVersion"].as_string());
    return true;
  }

  void who() {
    Json review = Json::object({{"kind", "SelfSubjectReview"}, {"apiVersion", "authentication.k8s.io/v1"}});
    auto answer = client_.create({"authentication.k8s.io", "v1", "selfsubjectreviews", false}, {}, review);
    if (answer) {
      good("identity", (*answer)["status"]["userInfo"]["username"].as_string());
      return;
    }
    auto user = client_.get_raw("/apis/user.openshift.io/v1/users/~");
    if (user) {
      good("identity", (*user)["metadata"]["name"].as_string());
    } else if (answer.error().kind == ErrorKind::unauthenticated) {
      bad("identity", answer.error());
    } else {
      warn("identity", "this server does not tell who we are (before Kubernetes 1.28 and without OpenShift)");
    }
  }

  // Against the Job's own deadline, the only one that is known here.
  void credential(const std::string& question, const Client& client) {
    const std::chrono::seconds limit(workload_.values.job.active_deadline_seconds.value_or(0));
    const auto life = client.credential_life(limit);
    const std::string end = life.ends_at ? core::format_second({*life.ends_at * 1'000'000'000}) : "";
    if (!life.warning.empty()) {
      warn(question, life.warning);
    } else if (life.renews) {
      good(question, "renewed by itself" + (end.empty() ? "" : "; the present one ends at " + end));
    } else if (!end.empty()) {
      good(question, "the token ends at " + end + " and is not renewed");
    } else {
      good(question, "it does not say when it ends, and is not renewed");
    }
  }

  void right(const Resource& type, const char* verb, const char* subresource = "") {
    const std::string what =
        std::string(verb) + " " + type.plural + (*subresource != '\0' ? "/" : "") + subresource;
    auto access = client_for(type).review(verb, type, workload_.namespace_, subresource);
    if (!access) {
      bad("right to " + what, access.error());
    } else if (!access->allowed) {
      bad("right to " + what, "not allowed" + (access->reason.empty() ? "" : ": " + access->reason),
          kUnauthorized);
    } else {
      ++rights_;
    }
  }

  // The verbs of manifests/rbac.
  void rights() {
    for (const char* verb : {"create", "get", "list", "watch", "delete"}) {
      right(resources::kPersistentVolumes, verb);
      right(resources::kPersistentVolumeClaims, verb);
      right(resources::kJobs, verb);
    }
    for (const char* verb : {"list", "watch"}) right(resources::kPods, verb);
    right(resources::kPods, "get", "log");
    for (const char* verb : {"list", "watch"}) right(resources::kEvents, verb);
    if (rights_ == 20) good("rights", "all 20 that a run uses");
  }

  void traits() { traits_.openshift = client_.get_raw("/apis/security.openshift.io").has_value(); }

  // A text is said once for each that is no obstacle and no doubt, too: silence would tell nothing.
  void add(const std::string& question, const std::vector<workload::Concern>& concerns, int status) {
    using Weight = workload::Concern::Weight;
    for (const auto& concern : concerns) {
      if (concern.weight == Weight::good) good(question, concern.text);
      if (concern.weight == Weight::doubt) warn(question, concern.text);
      if (concern.weight == Weight::obstacle) bad(question, concern.text, status);
    }
  }

  void claim() {
    const std::string& name = workload_.values.user.pvc;
    auto found = client_.find(resources::kPersistentVolumeClaims, workload_.namespace_, name);
    if (!found) {
      bad("claim " + name, found.error());
      return;
    }
    if (!*found) {
      bad("claim " + name, "there is none in namespace " + workload_.namespace_, kUsage);
      return;
    }
    const Json& claim = **found;
    const std::string& phase = claim["status"]["phase"].as_string();
    if (!claim["metadata"]["deletionTimestamp"].as_string().empty()) {
      bad("claim " + name, "it is being deleted", kUsage);
    } else if (phase == "Lost") {
      bad("claim " + name, "it has lost its volume and must be made anew", kUsage);
    } else if (phase != "Bound") {
      warn("claim " + name, "it is " + phase + "; a run waits until it is bound");
    } else {
      user_volume_ = claim["spec"]["volumeName"].as_string();
      good("claim " + name, "bound to volume " + user_volume_);
    }
  }

  void security(const workload::RenderedRun& run) {
    const Resource namespaces = {"", "v1", "namespaces", false};
    auto found = client_.find(namespaces, {}, workload_.namespace_);
    if (!found) {
      warn("security context",
           "namespace " + workload_.namespace_ + " cannot be looked at: " + found.error().to_string());
    } else if (!*found) {
      bad("namespace", "there is none of the name " + workload_.namespace_, kUsage);
    } else {
      add("security context", workload::judge_security(run, workload_.values, **found, traits_), kRefused);
    }
  }

  void handles(const workload::RenderedRun& run) {
    Json volume;
    if (!user_volume_.empty()) {
      if (auto found = volumes_client_.find(resources::kPersistentVolumes, {}, user_volume_);
          found && *found) {
        volume = std::move(**found);
      }
    }
    add("volume handles", workload::judge_handles(run, volume), kNotStarted);
  }

  void objects(const workload::RenderedRun& run) {
    std::vector<std::pair<const Resource*, const RenderedObject*>> all;
    for (const auto& volume : run.volumes) all.emplace_back(&resources::kPersistentVolumes, &volume);
    for (const auto& claim : run.claims) all.emplace_back(&resources::kPersistentVolumeClaims, &claim);
    all.emplace_back(&resources::kJobs, &run.job);
    std::size_t accepted = 0;
    for (const auto& [type, object] : all) {
      auto answer = client_for(*type).dry_run_create(*type, object->namespace_, object->body);
      if (answer) {
        ++accepted;
      } else {
        bad(object->kind + " " + object->name, answer.error());
      }
    }
    if (accepted == all.size())
      good("objects", "the server accepts all nine (dry run); a pod is judged only when it is made");
  }

  void driver() {
    if (workload_.values.storage.source != "csi") return;
    const std::string name = "spectrumscale.csi.ibm.com";
    auto found = volumes_client_.find({"storage.k8s.io", "v1", "csidrivers", false}, {}, name);
    if (!found) {
      warn("CSI driver", "cannot be looked at: " + found.error().to_string());
    } else if (!*found) {
      bad("CSI driver", name + " is not installed on this cluster: the volumes would not mount", kNotStarted);
    } else {
      good("CSI driver", name);
    }
  }

  void quota(const workload::RenderedRun& run) {
    auto quotas = client_.list({"", "v1", "resourcequotas", true}, workload_.namespace_);
    if (!quotas) {
      warn("quota", "cannot be looked at: " + quotas.error().to_string());
      return;
    }
    const auto before = answers_.size();
    for (const Json& one : quotas->items) add("quota", workload::judge_quota(run, one), kRefused);
    if (answers_.size() > before) return;
    good("quota", quotas->items.empty() ? "none" : "there is room for four claims, the Job and a pod");
  }

  void clock() {
    const auto difference = client_.server_time() - static_cast<std::int64_t>(std::time(nullptr));
    if (std::llabs(difference) > 30) {
      warn("clock", "the server's is " + std::to_string(std::llabs(difference)) + " s " +
                        (difference > 0 ? "ahead of" : "behind") +
                        " ours: tokens and certificates may be refused");
    } else {
      good("clock", "agrees with the server's");
    }
  }

  // Of cluster-wide types a run's own right is on volumes only.
  Client& client_for(const Resource& type) {
    return type.plural == resources::kPersistentVolumes.plural ? volumes_client_ : client_;
  }

  Client& client_;
  Client& volumes_client_;
  const Workload& workload_;
  std::vector<CheckAnswer> answers_;
  workload::ClusterTraits traits_;
  std::string user_volume_;  // the name of the user's claim's, where bound
  int rights_ = 0;
};

}  // namespace

std::vector<CheckAnswer> check_workload(Client& client, Client& volumes_client, const Workload& workload) {
  return Checker(client, volumes_client, workload).run();
}

}  // namespace daaa::cli
