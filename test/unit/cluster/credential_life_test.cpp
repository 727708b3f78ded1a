// Whether a credential is likely to end before the run it serves.
#include "cluster/credential_life.hpp"

#include "helpers.hpp"

using namespace cluster_test;  // NOLINT
using daaa::Secret;
using daaa::cluster::in_words;
using daaa::cluster::life_warning;
using daaa::cluster::make_authenticator;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr const char* kOrigin = "context c of /f";
// {"exp":1700003600}: it ends an hour after kNow.
constexpr const char* kOneHour = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDM2MDB9.x";

struct LifeRig {
  daaa::testing::ManualExecutor executor{kNow};
  TempDir dir;
  ClusterConfig config;

  std::string warning_of(seconds limit, std::int64_t now = kNow) {
    const auto who = make_authenticator(config, executor, {});
    return checked(life_warning(*who, kOrigin, now, limit));
  }
  std::string with_token(const std::string& token, seconds limit, std::int64_t now = kNow) {
    config.credential = {};
    config.credential.token = Secret(std::string_view(token));
    return warning_of(limit, now);
  }
};

}  // namespace

TEST_CASE("B49: a token that ends before the run's time limit is told with both times and the way out",
          "[cluster][life]") {
  LifeRig rig;
  const std::string text = rig.with_token(kOneHour, hours(2));
  CHECK(contains(text, "the token of context c of /f ends in 1 h (2023-11-14T23:13:20Z)"));
  CHECK(contains(text, "before the run's time limit of 2 h can pass"));
  CHECK(contains(text, "daaa attach"));
  CHECK(contains(text, "tokenFile"));
}

TEST_CASE("B49: a token that outlives the time limit is not worth a word", "[cluster][life]") {
  LifeRig rig;
  CHECK(rig.with_token(kOneHour, minutes(59)).empty());
  CHECK(rig.with_token(kOneHour, hours(1)).empty());
  CHECK_FALSE(rig.with_token(kOneHour, hours(1) + seconds(1)).empty());
}

TEST_CASE("B49: without a time limit a token that ends within four hours is told", "[cluster][life]") {
  LifeRig rig;
  CHECK(contains(rig.with_token(kOneHour, seconds(0)), "and this run has no time limit"));
  CHECK_FALSE(rig.with_token(kOneHour, seconds(0), kNow - 3 * 3600 + 1).empty());
  CHECK(rig.with_token(kOneHour, seconds(0), kNow - 3 * 3600).empty());
}

TEST_CASE("B49: a token that has ended is told as that", "[cluster][life]") {
  LifeRig rig;
  CHECK(contains(rig.with_token(kOneHour, minutes(1), kNow + 3600), "has ended at 2023-11-14T23:13:20Z"));
}

TEST_CASE("B49: OpenShift's tokens do not say when they end, but last a day as a rule", "[cluster][life]") {
  LifeRig rig;
  CHECK(contains(rig.with_token("sha256~abc", hours(72)), "last 24 h unless the administrator"));
  CHECK(rig.with_token("sha256~abc", hours(24)).empty());
  CHECK(rig.with_token("sha256~abc", seconds(0)).empty());
  CHECK(rig.with_token("opaque", hours(72)).empty());
}

TEST_CASE("B47: what renews itself may end at any time", "[cluster][life]") {
  LifeRig rig;
  rig.config.credential.token_file = rig.dir.write("token", kOneHour);
  CHECK(rig.warning_of(hours(2)).empty());
  rig.config.credential = {};
  rig.config.credential.exec = daaa::ExecPlugin{};
  CHECK(rig.warning_of(hours(2)).empty());
}

TEST_CASE("a client certificate alone says nothing", "[cluster][life]") {
  LifeRig rig;
  rig.config.credential.client_certificate_pem = fake_pem("CERTIFICATE");
  CHECK(rig.warning_of(hours(200)).empty());
}

TEST_CASE("lengths of time are written in words", "[cluster][life]") {
  CHECK(in_words(seconds(45)) == "45 s");
  CHECK(in_words(seconds(3599)) == "59 min");
  CHECK(in_words(hours(2)) == "2 h");
  CHECK(in_words(minutes(125)) == "2 h 5 min");
  CHECK(in_words(hours(24)) == "24 h");
  CHECK(in_words(hours(72)) == "3 d");
}
