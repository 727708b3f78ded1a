// Where a config comes from when nobody says.
#include "helpers.hpp"

using namespace cluster_test;  // NOLINT
using daaa::cluster::in_cluster;
using daaa::cluster::infer;

namespace {

const std::map<std::string, std::string> kPod{{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                              {"KUBERNETES_SERVICE_PORT", "443"}};

void write_service_account(const TempDir& dir) {
  dir.write("token", "planted-pod-token\n", 0644);
  dir.write("ca.crt", fake_pem("CERTIFICATE"), 0644);
  dir.write("namespace", "dean\n", 0644);
}

}  // namespace

TEST_CASE("a pod's service account is used where there is no kubeconfig", "[cluster][infer]") {
  const TempDir account;
  const TempDir home;
  write_service_account(account);
  const auto config = good(infer({}, surroundings(kPod, home.path(), account.path())));
  CHECK(config.server == "https://10.96.0.1:443");
  CHECK(config.namespace_ == "dean");
  CHECK(config.credential.token_file == account.path() + "/token");
  CHECK(config.trust.ca_pem == fake_pem("CERTIFICATE"));
  CHECK(contains(config.origin, "service account of this pod"));
  CHECK(config.warnings.empty());  // the kubelet writes them readable
}

TEST_CASE("a kubeconfig comes before the service account, ~/.kube/config behind KUBECONFIG",
          "[cluster][infer]") {
  const TempDir account;
  const TempDir home;
  write_service_account(account);
  home.write(".kube/config", kubeconfig("server: https://home:1", "token: planted"));
  CHECK(good(infer({}, surroundings(kPod, home.path(), account.path()))).server == "https://home:1");
  auto variables = kPod;
  variables["KUBECONFIG"] = home.write("other", kubeconfig("server: https://variable:1", "token: planted"));
  CHECK(good(infer({}, surroundings(variables, home.path(), account.path()))).server == "https://variable:1");
  variables["KUBECONFIG"] = home.path() + "/none";
  CHECK(good(infer({}, surroundings(variables, home.path(), account.path()))).server ==
        "https://10.96.0.1:443");
}

TEST_CASE("a kubeconfig that is wrong is an error, not a reason to look elsewhere", "[cluster][infer]") {
  const TempDir account;
  const TempDir home;
  write_service_account(account);
  home.write(".kube/config", kubeconfig("server: http://home:1", "token: planted"));
  CHECK(contains(message_of(infer({}, surroundings(kPod, home.path(), account.path()))), "is http"));
}

TEST_CASE("when nothing is found every place is named with its reason", "[cluster][infer]") {
  const TempDir home;
  const auto nothing = infer({}, surroundings({}, home.path()));
  const auto message = message_of(nothing);
  CHECK(nothing.error().kind == ErrorKind::invalid_argument);
  CHECK(contains(message, "KUBECONFIG: not set"));
  CHECK(contains(message, "~/.kube/config: " + home.path() + "/.kube/config does not exist"));
  CHECK(contains(message, "in-cluster: not in a pod"));
  CHECK(contains(message, "oc login"));
  CHECK(contains(message_of(infer({}, surroundings({}))), "there is no home directory"));
  const auto empty = home.write("empty", "");
  const auto listed =
      message_of(infer({}, surroundings({{"KUBECONFIG", home.path() + "/none:" + empty}}, home.path())));
  CHECK(contains(listed, "KUBECONFIG: " + home.path() + "/none does not exist"));
  CHECK(contains(listed, "KUBECONFIG: " + empty + " is empty"));
  CHECK_FALSE(contains(listed, "~/.kube/config"));
}

TEST_CASE("a context that is asked for is not answered by a service account", "[cluster][infer]") {
  const TempDir account;
  write_service_account(account);
  const auto message = message_of(infer({{}, "prod"}, surroundings(kPod, {}, account.path())));
  CHECK(contains(message, "no kubeconfig that could hold context \"prod\""));
}

TEST_CASE("an IPv6 service address is bracketed", "[cluster][infer]") {
  const TempDir account;
  write_service_account(account);
  const auto around = [&](const std::string& host) {
    return surroundings({{"KUBERNETES_SERVICE_HOST", host}, {"KUBERNETES_SERVICE_PORT", "443"}}, {},
                        account.path());
  };
  CHECK(good(in_cluster(around("fd00::1"))).server == "https://[fd00::1]:443");
  CHECK(good(in_cluster(around("[fd00::1]"))).server == "https://[fd00::1]:443");
}

TEST_CASE("what is wrong with a service account is said by file", "[cluster][infer]") {
  const TempDir account;
  const auto around = surroundings(kPod, {}, account.path());
  CHECK(contains(message_of(in_cluster(around)), "cannot read " + account.path() + "/token: No such file"));
  account.write("token", "planted\nplanted\n");
  CHECK(contains(message_of(in_cluster(around)), account.path() + "/token: the token holds a line break"));
  account.write("token", "planted");
  CHECK(contains(message_of(in_cluster(around)), account.path() + "/ca.crt: No such file"));
  account.write("ca.crt", "planted");
  CHECK(contains(message_of(in_cluster(around)), account.path() + "/ca.crt: no PEM certificate"));
  account.write("ca.crt", fake_pem("CERTIFICATE"));
  CHECK(good(in_cluster(around)).namespace_ == "default");
  const auto half = surroundings({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}, {}, account.path());
  CHECK(contains(message_of(in_cluster(half)), "KUBERNETES_SERVICE_PORT"));
  const auto odd = surroundings({{"KUBERNETES_SERVICE_HOST", "a b"}, {"KUBERNETES_SERVICE_PORT", "443"}}, {},
                                account.path());
  CHECK(contains(message_of(in_cluster(odd)), "is no URL"));
}
