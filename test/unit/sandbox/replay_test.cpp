// The recordings ask, the sandbox answers: the same requests must get the same statuses, the same
// fields and the same words as from the live servers. What differs by nature (uids, versions, times,
// addresses, the pods' random names) is mapped or left out; what a list shows in the middle of a
// controller's work depends on timing and is compared by names.
#include <fstream>
#include <map>
#include <sstream>

#include "bench.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {
namespace {

struct Scenario {
  std::string name;
  std::string codes = "0";  // exit codes of the attempts
  bool quota = false;       // a quota of no pods, made by somebody else
  bool failing_image = false;
};

Json read_recording(const std::string& server, const std::string& scenario) {
  std::ifstream file("test/replay/recordings/" + server + "/" + scenario + ".json");
  std::ostringstream text;
  text << file.rdbuf();
  auto parsed = parse_json(text.str());
  REQUIRE(parsed);
  return std::move(*parsed);
}

std::string body_of(const Json& response) {
  if (const Json* body = response.find("body")) return to_json(*body);
  if (const Json* text = response.find("body_text")) return text->as_string();
  std::string all;
  for (const Json& chunk : response["chunks"].items()) all += chunk["data"].as_string();
  return all;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// Fields that two servers can never agree on, and those of OpenShift's own admission.
bool differs_by_nature(const std::string& name) {
  static const std::vector<std::string> kNames = {"managedFields",      "uid",
                                                  "resourceVersion",    "creationTimestamp",
                                                  "deletionTimestamp",  "startTime",
                                                  "completionTime",     "lastProbeTime",
                                                  "lastTransitionTime", "lastPhaseTransitionTime",
                                                  "credential-id",      "extra",
                                                  "controller-uid",     "batch.kubernetes.io/controller-uid"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// Where the two trees differ: "path: recorded | ours".
void compare(const Json& recorded, const Json& ours, const std::string& path,
             std::vector<std::string>& differences) {
  if (recorded.is_object() && ours.is_object()) {
    for (const auto& [name, value] : recorded.members()) {
      if (!differs_by_nature(name)) compare(value, ours[name], path + "." + name, differences);
    }
    for (const auto& [name, value] : ours.members()) {
      if (!differs_by_nature(name) && recorded.find(name) == nullptr)
        differences.push_back(path + "." + name + ": only ours");
    }
  } else if (recorded.is_array() && ours.is_array() && recorded.size() == ours.size()) {
    for (std::size_t i = 0; i < recorded.size(); ++i)
      compare(recorded[i], ours[i], path + "[" + std::to_string(i) + "]", differences);
  } else if (recorded != ours) {
    differences.push_back(path + ": " + to_json(recorded) + " | " + to_json(ours));
  }
}

class Replay {
 public:
  Replay(const std::string& server, const Scenario& scenario)
      : recording_(read_recording(server, scenario.name)),
        old_(server == "kubernetes-1.20"),
        bench_(old_ ? Features::v1_20() : Features::v1_36(), options(), {},
               [this](const ContainerStart& start) { return script(start); }),
        scenario_(scenario) {
    bench_.token = "admin";
    Json pv = bench_.volume("t1-ws", "ws");
    pv.at("spec").set("storageClassName", "");
    bench_.post(kVolumes, pv);
    Json claim = bench_.claim("ws", Json::object({{"storageClassName", ""}, {"volumeName", "t1-ws"}}));
    bench_.post(kClaims, claim);
    if (scenario_.quota) {
      bench_.post("/api/v1/namespaces/dean/resourcequotas",
                  Json::object({{"metadata", Json::object({{"name", "nopods"}})},
                                {"spec", Json::object({{"hard", Json::object({{"pods", "0"}})}})}}));
    }
    find_log();
  }

  void run() {
    const Time begin = bench_.now;
    for (const Json& exchange : recording_["exchanges"].items()) {
      const Time at = begin + std::chrono::milliseconds(exchange["at_ms"].as_integer());
      if (at > bench_.now) bench_.pass(at - bench_.now);
      ask(exchange);
      ++number_;
    }
    bench_.pass(std::chrono::seconds(120));
    for (const auto& [number, id] : streams_) finish_stream(recording_["exchanges"][number], id);
  }

  std::vector<std::string> problems;

 private:
  ClusterOptions options() {
    ClusterOptions o;
    // The account of the recordings could read single pods; manifests/rbac, which the sandbox knows, does not
    // grant it.
    o.authorizer = [](const User& user, const Attributes& what) -> std::optional<bool> {
      const bool one_pod = what.verb == "get" && what.resource == "pods" && what.subresource.empty();
      return user.role == Role::runner && one_pod ? std::optional(true) : std::nullopt;
    };
    o.images_that_fail = {"docker.io/local/nosuch:1"};
    return o;
  }

  // What the workload printed, of the followed log that was answered with 200.
  void find_log() {
    for (const Json& exchange : recording_["exchanges"].items()) {
      const Json& response = exchange["response"];
      if (!is_log(exchange) || response["status"].as_integer() != 200) continue;
      logs_.push_back(without_stamps(body_of(response)));
    }
  }

  SimulatedScript script(const ContainerStart&) {
    SimulatedScript s;
    const std::size_t attempt = attempts_++;
    std::stringstream codes(scenario_.codes);
    std::string code;
    for (std::size_t i = 0; i <= attempt && std::getline(codes, code, ','); ++i)
      s.exit.exit_code = std::stoi(code);
    if (attempt < logs_.size()) s.output = {{Duration(0), logs_[attempt]}};
    s.duration = std::chrono::seconds(2);
    return s;
  }

  static bool is_log(const Json& exchange) {
    return exchange["request"]["path"].as_string().ends_with("/log");
  }

  static std::string without_stamps(const std::string& text) {
    std::string out;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
      const bool stamped = line.size() > 31 && line[10] == 'T' && line[29] == 'Z';
      out += stamped ? line.substr(31) : line;
      if (!lines.eof()) out += '\n';
    }
    return out;
  }

  void ask(const Json& exchange) {
    const Json& request = exchange["request"];
    const Json& recorded = exchange["response"];
    if (recorded.is_null()) return;
    const Json& user = request["user"];
    bench_.token = user.is_null() ? "" : user.as_string() == "invalid-token" ? "wrong" : user.as_string();
    std::string target = request["path"].as_string();
    char mark = '?';
    for (const auto& [name, value] : request["query"].members()) {
      const bool version = name == "resourceVersion" && revisions_.count(value.as_string()) != 0;
      target += mark + name + "=" +
                (version ? revisions_[value.as_string()] : replaced(value.as_string(), "=", "%3D"));
      mark = '&';
    }
    Json body = request["body"];
    std::string text = body.is_null() ? "" : to_json(body);
    for (const auto& [theirs, ours] : known_) {
      target = replaced(target, theirs, ours);
      text = replaced(text, theirs, ours);
    }
    if (!text.empty()) body = *parse_json(text);
    std::vector<std::pair<std::string, std::string>> headers;
    if (request["content_type"].is_string())
      headers.emplace_back("content-type", request["content_type"].as_string());
    const Answer ours = bench_.ask(request["method"].as_string(), target, body, headers);
    if (ours.stream != 0 && !is_log(exchange)) {
      streams_.emplace_back(number_, ours.stream);
      return check_status(exchange, ours);
    }
    if (is_log(exchange)) {
      if (ours.stream != 0) bench_.cluster.close(ours.stream);
      return;  // how far the pod has come depends on the machine: told apart below
    }
    deleting_ = deleting_ || request["method"].as_string() == "DELETE";
    check_status(exchange, ours);
    check_body(exchange, ours);
  }

  void problem(const Json& exchange, const std::string& what) {
    problems.push_back(std::to_string(number_) + " " + exchange["request"]["method"].as_string() + " " +
                       exchange["request"]["path"].as_string() + ": " + what);
  }

  void check_status(const Json& exchange, const Answer& ours) {
    const auto recorded = exchange["response"]["status"].as_integer();
    if (recorded != ours.status)
      problem(exchange, std::to_string(recorded) + " | " + std::to_string(ours.status) + " " + ours.text);
    const std::string warning = exchange["response"]["headers"]["warning"].as_string();
    if (warning != ours.header("warning"))
      problem(exchange, "warning " + warning + " | " + ours.header("warning"));
  }

  void check_body(const Json& exchange, const Answer& ours) {
    std::string text = body_of(exchange["response"]);
    learn(*parse_json(text), ours.body);
    for (const auto& [theirs, mine] : known_) text = replaced(text, theirs, mine);
    const Json recorded = *parse_json(text);
    const std::string& kind = recorded["kind"].as_string();
    std::vector<std::string> differences;
    if (kind.empty() || kind == "SelfSubjectRulesReview") return;
    if (kind.ends_with("List")) return check_list(exchange, recorded, ours);
    if (kind == "SelfSubjectAccessReview") {
      compare(recorded["status"]["allowed"], ours.body["status"]["allowed"], "allowed", differences);
    } else {
      Json mine = ours.body;
      Json theirs = recorded;
      // A deletion or a look in between shows how far the controllers were: only a create is exact.
      if (exchange["request"]["method"].as_string() != "POST" && kind != "Status") {
        if (kind == "Job")
          compare(theirs["status"]["conditions"], mine["status"]["conditions"], "conditions", differences);
        theirs.erase("status");
        mine.erase("status");
        theirs.at("metadata").erase("annotations");
        mine.at("metadata").erase("annotations");
        for (Json* o : {&theirs, &mine}) o->at("spec").erase("volumeName");
        for (Json* o : {&theirs, &mine}) o->at("spec").erase("claimRef");
        if (name_matches(mine, "ws")) return;
      }
      if (old_ && kind == "Status") shorten_decoder_text(theirs);
      compare(theirs, mine, "", differences);
    }
    for (const std::string& difference : differences) problem(exchange, difference);
  }

  static bool name_matches(const Json& o, const char* name) {
    return o["metadata"]["name"].as_string() == name;
  }

  // 1.20's decoder quotes where in the body it stopped; the sandbox says what is wrong without that.
  static void shorten_decoder_text(Json& status) {
    const std::string& text = status["message"].as_string();
    const std::size_t at = text.find("quantities must match");
    const std::size_t end = text.find(", error found in #");
    if (at == std::string::npos || end == std::string::npos) return;
    const std::size_t start = text.find(": v1.");
    status.set("message", text.substr(0, start + 2) + text.substr(at, end - at));
  }

  void check_list(const Json& exchange, const Json& recorded, const Answer& ours) {
    // Lists of everything in the namespace hold what earlier scenarios left on the live server.
    if (exchange["request"]["query"].empty()) return;
    const std::string& kind = recorded["kind"].as_string();
    if (kind == "PodList" || kind == "EventList") return;
    const auto names = [](const Json& list) {
      std::string text;
      for (const Json& item : list["items"].items()) text += item["metadata"]["name"].as_string() + " ";
      return text;
    };
    // While things are being deleted it is a matter of milliseconds what is still there.
    if (!deleting_ && names(recorded) != names(ours.body))
      problem(exchange, names(recorded) + "| " + names(ours.body));
  }

  // Which uid, which pod stands for which.
  void learn(const Json& recorded, const Json& ours) {
    revisions_[recorded["metadata"]["resourceVersion"].as_string()] =
        ours["metadata"]["resourceVersion"].as_string();
    const std::string& page = recorded["metadata"]["continue"].as_string();
    if (!page.empty()) known_[page] = ours["metadata"]["continue"].as_string();
    if (recorded["kind"].as_string().ends_with("List")) {
      if (recorded["kind"].as_string() != "PodList") return;
      for (std::size_t i = 0; i < std::min(recorded["items"].size(), ours["items"].size()); ++i)
        pair_up(recorded["items"][i], ours["items"][i]);
      return;
    }
    pair_up(recorded, ours);
  }
  void pair_up(const Json& recorded, const Json& ours) {
    for (const char* field : {"uid", "name"}) {
      const std::string& theirs = recorded["metadata"][field].as_string();
      const std::string& mine = ours["metadata"][field].as_string();
      if (!theirs.empty() && !mine.empty() && theirs != mine) known_[theirs] = mine;
    }
  }

  // "SuccessCriteriaMet Complete active=0 succeeded=1": what a Job's watch ends with.
  static std::string last_job(const std::string& text) {
    std::string summary;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
      const auto event = parse_json(line);
      if (!event || (*event)["object"]["kind"].as_string() != "Job" ||
          (*event)["type"].as_string() == "BOOKMARK")
        continue;
      const Json& status = (*event)["object"]["status"];
      summary.clear();
      for (const Json& c : status["conditions"].items()) {
        summary += c["type"].as_string() + "=" + c["status"].as_string() + "/" + c["reason"].as_string() +
                   "/" + c["message"].as_string() + " ";
      }
      for (const char* counter : {"active", "succeeded", "failed"})
        summary += counter + std::string("=") + std::to_string(status[counter].as_integer()) + " ";
    }
    return summary;
  }

  void finish_stream(const Json& exchange, StreamId id) {
    const std::string ours = bench_.pull(id, 10'000'000);
    const std::string theirs = body_of(exchange["response"]);
    const std::string& path = exchange["request"]["path"].as_string();
    number_ = 1000;
    const bool cut_short = !theirs.ends_with('\n');  // the client hung up in the middle of an event
    if (path.ends_with("/jobs") && !cut_short && last_job(theirs) != last_job(ours) &&
        !last_job(theirs).empty()) {
      problem(exchange, "job ends as " + last_job(theirs) + " | " + last_job(ours));
    }
    if (theirs.find("\"ERROR\"") != std::string::npos && ours.find("\"ERROR\"") == std::string::npos)
      problem(exchange, "no ERROR event: " + ours);
  }

  Json recording_;
  bool old_;
  std::size_t attempts_ = 0;
  std::vector<std::string> logs_;
  Bench bench_;
  Scenario scenario_;
  std::size_t number_ = 0;
  bool deleting_ = false;
  std::map<std::string, std::string> known_;
  std::map<std::string, std::string> revisions_;
  std::vector<std::pair<std::size_t, StreamId>> streams_;
};

const std::vector<Scenario> kScenarios = {
    {"create-conflicts", "0", false, false},
    {"invalid-objects", "0", false, false},
    {"forbidden", "0", false, false},
    {"unauthorized", "0", false, false},
    {"quota-exceeded", "0", true, false},
    {"claim-stolen", "0", false, false},
    {"workspace-claim-missing", "0", false, false},
    {"run-succeeds", "0", false, false},
    {"run-fails", "3", false, false},
    {"run-retries-then-succeeds", "7,0", false, false},
    {"image-pull-fails", "0", false, true},
};

}  // namespace

TEST_CASE("the sandbox answers the recorded requests as Kubernetes 1.36 did", "[sandbox][replay]") {
  for (const Scenario& scenario : kScenarios) {
    DYNAMIC_SECTION(scenario.name) {
      Replay replay("openshift-1.36", scenario);
      replay.run();
      for (const std::string& problem : replay.problems) UNSCOPED_INFO(problem);
      CHECK(replay.problems.empty());
    }
  }
  for (const char* name : {"dry-run", "paged-list", "who-am-i"}) {
    DYNAMIC_SECTION(name) {
      Replay replay("openshift-1.36", {name, "0", false, false});
      replay.run();
      for (const std::string& problem : replay.problems) UNSCOPED_INFO(problem);
      CHECK(replay.problems.empty());
    }
  }
}

TEST_CASE("the sandbox answers the recorded requests as Kubernetes 1.20 did", "[sandbox][replay][1.20]") {
  for (const Scenario& scenario : kScenarios) {
    DYNAMIC_SECTION(scenario.name) {
      Replay replay("kubernetes-1.20", scenario);
      replay.run();
      for (const std::string& problem : replay.problems) UNSCOPED_INFO(problem);
      CHECK(replay.problems.empty());
    }
  }
}

}  // namespace daaa::sandbox::testing
