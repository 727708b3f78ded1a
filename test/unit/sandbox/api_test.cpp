// The API server: who may what, what is refused and how, patches, deletion, discovery.
#include "bench.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {

using namespace std::chrono_literals;

TEST_CASE("a token that is not known is 401, no token at all is anonymous", "[sandbox][auth]") {
  Bench bench;
  bench.token = "wrong";
  const Answer unknown = bench.get(kPods);
  CHECK(unknown.status == 401);
  CHECK(
      unknown.body ==
      *parse_json(
          R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401})"));
  bench.token.clear();
  CHECK(bench.get(kPods).message() ==
        "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" in the "
        "namespace \"dean\"");
  CHECK(bench.get("/version").status == 200);
  CHECK(bench.get("/apis").status == 403);
}

TEST_CASE("a revoked or expired token is 401", "[sandbox][auth]") {
  Bench bench;
  const Answer made = bench.post("/api/v1/namespaces/dean/serviceaccounts/daaa-runner/token",
                                 *parse_json(R"({"spec":{"expirationSeconds":600}})"));
  CHECK(made.status == 201);
  bench.token = made.body["status"]["token"].as_string();
  CHECK(bench.get(kPods).status == 200);
  CHECK(bench.get("/api/v1/namespaces/default/pods").status == 403);
  bench.pass(601s);
  CHECK(bench.get(kPods).status == 401);
  bench.cluster.remove_token("runner");
  bench.token = "runner";
  CHECK(bench.get(kPods).status == 401);
}

TEST_CASE("B31: a runner may do what a run needs and no more", "[sandbox][auth]") {
  Bench bench;
  bench.token = "runner";
  CHECK(bench.post(kVolumes, bench.volume("cos")).status == 201);
  CHECK(bench.post(kJobs, bench.job("j")).status == 201);
  CHECK(bench.get("/apis/storage.k8s.io/v1/csidrivers/spectrumscale.csi.ibm.com").status == 200);
  for (const char* target :
       {"/api/v1/nodes", "/api/v1/pods", "/api/v1/namespaces/default/pods", "/api/v1/namespaces"}) {
    INFO(target);
    CHECK(bench.get(target).status == 403);
  }
  CHECK(bench.del(kPods + "/x").status == 403);
  CHECK(bench.ask("PATCH", kJobs + "/j", Json::object(), {{"content-type", "application/merge-patch+json"}})
            .status == 403);
}

TEST_CASE("access reviews say what would be allowed", "[sandbox][auth]") {
  Bench bench;
  const auto review = [&](const char* attributes) {
    return bench.post(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        Json::object({{"spec", Json::object({{"resourceAttributes", *parse_json(attributes)}})}}));
  };
  bench.token = "runner";
  const Answer yes = review(R"({"verb":"create","group":"batch","resource":"jobs","namespace":"dean"})");
  CHECK(yes.status == 201);
  CHECK(yes.body["status"]["allowed"].as_bool());
  CHECK(yes.body["status"]["reason"].as_string().starts_with("RBAC: allowed by RoleBinding"));
  CHECK_FALSE(review(R"({"verb":"delete","resource":"pods","namespace":"dean"})")
                  .body["status"]["allowed"]
                  .as_bool(true));
  bench.token = "powerless";
  CHECK_FALSE(review(R"({"verb":"get","resource":"pods","namespace":"dean"})")
                  .body["status"]["allowed"]
                  .as_bool(true));
}

