// Credentials that do not change, impersonation, and what a token says of its end.
#include "helpers.hpp"

using namespace cluster_test;  // NOLINT
using daaa::Secret;
using daaa::cluster::make_authenticator;

namespace {

ClusterConfig config_with_token(const std::string& token) {
  ClusterConfig config;
  config.server = "https://api";
  config.origin = "context c of /f";
  config.credential.token = Secret(std::string_view(token));
  return config;
}

}  // namespace

TEST_CASE("a token is sent as it is, and a refusal is final", "[cluster][authenticator]") {
  daaa::testing::ManualExecutor executor;
  const auto who = make_authenticator(config_with_token("planted-token\n"), executor, {});
  Answers answers;
  who->authorize(answers.sink());
  CHECK(answers.bearer() == "Bearer planted-token");
  CHECK_FALSE(who->refused(answers.last()->generation));
  CHECK_FALSE(who->renews());
  CHECK_FALSE(who->expires_at());
  CHECK(contains(checked(who->advice()), "oc login"));
}

TEST_CASE("a client certificate alone needs no header", "[cluster][authenticator]") {
  daaa::testing::ManualExecutor executor;
  ClusterConfig config;
  config.credential.client_certificate_pem = fake_pem("CERTIFICATE");
  config.credential.client_key_pem = Secret(fake_pem("PRIVATE KEY"));
  const auto who = make_authenticator(config, executor, {});
  Answers answers;
  who->authorize(answers.sink());
  CHECK(answers.last()->headers.empty());
}

TEST_CASE("impersonation becomes headers, groups one by one, keys escaped",
          "[cluster][authenticator][impersonation]") {
  daaa::testing::ManualExecutor executor;
  auto config = config_with_token("planted");
  config.impersonation.user = "system:serviceaccount:dean:runner";
  config.impersonation.uid = "42";
  config.impersonation.groups = {"dev", "ops"};
  config.impersonation.extra = {{"Acme.com/Project%", {"one", "two"}}};
  const auto who = make_authenticator(config, executor, {});
  Answers answers;
  who->authorize(answers.sink());
  const daaa::Headers expected{{"Authorization", "Bearer planted"},
                               {"Impersonate-User", "system:serviceaccount:dean:runner"},
                               {"Impersonate-Uid", "42"},
                               {"Impersonate-Group", "dev"},
                               {"Impersonate-Group", "ops"},
                               {"Impersonate-Extra-acme.com%2Fproject%25", "one"},
                               {"Impersonate-Extra-acme.com%2Fproject%25", "two"}};
  CHECK(answers.last()->headers == expected);
}

TEST_CASE("what would break a header is refused for configs made by hand, too",
          "[cluster][authenticator][secrets]") {
  daaa::testing::ManualExecutor executor;
  Answers answers;
  const auto smuggled = make_authenticator(config_with_token("planted\r\nX: y"), executor, {});
  smuggled->authorize(answers.sink());
  CHECK(contains(message_of(answers.last()), "context c of /f: the token holds a line break"));
  auto config = config_with_token("planted");
  config.impersonation.user = "a\nb";
  const auto split = make_authenticator(config, executor, {});
  split->authorize(answers.sink());
  CHECK(answers.last().error().kind == ErrorKind::invalid_argument);
  config.impersonation.user.clear();
  config.impersonation.groups = {"dev"};
  const auto nobody = make_authenticator(config, executor, {});
  nobody->authorize(answers.sink());
  CHECK(contains(message_of(answers.last()), "needs a user to act as"));
}

TEST_CASE("B49: a token that says when it ends can be compared with a deadline",
          "[cluster][authenticator][expiry]") {
  daaa::testing::ManualExecutor executor;
  // {"alg":"none"}.{"exp":1700003600}
  const auto who =
      make_authenticator(config_with_token("eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDM2MDB9.x"), executor, {});
  CHECK(who->expires_at() == 1700003600);
  CHECK_FALSE(who->renews());
}
