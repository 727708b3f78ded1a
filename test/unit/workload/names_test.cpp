// Names and labels: Kubernetes' rules, the chart's helpers, and messages that point at the mistake.
#include "workload/names.hpp"

#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

std::string problem(const Problem& found) { return found.value_or("none"); }

}  // namespace

TEST_CASE("a job id becomes the release name", "[workload][names]") {
  CHECK(*release_for_job_id("20201023-10h50m12") == "daaa-20201023-10h50m12");
  CHECK(*release_for_job_id("7") == "daaa-7");
}

TEST_CASE("a job id that Kubernetes would refuse is refused with the character and a way out",
          "[workload][names]") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "no job id is given"},
      {"Run-7",
       R"(job id "Run-7": "R" is not allowed, only lower-case letters, digits and "-" are; try "run-7")"},
      {"run_7", R"(job id "run_7": "_" is not allowed, only lower-case letters, digits and "-" are)"},
      {"run 7", R"(job id "run 7": " " is not allowed, only lower-case letters, digits and "-" are)"},
      {"r\xc3\xbcn",
       "job id \"r\xc3\xbcn\": \"\xc3\xbc\" is not allowed, only lower-case letters, digits and \"-\" are"},
      {"a\nb", R"(job id "a\nb": "\n" is not allowed, only lower-case letters, digits and "-" are)"},
      {"a.b", R"(job id "a.b": "." is not allowed, only lower-case letters, digits and "-" are)"},
      {"run-", R"(job id "run-": must begin and end with a letter or a digit)"},
      {"-run", R"(job id "-run": must begin and end with a letter or a digit)"}};
  for (const auto& [id, message] : cases) {
    const auto release = release_for_job_id(id);
    REQUIRE_FALSE(release);
    CHECK(release.error().kind == ErrorKind::invalid_argument);
    CHECK(release.error().message == message);
  }
}

TEST_CASE("B35: a job id may be as long as Helm allows a release and no longer", "[workload][names][B35]") {
  CHECK(release_for_job_id(std::string(48, 'a'))->size() == 53);
  const std::string id(49, 'a');
  CHECK(release_for_job_id(id).error().message ==
        "job id \"" + id + "\": is 49 characters long; at most 48 are allowed");
}

TEST_CASE("B35: no name of a run is longer than Kubernetes allows", "[workload][names][B35]") {
  auto workload = sample();
  workload.job_id = std::string(48, 'a');
  const auto run = rendered(workload);
  CHECK(run.job.name.size() <= 63);
  for (const auto& claim : run.claims) CHECK(claim.name.size() <= 253);
}

TEST_CASE("B35: an override that makes the Job's name too long is refused before anything is made",
          "[workload][names][B35]") {
  auto workload = sample();
  workload.values.fullname_override = std::string(59, 'n');
  CHECK(refusal(workload).empty());
  workload.values.fullname_override = std::string(60, 'n');
  const std::string name = std::string(60, 'n') + "-job";
  CHECK(refusal(workload) ==
        "fullnameOverride makes the Job's name \"" + name +
            "\", 64 characters; at most 63 are allowed, for it becomes a label of the pods");
  workload.values.fullname_override.clear();
  workload.values.name_override = std::string(40, 'n');
  CHECK(refusal(workload).find("nameOverride makes the Job's name") == 0);
}

TEST_CASE("the full name follows the chart's helper", "[workload][names]") {
  auto workload = sample();
  workload.job_id = "7";
  CHECK(*workload.release_name() == "daaa-7");
  workload.values.name_override = "aa";
  CHECK(*workload.release_name() == "daaa-7");
  workload.values.name_override = "vision-";
  CHECK(*workload.release_name() == "daaa-7-vision");
  CHECK(names_of(workload)->app == "vision");
  workload.values.fullname_override = "fixed-";
  CHECK(*workload.release_name() == "fixed");
  CHECK(names_of(workload)->release == "daaa-7");
}

TEST_CASE("overrides that are no names are refused under their own key", "[workload][names]") {
  auto workload = sample();
  workload.values.fullname_override = "Fixed";
  CHECK(
      refusal(workload) ==
      R"(fullnameOverride "Fixed": "F" is not allowed, only lower-case letters, digits and "-" are; try "fixed")");
  workload.values.fullname_override = "-";
  CHECK(refusal(workload) == "fullnameOverride is empty");
  workload.values.fullname_override.clear();
  workload.values.name_override = "a b";
  CHECK(refusal(workload) ==
        R"(nameOverride "a b": " " is not allowed, only letters, digits, "-", "_" and "." are)");
}

TEST_CASE("an override changes names but never the instance label that runs are found by",
          "[workload][names]") {
  auto workload = sample();
  workload.values.fullname_override = "fixed";
  const auto run = rendered(workload);
  CHECK(run.release == "daaa-20201023-10h50m12");
  CHECK(run.fullname == "fixed");
  CHECK(run.job.body["metadata"]["labels"][kInstanceLabel] == Json("daaa-20201023-10h50m12"));
  CHECK(run.job.name == job_name(run.fullname));
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(run.volumes[i].name == volume_names(run.fullname)[i]);
    CHECK(run.claims[i].name == claim_names(run.fullname)[i]);
  }
}

TEST_CASE("names that follow from N are those of the chart", "[workload][names]") {
  CHECK(job_name("daaa-7") == "daaa-7-job");
  CHECK(volume_names("daaa-7") ==
        std::array<std::string, 4>{"daaa-7-cos-pv", "daaa-7-nfs-pv", "daaa-7-arc-pv", "daaa-7-models-pv"});
  CHECK(claim_names("daaa-7") == std::array<std::string, 4>{"daaa-7-cos-pvc", "daaa-7-nfs-pvc",
                                                            "daaa-7-arc-pvc", "daaa-7-models-pvc"});
}

TEST_CASE("subdomain names may have dots between whole parts", "[workload][names]") {
  CHECK(problem(dns_subdomain_problem("a.b-c.d")) == "none");
  CHECK(problem(dns_subdomain_problem("a..b")) == "has an empty or badly ended part at \"..\"");
  CHECK(problem(dns_subdomain_problem("a.-b")) == "has an empty or badly ended part at \".-\"");
  CHECK(problem(dns_subdomain_problem("a-.b")) == "has an empty or badly ended part at \"-.\"");
  CHECK(problem(dns_subdomain_problem(".a")) == "must begin and end with a letter or a digit");
  CHECK(problem(dns_subdomain_problem(std::string(254, 'a'))) ==
        "is 254 characters long; at most 253 are allowed");
}

TEST_CASE("label keys and values follow Kubernetes' rules", "[workload][names]") {
  for (const char* good : {"a", "a/b", "example.com/tier", "example.com/A_b.c", "UPPER"}) {
    CHECK(problem(label_key_problem(good)) == "none");
  }
  for (const char* bad : {"", "a/", "/a", "a/b/c", "Example.com/x", "-a", "a b"})
    CHECK(label_key_problem(bad));
  for (const char* good : {"", "a", "A.b_c-d", "7"}) CHECK(problem(label_value_problem(good)) == "none");
  for (const char* bad : {"a b", "-a", "a/", "a=b"}) CHECK(label_value_problem(bad));
  CHECK(problem(label_value_problem(std::string(64, 'a'))) ==
        "is 64 characters long; at most 63 are allowed");
}

}  // namespace daaa::workload