TEST_CASE("a review of oneself needs 1.28", "[sandbox][auth][1.20]") {
  Bench bench;
  bench.token = "runner";
  const Answer me = bench.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", Json::object());
  CHECK(me.body["status"]["userInfo"]["username"].as_string() == "system:serviceaccount:dean:daaa-runner");
  Bench old(Features::v1_20());
  CHECK(old.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", Json::object()).status == 404);
}

TEST_CASE("an administrator may impersonate", "[sandbox][auth]") {
  Bench bench;
  const Answer as =
      bench.ask("GET", "/api/v1/nodes", {}, {{"impersonate-user", "system:serviceaccount:dean:daaa-runner"}});
  CHECK(as.status == 403);
  CHECK(as.message().find("daaa-runner") != std::string::npos);
  bench.token = "runner";
  CHECK(bench.ask("GET", "/api/v1/nodes", {}, {{"impersonate-user", "admin"}}).status == 403);
}

TEST_CASE("an authorizer of one's own decides first", "[sandbox][auth]") {
  ClusterOptions options;
  options.authorizer = [](const User&, const Attributes& what) -> std::optional<bool> {
    if (what.resource == "jobs") return false;
    return std::nullopt;
  };
  Bench bench(Features::v1_36(), options);
  CHECK(bench.get(kJobs).status == 403);
  CHECK(bench.get(kPods).status == 200);
}

TEST_CASE("what the sandbox does not have it refuses by name", "[sandbox][api]") {
  Bench bench;
  CHECK(bench.get("/api/v1/namespaces/dean/secrets").message() ==
        "the sandbox does not serve \"secrets\" of \"v1\"");
  CHECK(bench.get("/apis/batch/v9/jobs").message() == "the sandbox does not serve \"jobs\" of \"batch/v9\"");
  CHECK(bench.get(kPods + "/x/exec").message() == "the sandbox does not serve the subresource \"pods/exec\"");
  CHECK(bench.get("/metrics").message() == "the sandbox does not serve the path \"/metrics\"");
  CHECK(bench.ask("TRACE", "/api/v1/pods").status == 405);
  CHECK(bench.post("/api/v1/nodes", Json::object()).status == 405);
  CHECK(bench.ask("PATCH", kPods + "/x", Json::object(), {{"content-type", "application/apply-patch+yaml"}})
            .status == 415);
  CHECK(bench.ask("POST", kJobs, Json::object(), {{"content-type", "text/plain"}}).status == 415);
  CHECK(bench.ask("GET", kPods, {}, {{"accept", "application/vnd.kubernetes.protobuf"}}).status == 406);
}

TEST_CASE("a body that is no object of the kind is 400", "[sandbox][api]") {
  Bench bench;
  CHECK(bench.post(kJobs, *parse_json(R"({"kind":"Pod","apiVersion":"v1"})")).message() ==
        "Pod in version \"v1\" cannot be handled as a Job: converting (v1.Pod) to (batch.Job): unknown "
        "conversion");
  CHECK(bench.post(kJobs, Json("text")).status == 400);
  CHECK(bench.post(kJobs, *parse_json(R"({"kind":"Job","apiVersion":"batch/v1beta1"})")).status == 400);
  Json elsewhere = bench.job("j");
  elsewhere.at("metadata").set("namespace", "default");
  CHECK(bench.post(kJobs, elsewhere).message() ==
        "the namespace of the provided object does not match the namespace sent on the request");
  CHECK(bench.post("/api/v1/namespaces/none/persistentvolumeclaims", bench.claim("x")).message() ==
        "namespaces \"none\" not found");
}

TEST_CASE("B35: names and labels that are too long or malformed are 422 with their field",
          "[sandbox][api][validation]") {
  Bench bench;
  const auto field_of = [&](const std::string& target, const Json& object) {
    const Answer answer = bench.post(target, object);
    CHECK(answer.status == 422);
    return answer.body["details"]["causes"][0]["field"].as_string();
  };
  CHECK(field_of(kJobs, bench.job(std::string(64, 'j'))) == "spec.template.labels");
  CHECK(field_of(kVolumes, bench.volume(std::string(254, 'v'))) == "metadata.name");
  CHECK(field_of(kVolumes, bench.volume("Not_A_Name")) == "metadata.name");
  Json labelled = bench.volume("v");
  labelled.at("metadata").at("labels").set("daaa/run-uid", std::string(64, 'x'));
  CHECK(field_of(kVolumes, labelled) == "metadata.labels");
  Json bare = bench.volume("v");
  bare.at("spec").erase("hostPath");
  CHECK(field_of(kVolumes, bare) == "spec");
  Json no_modes = bench.claim("c");
  no_modes.at("spec").erase("accessModes");
  CHECK(field_of(kClaims, no_modes) == "spec.accessModes");
  Json no_mount = bench.job("j");
  no_mount.at("spec").at("template").at("spec").erase("volumes");
  CHECK(field_of(kJobs, no_mount) == "spec.template.spec.containers[0].volumeMounts[0].name");
  CHECK(field_of(kJobs, bench.job("j", Json::object({{"backoffLimit", -1}}))) == "spec.backoffLimit");
}

TEST_CASE("several causes are listed in brackets", "[sandbox][api][validation]") {
  Bench bench;
  Json bad = bench.claim("c");
  bad.set("spec", Json::object());
  CHECK(bench.post(kClaims, bad).message() ==
        "PersistentVolumeClaim \"c\" is invalid: [spec.accessModes: Required value: at least 1 access mode "
        "is required, "
        "spec.resources[storage]: Required value]");
}

TEST_CASE("what may not change is refused", "[sandbox][api][validation]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"suspend", true}})));
  const auto patch = [&](const std::string& target, const char* text) {
    return bench.ask("PATCH", target, *parse_json(text), {{"content-type", "application/merge-patch+json"}});
  };
  CHECK(patch(kJobs + "/j", R"({"spec":{"completions":5}})").message() ==
        "Job.batch \"j\" is invalid: spec.completions: Invalid value: 5: field is immutable");
  CHECK(patch(kJobs + "/j", R"({"metadata":{"labels":{"a":"b"}}})").status == 200);
  CHECK(patch(kClaims + "/dean-workspace-pvc", R"({"spec":{"storageClassName":"x"}})").status == 422);
  CHECK(patch(kVolumes + "/dean-workspace-pv", R"({"spec":{"hostPath":{"path":"/else"}}})").status == 422);
  CHECK(patch(kJobs + "/none", "{}").status == 404);
}

TEST_CASE("an update with an old resourceVersion is a conflict", "[sandbox][api]") {
  Bench bench;
  Json job = bench.post(kJobs, bench.job("j", Json::object({{"suspend", true}}))).body;
  job.at("metadata").at("labels").set("a", "b");
  const Answer stale = bench.ask("PUT", kJobs + "/j", job);
  CHECK(stale.status == 409);
  CHECK(stale.message() ==
        "Operation cannot be fulfilled on jobs.batch \"j\": the object has been modified; please apply your "
        "changes to the latest version and try again");
  Json fresh = bench.get(kJobs + "/j").body;
  fresh.at("metadata").at("labels").set("a", "b");
  CHECK(bench.ask("PUT", kJobs + "/j", fresh).status == 200);
  CHECK(bench.peek("jobs", "j")["metadata"]["labels"]["a"].as_string() == "b");
  CHECK(bench.ask("PUT", kJobs + "/other", fresh).status == 400);
}

TEST_CASE("a write that changes nothing makes no event", "[sandbox][api]") {
  Bench bench;
  const Json before = bench.peek("persistentvolumes", "dean-workspace-pv", "");
  bench.ask("PATCH", kVolumes + "/dean-workspace-pv", Json::object({{"metadata", Json::object()}}),
            {{"content-type", "application/merge-patch+json"}});
  CHECK(bench.peek("persistentvolumes", "dean-workspace-pv", "")["metadata"]["resourceVersion"] ==
        before["metadata"]["resourceVersion"]);
}

TEST_CASE("a status can be written through its subresource only", "[sandbox][api]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"suspend", true}})));
  bench.ask("PATCH", kJobs + "/j", *parse_json(R"({"status":{"failed":9}})"),
            {{"content-type", "application/merge-patch+json"}});
  CHECK(bench.peek("jobs", "j")["status"].find("failed") == nullptr);
  const Answer status = bench.ask("PATCH", kPods + "/none/status", Json::object(),
                                  {{"content-type", "application/merge-patch+json"}});
  CHECK(status.status == 404);
}

TEST_CASE("B33: deletion by name and uid", "[sandbox][api]") {
  Bench bench;
  const Answer made = bench.post(kVolumes, bench.volume("cos"));
  const std::string uid = made.body["metadata"]["uid"].as_string();
  const Answer wrong = bench.del(
      kVolumes + "/cos", *parse_json(R"({"preconditions":{"uid":"00000000-0000-0000-0000-000000000000"}})"));
  CHECK(wrong.status == 409);
  CHECK(wrong.message() ==
        "Operation cannot be fulfilled on PersistentVolume \"cos\": the UID in the precondition "
        "(00000000-0000-0000-0000-000000000000) does not match the UID in record (" +
            uid + "). The object might have been deleted and then recreated");
  CHECK(bench.del(kVolumes + "/cos", *parse_json(R"({"preconditions":{"resourceVersion":"1"}})")).status ==
        409);
  CHECK(bench.del(kVolumes + "/cos", *parse_json(R"({"propagationPolicy":"Sideways"})")).status == 422);
  CHECK(bench.del(kVolumes + "/cos?dryRun=All").status == 200);
  CHECK_FALSE(bench.peek("persistentvolumes", "cos", "").is_null());
  CHECK(
      bench.del(kVolumes + "/cos", Json::object({{"preconditions", Json::object({{"uid", uid}})}})).status ==
      200);
  CHECK(bench.del(kVolumes + "/cos").status == 404);
}

TEST_CASE("a collection is deleted by its selector", "[sandbox][api]") {
  Bench bench;
  for (const char* name : {"a", "b", "c"}) bench.post(kVolumes, bench.volume(name));
  const Answer gone = bench.del(kVolumes + "?labelSelector=pvtype+in+(a,b)");
  CHECK(gone.body["items"].size() == 2);
  CHECK(bench.peek("persistentvolumes", "a", "").is_null());
  CHECK_FALSE(bench.peek("persistentvolumes", "c", "").is_null());
}

TEST_CASE("a dry run validates and changes nothing", "[sandbox][api]") {
  Bench bench;
  const Answer made = bench.post(kJobs + "?dryRun=All", bench.job("j"));
  CHECK(made.status == 201);
  CHECK(made.body["metadata"]["uid"].is_string());
  CHECK(made.body["metadata"].find("resourceVersion") == nullptr);
  CHECK(bench.peek("jobs", "j").is_null());
  CHECK(bench.post(kJobs + "?dryRun=All", bench.job("Bad")).status == 422);
  CHECK(bench.post(kJobs + "?dryRun=Some", bench.job("j")).status == 422);
}

TEST_CASE("unknown fields are refused, warned about or dropped as asked", "[sandbox][api]") {
  Bench bench;
  Json job = bench.job("j");
  job.at("spec").set("noSuchField", 1);
  CHECK(bench.post(kJobs + "?fieldValidation=Strict", job).message() ==
        "Job in version \"v1\" cannot be handled as a Job: strict decoding error: unknown field "
        "\"spec.noSuchField\"");
  const Answer warned = bench.post(kJobs + "?dryRun=All", job);
  CHECK(warned.status == 201);
  CHECK(warned.header("warning") == "299 - \"unknown field \\\"spec.noSuchField\\\"\"");
  CHECK(bench.post(kJobs + "?dryRun=All&fieldValidation=Ignore", job).header("warning").empty());
  Bench old(Features::v1_20());
  CHECK(old.post(kJobs + "?fieldValidation=Strict", job).status == 201);
  CHECK(old.peek("jobs", "j")["spec"].find("suspend") == nullptr);
}

TEST_CASE("a list comes in pages that show one moment", "[sandbox][api][list]") {
  Bench bench;
  for (const char* name : {"a", "b", "c", "d", "e"}) bench.post(kVolumes, bench.volume(name));
  const Answer first = bench.get(kVolumes + "?limit=2");
  CHECK(first.body["items"].size() == 2);
  CHECK(first.body["metadata"]["remainingItemCount"].as_integer() == 4);
  bench.del(kVolumes + "/c");
  bench.post(kVolumes, bench.volume("bb"));
  std::string names;
  std::string token = first.body["metadata"]["continue"].as_string();
  while (!token.empty()) {
    const Answer page = bench.get(kVolumes + "?limit=2&continue=" + token);
    CHECK(page.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]);
    for (const Json& item : page.body["items"].items()) names += item["metadata"]["name"].as_string() + " ";
    token = page.body["metadata"]["continue"].as_string();
  }
  CHECK(names == "c d dean-workspace-pv e ");
  CHECK(bench.get(kVolumes + "?continue=nonsense!").status == 400);
}

