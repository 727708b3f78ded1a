// Which files are read, how they are merged, which context is taken.
#include "helpers.hpp"

using namespace cluster_test;  // NOLINT
using daaa::InferOptions;

namespace {

std::string file_of(const std::string& name, const std::string& server, const std::string& current) {
  return "apiVersion: v1\nkind: Config\n" + (current.empty() ? "" : "current-context: " + current + "\n") +
         "clusters:\n- {name: k-" + name + ", cluster: {server: \"" + server + "\"}}\n" +
         "users:\n- {name: u-" + name + ", user: {token: planted-" + name + "}}\n" +
         "contexts:\n- {name: c-" + name + ", context: {cluster: k-" + name + ", user: u-" + name +
         ", namespace: ns-" + name + "}}\n";
}

Result<ClusterConfig> infer_list(const std::string& list, const std::string& context = {}) {
  return daaa::cluster::infer(InferOptions{{}, context}, surroundings({{"KUBECONFIG", list}}));
}

}  // namespace

TEST_CASE("an explicit kubeconfig is the only file and must exist", "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto a = dir.write("a", file_of("a", "https://a:6443", "c-a"));
  const auto b = dir.write("b", file_of("b", "https://b:6443", "c-b"));
  const auto around = surroundings({{"KUBECONFIG", b}});
  CHECK(good(daaa::cluster::infer({a, {}}, around)).server == "https://a:6443");
  const auto message = message_of(daaa::cluster::infer({dir.path() + "/none", {}}, around));
  CHECK(contains(message, dir.path() + "/none: cannot read it: No such file"));
}

TEST_CASE("KUBECONFIG is a list: missing and empty names are skipped, the first current-context holds",
          "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto a = dir.write("a", file_of("a", "https://a:6443", ""));
  const auto b = dir.write("b", file_of("b", "https://b:6443", "c-b"));
  const auto c = dir.write("c", file_of("c", "https://c:6443", "c-c"));
  const auto config = good(infer_list(":" + dir.path() + "/none:" + a + "::" + b + ":" + a + ":" + c));
  CHECK(config.server == "https://b:6443");
  CHECK(config.namespace_ == "ns-b");
  CHECK(config.origin == "context c-b of " + b);
  CHECK(good(infer_list(a + ":" + b, "c-a")).server == "https://a:6443");
}

