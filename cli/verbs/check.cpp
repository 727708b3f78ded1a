// daaa check: can this user run this here? Every answer at once, and nothing is made.
#include <cstdlib>
#include <ctime>
#include <iomanip>
#include <iostream>

#include "codec/objects.hpp"
#include "exit_status.hpp"
#include "follow.hpp"
#include "inputs.hpp"
#include "listing.hpp"
#include "verbs.hpp"
#include "workload/objects.hpp"

namespace daaa::cli {
namespace {

constexpr Verb kCheck = {
    "check", "daaa check --namespace NS --pvc CLAIM --command PATH [OPTION...]",
    "Answers every question that can stop a run, and makes nothing: server, identity, rights,\n"
    "claim, dry run of the nine objects, CSI driver, quota, clock.",
    "Status 0: nothing stands in the way; else that of the first answer that does."};

enum class Mark { good, warning, bad };

struct Answer {
  std::string question;
  Mark mark = Mark::good;
  std::string text;
  int status = kSuccess;
};

class Checker {
 public:
  Checker(Client& client, const Workload& workload) : client_(client), workload_(workload) {}

  const std::vector<Answer>& run() {
    if (!server()) return answers_;
    who();
    rights();
    claim();
    objects();
    driver();
    quota();
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

  void right(const Resource& type, const char* verb, const char* subresource = "") {
    const std::string what =
        std::string(verb) + " " + type.plural + (*subresource != '\0' ? "/" : "") + subresource;
    auto access = client_.review(verb, type, workload_.namespace_, subresource);
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
    for (const char* verb : {"get", "list", "watch"}) right(resources::kPods, verb);
    right(resources::kPods, "get", "log");
    for (const char* verb : {"list", "watch"}) right(resources::kEvents, verb);
    if (rights_ == 21) good("rights", "all 21 that a run uses");
  }

  void claim() {
    const std::string& name = workload_.values.user.pvc;
    auto found = client_.find(resources::kPersistentVolumeClaims, workload_.namespace_, name);
    if (!found) {
      bad("claim " + name, found.error());
    } else if (!*found) {
      bad("claim " + name, "there is none in namespace " + workload_.namespace_, kUsage);
    } else if ((**found)["status"]["phase"].as_string() == "Lost") {
      bad("claim " + name, "it has lost its volume and must be made anew", kUsage);
    } else if ((**found)["status"]["phase"].as_string() != "Bound") {
      warn("claim " + name,
           "it is " + (**found)["status"]["phase"].as_string() + "; a run waits until it is bound");
    } else {
      good("claim " + name, "bound to volume " + (**found)["spec"]["volumeName"].as_string());
    }
  }

  void objects() {
    auto rendered = workload_.render();
    if (!rendered) {
      bad("objects", rendered.error());
      return;
    }
    int accepted = 0;
    for (const auto& object : *rendered) {
      const Resource& type = object.kind == "Job"                ? resources::kJobs
                             : object.kind == "PersistentVolume" ? resources::kPersistentVolumes
                                                                 : resources::kPersistentVolumeClaims;
      auto answer = client_.dry_run_create(type, object.namespace_, object.body);
      if (answer) {
        ++accepted;
      } else {
        bad(object.kind + " " + object.name, answer.error());
      }
    }
    if (accepted == 9)
      good("objects", "the server accepts all nine (dry run); a pod is judged only when it is made");
  }

  void driver() {
    if (workload_.values.storage.source != "csi") return;
    const std::string name = "spectrumscale.csi.ibm.com";
    auto found = client_.find({"storage.k8s.io", "v1", "csidrivers", false}, {}, name);
    if (!found) {
      warn("CSI driver", "cannot be looked at: " + found.error().to_string());
    } else if (!*found) {
      bad("CSI driver", name + " is not installed on this cluster: the volumes would not mount", kNotStarted);
    } else {
      good("CSI driver", name);
    }
  }

  void quota() {
    auto quotas = client_.list({"", "v1", "resourcequotas", true}, workload_.namespace_);
    if (!quotas) {
      warn("quota", "cannot be looked at: " + quotas.error().to_string());
      return;
    }
    std::string full;
    for (const Json& one : quotas->items) {
      for (const auto& [resource, hard] : one["status"]["hard"].members()) {
        const std::string& used = one["status"]["used"][resource].as_string();
        if (used == hard.as_string()) {
          full += (full.empty() ? "" : ", ") + one["metadata"]["name"].as_string() + ": " + resource + " " +
                  used + " of " + hard.as_string();
        }
      }
    }
    if (full.empty()) {
      good("quota", quotas->items.empty() ? "none" : "not used up");
    } else {
      warn("quota", "used up: " + full);
    }
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

  Client& client_;
  const Workload& workload_;
  std::vector<Answer> answers_;
  int rights_ = 0;
};

const char* word_of(Mark mark) {
  switch (mark) {
    case Mark::good:
      return "ok";
    case Mark::warning:
      return "warning";
    case Mark::bad:
      return "NO";
  }
  return "";
}

void print(const std::vector<Answer>& answers, bool json) {
  if (!json) {
    for (const auto& answer : answers) {
      std::cout << std::left << std::setw(9) << word_of(answer.mark) << answer.question << ": " << answer.text
                << "\n";
    }
    return;
  }
  Json list = Json::array();
  for (const auto& answer : answers) {
    const char* mark = answer.mark == Mark::bad ? "no" : word_of(answer.mark);
    list.push_back(Json::object({{"question", answer.question}, {"answer", mark}, {"text", answer.text}}));
  }
  std::cout << to_json(list, 2) << "\n";
}

}  // namespace

int check_verb(const Arguments& arguments) {
  po::options_description options;
  options.add(workload_options());
  options.add_options()("output,o", po::value<std::string>()->value_name("FORM"), "text (default) or json")(
      "verbose,v", "say each request");
  options.add(cluster_options());
  CommandLine line(kCheck, options, 1);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  if (line.wants_help()) {
    std::cout << line.help();
    return kSuccess;
  }
  auto input = read_workload(line);
  if (!input) return report_error(input.error());
  auto cluster = read_cluster(line);
  if (!cluster) return report_error(cluster.error());
  if (input->workload.namespace_.empty()) input->workload.namespace_ = cluster->namespace_;
  if (auto rendered = input->workload.render(); !rendered) return report_error(rendered.error());
  for (const auto& warning : workload::warnings_for(input->workload))
    std::cerr << "daaa: warning: " << warning << "\n";
  for (const auto& warning : cluster->warnings) std::cerr << "daaa: warning: " << warning << "\n";
  Client client(std::move(*cluster), stderr_diagnostics(line.has("verbose")));
  const auto answers = Checker(client, input->workload).run();
  print(answers, line.text("output") == "json");
  for (const auto& answer : answers) {
    if (answer.mark == Mark::bad) return answer.status;
  }
  return kSuccess;
}

}  // namespace daaa::cli