TEST_CASE("an expired page is 410 with a token that goes on inconsistently", "[sandbox][api][list][fault]") {
  Bench bench;
  for (const char* name : {"a", "b", "c"}) bench.post(kVolumes, bench.volume(name));
  const std::string token = bench.get(kVolumes + "?limit=1").body["metadata"]["continue"].as_string();
  bench.post(kVolumes, bench.volume("d"));
  bench.cluster.compact(bench.now);
  const Answer gone = bench.get(kVolumes + "?limit=1&continue=" + token);
  CHECK(gone.status == 410);
  CHECK(gone.reason() == "Expired");
  const Answer rest = bench.get(kVolumes + "?continue=" + gone.body["metadata"]["continue"].as_string());
  CHECK(rest.status == 200);
  CHECK(rest.body["items"].size() == 4);
  CHECK(bench.get(kVolumes + "?resourceVersion=2&resourceVersionMatch=Exact").message() ==
        "The resourceVersion for the provided list is too old.");
}

TEST_CASE("a list from the future is a timeout that names the cause", "[sandbox][api][list]") {
  Bench bench;
  const Answer answer = bench.get(kVolumes + "?resourceVersion=999999");
  CHECK(answer.status == 504);
  CHECK(answer.body["details"]["causes"][0]["reason"].as_string() == "ResourceVersionTooLarge");
}