TEST_CASE("the first file that defines a name wins with its whole entry", "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto first = dir.write("first", "clusters: [{name: k, cluster: {server: \"https://first:1\"}}]\n");
  const auto second =
      dir.write("second", kubeconfig("server: https://second:2\ntls-server-name: other", "token: planted"));
  const auto config = good(infer_list(first + ":" + second));
  CHECK(config.server == "https://first:1");
  CHECK(config.trust.tls_server_name.empty());  // no merging of fields
  CHECK(config.credential.token.reveal() == "planted");
}

TEST_CASE("a file of the list that is no kubeconfig is an error, not skipped", "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto a = dir.write("a", kubeconfig(kServer, "token: planted"));
  const auto bad = dir.write("bad", "clusters: [\ntoken: planted\n");
  CHECK(contains(message_of(infer_list(a + ":" + bad)), bad));
  CHECK(contains(message_of(infer_list(a + ":" + dir.path())), "it is a directory"));
}

TEST_CASE("relative paths are relative to the file they stand in", "[cluster][kubeconfig]") {
  const TempDir dir;
  dir.write("one/ca.pem", fake_pem("CERTIFICATE"));
  dir.write("two/cert.pem", "# mine\n" + fake_pem("CERTIFICATE"));
  dir.write("two/key.pem", fake_pem("EC PRIVATE KEY"));
  const auto one = dir.write("one/config", "clusters:\n- name: k\n  cluster:\n    " + std::string(kServer) +
                                               "\n    certificate-authority: ca.pem\n");
  const auto two = dir.write("two/config",
                             "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
                             "users:\n- name: u\n  user:\n    client-certificate: cert.pem\n"
                             "    client-key: ./key.pem\n- name: t\n  user: {tokenFile: sub/token}\n"
                             "- name: e\n  user:\n    exec: {command: bin/x, interactiveMode: Never, "
                             "apiVersion: client.authentication.k8s.io/v1}\n");
  const auto config = good(infer_list(one + ":" + two));
  CHECK(config.trust.ca_pem == fake_pem("CERTIFICATE"));
  CHECK(config.credential.client_certificate_pem == "# mine\n" + fake_pem("CERTIFICATE"));
  CHECK(config.credential.client_key_pem.reveal() == fake_pem("EC PRIVATE KEY"));

  const auto pick = dir.write("pick",
                              "contexts: [{name: t, context: {cluster: k, user: t}}, "
                              "{name: e, context: {cluster: k, user: e}}]\n");
  const std::string list = one + ":" + two + ":" + pick;
  CHECK(good(infer_list(list, "t")).credential.token_file == dir.path() + "/two/sub/token");
  CHECK(good(infer_list(list, "e")).credential.exec->command == dir.path() + "/two/bin/x");
}

TEST_CASE("an unknown context is answered with those that are there", "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto a = dir.write("a", file_of("a", "https://a:6443", "gone"));
  const auto b = dir.write("b", file_of("b", "https://b:6443", ""));
  const auto wanted = message_of(infer_list(a + ":" + b, "x"));
  CHECK(contains(wanted, "context \"x\" does not exist: there are c-a, c-b"));
  const auto current = message_of(infer_list(a));
  CHECK(contains(current, a + ":3: current-context: context \"gone\" does not exist: there is c-a"));
  CHECK(contains(message_of(infer_list(b)),
                 "current-context is not set, so a context must be named: there is c-b"));
}

TEST_CASE("an empty kubeconfig says so", "[cluster][kubeconfig]") {
  const TempDir dir;
  for (const char* text :
       {"", "---\n", "# nothing\n", "apiVersion: v1\nkind: Config\n", "clusters: []\nusers: null\n"}) {
    INFO(text);
    CHECK(contains(message_of(ClusterConfig::from_kubeconfig(dir.write("empty", text))), "is empty"));
  }
  CHECK_FALSE(ClusterConfig::from_kubeconfig("").has_value());
}

TEST_CASE("a context, cluster or user that is named but not there is an error with place",
          "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto load_text = [&](const std::string& text) {
    return ClusterConfig::from_kubeconfig(dir.write("f", text));
  };
  const std::string head = "current-context: c\nclusters: [{name: k, cluster: {server: \"https://a:1\"}}]\n";
  CHECK(contains(message_of(load_text(head + "contexts: [{name: c, context: {user: u}}]\n")),
                 "f:3: context \"c\": cluster: is missing"));
  CHECK(contains(message_of(load_text(head + "contexts: [{name: c, context: {cluster: z}}]\n")),
                 "context \"c\": cluster: \"z\" does not exist: there is k"));
  CHECK(contains(message_of(load_text(head + "contexts: [{name: c, context: {cluster: k, user: z}}]\n")),
                 "context \"c\": user: \"z\" does not exist: there is none"));
  const auto anonymous = good(load_text(head + "contexts: [{name: c, context: {cluster: k}}]\n"));
  CHECK(anonymous.namespace_ == "default");
  REQUIRE(anonymous.warnings.size() == 1);
  CHECK(contains(anonymous.warnings[0], "anonymous"));
}

TEST_CASE("malformed kubeconfigs are refused with file and line, and nothing of them is shown",
          "[cluster][kubeconfig][secrets]") {
  struct Case {
    const char* text;
    const char* expected;
  };
  const Case cases[] = {
      {"token: [planted", "f"},
      {"- planted\n- planted\n", "not a kubeconfig"},
      {"planted\n", "not a kubeconfig"},
      {"kind: Secret\ndata: {token: planted}\n", "f:1: not a kubeconfig: kind should be Config"},
      {"apiVersion: v2\nkind: Config\n", "f:1: not a kubeconfig this can read"},
      {"users: planted\n", "f:1: users is no list"},
      {"users:\n- planted\n", "f:2: users[0] is no map"},
      {"users:\n- user: {token: planted}\n", "f:2: users[0] has no name"},
      {"users:\n- name: u\n  user: planted\n", "user \"u\" is no map"},
      {"users:\n- {name: u, user: {token: planted}}\n- {name: u, user: {token: planted}}\n",
       "user \"u\" is there twice"},
      {"users:\n- name: u\n  user: {token: planted-a, token: planted-b}\n", "f"},
      {"\x00\x01planted", "f"},
      {"users:\n\t- planted\n", "f"},
      {"users: *planted\n", "f"},
  };
  const TempDir dir;
  for (const auto& c : cases) {
    INFO(c.text);
    const auto result = ClusterConfig::from_kubeconfig(dir.write("f", c.text));
    CHECK(contains(message_of(result), dir.path() + "/"));
    CHECK(contains(message_of(result), c.expected));
    CHECK(result.error().kind == ErrorKind::invalid_argument);
  }
}

TEST_CASE("names and values that YAML reads as numbers keep their text", "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto config = good(ClusterConfig::from_kubeconfig(dir.write(
      "f",
      "current-context: 0123\ncontexts: [{name: 0123, context: {cluster: 1.10, user: 7, namespace: 42}}]\n"
      "clusters: [{name: 1.10, cluster: {server: \"https://a:1\"}}]\nusers: [{name: 7, user: {token: "
      "00123}}]\n")));
  CHECK(config.namespace_ == "42");
  CHECK(config.credential.token.reveal() == "00123");
}

TEST_CASE("a kubeconfig in JSON is one in YAML", "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto config = good(ClusterConfig::from_kubeconfig(dir.write(
      "f",
      R"({"kind":"Config","apiVersion":"v1","current-context":"c","contexts":[{"name":"c","context":{"cluster":"k","user":"u"}}],
          "clusters":[{"name":"k","cluster":{"server":"https://a:1"}}],"users":[{"name":"u","user":{"token":"planted"}}]})")));
  CHECK(config.server == "https://a:1");
}

TEST_CASE("what `oc login` writes is understood", "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto config = good(ClusterConfig::from_kubeconfig(dir.write("f", R"(apiVersion: v1
clusters:
- cluster:
    insecure-skip-tls-verify: true
    server: https://api.ocp.example.com:6443
  name: api-ocp-example-com:6443
contexts:
- context:
    cluster: api-ocp-example-com:6443
    namespace: dean
    user: kube:admin/api-ocp-example-com:6443
  name: dean/api-ocp-example-com:6443/kube:admin
current-context: dean/api-ocp-example-com:6443/kube:admin
kind: Config
preferences: {}
users:
- name: kube:admin/api-ocp-example-com:6443
  user:
    token: sha256~planted-Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2E
)")));
  CHECK(config.namespace_ == "dean");
  CHECK(config.server == "https://api.ocp.example.com:6443");
  CHECK(config.trust.insecure_skip_verify);
  CHECK(config.credential.token.reveal() == "sha256~planted-Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2E");
}