TEST_CASE("lists take label and field selectors and say which they do not know", "[sandbox][api][list]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("a"));
  CHECK(bench.get(kVolumes + "?labelSelector=pvtype%3Da").body["items"].size() == 1);
  CHECK(bench.get(kVolumes + "?fieldSelector=metadata.name%3Da").body["items"].size() == 1);
  CHECK(bench.get(kVolumes + "?fieldSelector=spec.x%3Da").message() == "field label not supported: spec.x");
  CHECK(bench.get(kVolumes + "?labelSelector=a+b+c").status == 400);
}

TEST_CASE("kubectl is answered with tables", "[sandbox][api][table]") {
  Bench bench;
  bench.post(kJobs, bench.job("j"));
  bench.pass(1s);
  const Answer table = bench.ask(
      "GET", kJobs, {}, {{"accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}});
  CHECK(table.body["kind"].as_string() == "Table");
  CHECK(table.body["columnDefinitions"][1]["name"].as_string() == "Status");
  CHECK(table.body["rows"][0]["cells"][1].as_string() == "Complete");
  CHECK(table.body["rows"][0]["cells"][2].as_string() == "1/1");
  CHECK(table.body["rows"][0]["object"]["kind"].as_string() == "PartialObjectMetadata");
}

TEST_CASE("namespaces come with a service account and go with all they hold", "[sandbox][api][namespace]") {
  Bench bench;
  CHECK(bench.post("/api/v1/namespaces", *parse_json(R"({"metadata":{"name":"other"}})")).status == 201);
  CHECK_FALSE(bench.peek("serviceaccounts", "default", "other").is_null());
  bench.post("/api/v1/namespaces/other/persistentvolumeclaims", bench.claim("c"));
  Json job = bench.job("j");
  job.at("spec").at("template").at("spec").erase("volumes");
  job.at("spec").at("template").at("spec").set("containers", *parse_json(R"([{"name":"a","image":"b:1"}])"));
  bench.post("/apis/batch/v1/namespaces/other/jobs", job);
  bench.pass(1s);
  CHECK(bench.del("/api/v1/namespaces/other").status == 200);
  bench.pass(1s);
  CHECK(bench.get("/api/v1/namespaces/other").status == 404);
  CHECK(bench.cluster.peek_all("jobs").empty());
  CHECK(bench.peek("persistentvolumeclaims", "c", "other").is_null());
  CHECK(bench.del("/api/v1/namespaces/default").status == 403);
}

TEST_CASE("discovery names what is served", "[sandbox][api][discovery]") {
  Bench bench;
  CHECK(bench.get("/version").body["minor"].as_string() == "36");
  CHECK(bench.get("/api").body["versions"] == Json::array({"v1"}));
  CHECK(bench.get("/apis").body["groups"].size() == 4);
  const Answer batch = bench.get("/apis/batch/v1");
  CHECK(batch.body["resources"][0]["name"].as_string() == "jobs");
  CHECK(bench.get("/apis/batch").body["preferredVersion"]["groupVersion"].as_string() == "batch/v1");
  CHECK(bench.get("/openapi/v3").body["paths"].find("apis/batch/v1") != nullptr);
  CHECK(bench.get("/openapi/v2").body["swagger"].as_string() == "2.0");
  CHECK(bench
            .ask("GET", "/openapi/v2", {},
                 {{"accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"}})
            .text ==
        "\x0a\x03"
        "2.0");
  CHECK(bench.get("/healthz").text == "ok");
  CHECK(bench.get("/apis/apps/v1").status == 404);
}

TEST_CASE("the same seed gives the same uids and names, another one others", "[sandbox][determinism]") {
  const auto history = [](std::uint64_t seed) {
    ClusterOptions options;
    options.seed = seed;
    Bench bench(Features::v1_36(), options);
    bench.post(kJobs, bench.job("j", Json::object({{"backoffLimit", 2}}),
                                Json::object({{"sandbox.daaa/exit-code", "1,0"}})));
    bench.pass(60s);
    std::string all;
    for (const char* type : {"pods", "jobs", "events", "persistentvolumes"}) {
      for (const Json* object : bench.cluster.peek_all(type)) all += to_json(*object) + "\n";
    }
    return all;
  };
  CHECK(history(1) == history(1));
  CHECK(history(1) != history(2));
}

TEST_CASE("events are counted when repeated and gone after an hour", "[sandbox][events]") {
  Bench bench;
  bench.post(kClaims, bench.claim("mine"));
  bench.pass(100s);
  CHECK(bench.told("mine").size() == 1);
  const Answer events =
      bench.get("/api/v1/namespaces/dean/events?fieldSelector=involvedObject.name%3Dmine,type%3DWarning");
  REQUIRE(events.body["items"].size() == 1);
  CHECK(events.body["items"][0]["count"].as_integer() == 7);
  CHECK(events.body["items"][0]["reason"].as_string() == "ProvisioningFailed");
  bench.del(kClaims + "/mine");
  bench.pass(3700s);
  CHECK(bench.told("mine").empty());
}

}  // namespace daaa::sandbox::testing
