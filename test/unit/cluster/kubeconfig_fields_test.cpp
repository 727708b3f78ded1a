// Every field of cluster and user entries, and every rule about them.
#include <fstream>

#include "cluster/text.hpp"
#include "helpers.hpp"

using namespace cluster_test;  // NOLINT

namespace {

const std::string kExec = "exec:\n  command: login-tool\n  apiVersion: client.authentication.k8s.io/v1\n";

std::string data(const std::string& field, const std::string& text) {
  return field + ": " + base64(text) + "\n";
}

std::string with(const std::string& more) { return std::string(kServer) + "\n" + more; }

}  // namespace

TEST_CASE("a server is https with host, optional port and prefix", "[cluster][kubeconfig][server]") {
  using daaa::cluster::normalize_server;
  CHECK(*normalize_server("https://a.example.com") == "https://a.example.com");
  CHECK(*normalize_server("HTTPS://a:6443/") == "https://a:6443");
  CHECK(*normalize_server("https://a:6443/k8s/clusters/c-1//") == "https://a:6443/k8s/clusters/c-1");
  CHECK(*normalize_server("https://[::1]:6443") == "https://[::1]:6443");
  CHECK(*normalize_server("https://10.0.0.1:443") == "https://10.0.0.1:443");

  struct Case {
    const char* url;
    const char* why;
  };
  const Case cases[] = {{"", "is missing"},
                        {"http://a:8080", "is http, but credentials are only sent on https"},
                        {"a.example.com:6443", "has no scheme"},
                        {"ftp://a", "scheme other than https"},
                        {"https://", "is no URL"},
                        {"https://:6443", "is no URL"},
                        {"https://a:0", "is no URL"},
                        {"https://a:65536", "is no URL"},
                        {"https://a:64x", "is no URL"},
                        {"https://::1:6443", "is no URL"},
                        {"https://[::zz]:1", "is no URL"},
                        {"https://[::1", "is no URL"},
                        {"https://a b:1", "is no URL"},
                        {"https://a\r\nX: y:1", "is no URL"},
                        {"https://user:planted@a:1", "holds a user name or password"},
                        {"https://@a:1", "holds a user name or password"},
                        {"https://a/?token=planted", "has a query"},
                        {"https://a/x/../y", "\"..\" in its path"},
                        {"https://a/..", "\"..\" in its path"}};
  for (const auto& c : cases) {
    INFO(c.url);
    CHECK(contains(message_of(normalize_server(c.url)), c.why));
  }
}

TEST_CASE("a bad server is an error with file, line, entry and field", "[cluster][kubeconfig][server]") {
  const auto message = message_of(load("server: http://a:8080", "token: planted"));
  CHECK(
      contains(message, "/config:7: cluster \"k\": server: is http, but credentials are only sent on https"));
}

TEST_CASE("the certificate authority comes from data, which wins, or from a file",
          "[cluster][kubeconfig][ca]") {
  const TempDir dir;
  const auto file = dir.write("ca", fake_pem("CERTIFICATE"));
  CHECK(good(load(with("certificate-authority: " + file), "token: planted")).trust.ca_pem ==
        fake_pem("CERTIFICATE"));
  const std::string other = "# other\n" + fake_pem("CERTIFICATE");
  const auto both = with("certificate-authority: /nowhere\n" + data("certificate-authority-data", other));
  CHECK(good(load(both, "token: planted")).trust.ca_pem == other);
  const auto folded = with("certificate-authority-data: |\n  " + base64(other).substr(0, 20) + "\n  " +
                           base64(other).substr(20));
  CHECK(good(load(folded, "token: planted")).trust.ca_pem == other);

  CHECK(contains(message_of(load(with("certificate-authority: /nowhere"), "token: planted")),
                 "certificate-authority: cannot read /nowhere: No such file"));
  const auto words = dir.write("words", "planted");
  CHECK(contains(message_of(load(with("certificate-authority: " + words), "token: planted")),
                 words + ": no PEM certificate"));
  CHECK(contains(message_of(load(with("certificate-authority-data: planted!"), "token: planted")),
                 "certificate-authority-data: is not base64"));
  CHECK(contains(message_of(load(with(data("certificate-authority-data", "planted")), "token: planted")),
                 "certificate-authority-data: no PEM certificate"));
}

TEST_CASE("switched-off verification is said, and refused beside an authority",
          "[cluster][kubeconfig][tls]") {
  const auto config = good(load(with("insecure-skip-tls-verify: true"), "token: planted"));
  CHECK(config.trust.insecure_skip_verify);
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "nobody checks that https://api.example.com:6443 is who it should be"));
  const auto both =
      with("insecure-skip-tls-verify: true\n" + data("certificate-authority-data", fake_pem("CERTIFICATE")));
  CHECK(contains(message_of(load(both, "token: planted")),
                 "insecure-skip-tls-verify: a certificate authority together"));
  CHECK_FALSE(
      good(load(with("insecure-skip-tls-verify: false"), "token: planted")).trust.insecure_skip_verify);
  CHECK(contains(message_of(load(with("insecure-skip-tls-verify: \"yes\""), "token: planted")),
                 "should be true or false"));
}

TEST_CASE("B52: tls-server-name is taken over", "[cluster][kubeconfig][tls]") {
  CHECK(good(load(with("tls-server-name: kubernetes.default"), "token: planted")).trust.tls_server_name ==
        "kubernetes.default");
  CHECK(contains(message_of(load(with("tls-server-name: \"a b\""), "token: planted")),
                 "tls-server-name: is no host name"));
}

TEST_CASE("proxy-url and disable-compression are taken over", "[cluster][kubeconfig][proxy]") {
  for (const char* url : {"http://proxy:3128", "https://u:p@proxy", "socks5://127.0.0.1:1080"}) {
    CHECK(good(load(with("proxy-url: " + std::string(url)), "token: planted")).proxy_url == url);
  }
  for (const char* url :
       {"proxy:3128", "ftp://user:planted@proxy", "http://user:planted@", "\"http://pro xy\""}) {
    INFO(url);
    CHECK(
        contains(message_of(load(with("proxy-url: " + std::string(url)), "token: planted")), "proxy-url: "));
  }
  CHECK(good(load(with("disable-compression: true"), "token: planted")).disable_compression);
}

TEST_CASE("a token is trimmed, may be long, and cannot smuggle a header", "[cluster][kubeconfig][token]") {
  CHECK(good(load(kServer, "token: |\n  planted-token\n\n")).credential.token.reveal() == "planted-token");
  const std::string large(20 * 1024, 'x');
  CHECK(good(load(kServer, "token: " + large)).credential.token.reveal() == large);
  const auto message = message_of(load(kServer, "token: \"planted\\r\\nX-Evil: planted\""));
  CHECK(contains(message, "user \"u\": token: the token holds a line break"));
  CHECK(contains(message_of(load(kServer, "token: [planted]")), "token: should be a text"));
}

TEST_CASE("tokenFile wins over token and is only read later", "[cluster][kubeconfig][token]") {
  const auto config = good(load(kServer, "token: planted\ntokenFile: /var/run/later"));
  CHECK(config.credential.token_file == "/var/run/later");
  CHECK(config.credential.token.empty());
}

TEST_CASE("client certificate and key come from data, which wins, or from files",
          "[cluster][kubeconfig][certificate]") {
  const TempDir dir;
  for (const char* label : {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}) {
    const auto fields = "client-certificate: " + dir.write("crt", fake_pem("CERTIFICATE")) +
                        "\nclient-key: " + dir.write("key", fake_pem(label));
    const auto files = good(load(kServer, fields));
    CHECK(files.credential.client_key_pem.reveal() == fake_pem(label));
    const auto inlined = good(load(kServer, "client-certificate: /nowhere\nclient-key: /nowhere\n" +
                                                data("client-certificate-data", fake_pem("CERTIFICATE")) +
                                                data("client-key-data", fake_pem(label))));
    CHECK(inlined.credential.client_certificate_pem == fake_pem("CERTIFICATE"));
    CHECK(inlined.credential.client_key_pem.reveal() == fake_pem(label));
  }
}

TEST_CASE("a certificate without its key, or what is neither, is refused",
          "[cluster][kubeconfig][certificate]") {
  const auto certificate = data("client-certificate-data", fake_pem("CERTIFICATE"));
  const auto key = data("client-key-data", fake_pem("PRIVATE KEY"));
  CHECK(contains(message_of(load(kServer, certificate)), "client-certificate: is there without client-key"));
  CHECK(contains(message_of(load(kServer, key)), "client-key: is there without client-certificate"));
  CHECK(contains(message_of(load(kServer, certificate + data("client-key-data", fake_pem("CERTIFICATE")))),
                 "client-key-data: no PEM private key: it holds a CERTIFICATE"));
  CHECK(contains(
      message_of(load(kServer, certificate + data("client-key-data", fake_pem("ENCRYPTED PRIVATE KEY")))),
      "passphrase"));
  CHECK(contains(message_of(load(kServer, key + "client-certificate: /nowhere")), "cannot read /nowhere"));
  CHECK(contains(message_of(load(kServer, certificate + "client-key-data: planted$")),
                 "client-key-data: is not base64"));
}

TEST_CASE("basic authentication is refused with a reason and a way out", "[cluster][kubeconfig][refused]") {
  const auto message = message_of(load(kServer, "username: dean\npassword: planted"));
  CHECK(contains(message, "username: basic authentication was removed from Kubernetes (1.19): use a token"));
  CHECK(contains(message_of(load(kServer, "password: planted")), "password: basic authentication"));
  CHECK(contains(message_of(load(kServer, "token: planted\npassword: planted")),
                 "password: basic authentication"));
}

TEST_CASE("auth-provider is refused with a reason and a way out", "[cluster][kubeconfig][refused]") {
  const std::string provider = "auth-provider: {name: gcp, config: {access-token: planted}}\n";
  CHECK(contains(message_of(load(kServer, provider)), "auth-provider: was removed from Kubernetes' clients"));
  CHECK(contains(message_of(load(kServer, provider)), "`exec`"));
  CHECK(contains(message_of(load(kServer, provider + kExec + "  interactiveMode: Never")),
                 "cannot stand beside exec"));
}

TEST_CASE("an exec plugin is read with all its fields", "[cluster][kubeconfig][exec]") {
  const auto config = good(
      load(with("extensions:\n- name: other\n  extension: {x: 1}\n- name: client.authentication.k8s.io/exec\n"
                "  extension: {audience: abc}"),
           kExec + "  args: [get-token, --port=8080]\n  env:\n  - {name: A, value: b}\n  - {name: TOKEN, "
                   "value: planted}\n"
                   "  installHint: install it\n  provideClusterInfo: true\n  interactiveMode: Always\n"));
  const auto& exec = *config.credential.exec;
  CHECK(exec.command == "login-tool");
  CHECK(exec.args == std::vector<std::string>{"get-token", "--port=8080"});
  CHECK(exec.env[0] == std::pair<std::string, std::string>{"A", "b"});
  CHECK(exec.env[1].second == "planted");
  CHECK(exec.api_version == "client.authentication.k8s.io/v1");
  CHECK(exec.install_hint == "install it");
  CHECK(exec.provide_cluster_info);
  CHECK(exec.interactive == daaa::ExecPlugin::Interactive::always);
  CHECK(exec.cluster_info_extension_json == R"({"audience":"abc"})");
}

TEST_CASE("the rules about exec plugins hold", "[cluster][kubeconfig][exec]") {
  const std::string beta = "exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1";
  CHECK(good(load(kServer, beta + "}")).credential.exec->interactive ==
        daaa::ExecPlugin::Interactive::if_available);
  CHECK(good(load(kServer, beta + ", interactiveMode: Never}")).credential.exec->interactive ==
        daaa::ExecPlugin::Interactive::never);
  struct Case {
    std::string fields;
    const char* why;
  };
  const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never";
  const Case cases[] = {
      {kExec, "exec.interactiveMode: is missing, which v1 requires"},
      {beta + ", interactiveMode: Sometimes}",
       "exec.interactiveMode: should be Never, IfAvailable or Always"},
      {"exec: {" + v1 + "}", "exec.command: is missing"},
      {"exec: {command: x}", "exec.apiVersion: is missing: use client.authentication.k8s.io/v1 or"},
      {"exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}",
       "v1alpha1\" is not supported"},
      {"exec: planted", "exec: should be a map"},
      {"exec: {command: x, args: planted, " + v1 + "}", "exec.args: should be a list"},
      {"exec: {command: x, args: [[planted]], " + v1 + "}", "exec.args: should be a text"},
      {"exec: {command: x, env: planted, " + v1 + "}", "exec.env: should be a list"},
      {"exec: {command: x, env: [{value: planted}], " + v1 + "}", "exec.env: an entry has no usable name"},
      {"exec: {command: x, env: [{name: A, value: [planted]}], " + v1 + "}", "exec.env: the value of \"A\""},
      {"exec: {command: x, provideClusterInfo: 1, " + v1 + "}",
       "exec.provideClusterInfo: should be true or false"},
  };
  for (const auto& c : cases) {
    INFO(c.fields);
    CHECK(contains(message_of(load(kServer, c.fields)), c.why));
  }
}

TEST_CASE("an exec plugin beside a token or certificate is not used, and that is said",
          "[cluster][kubeconfig][exec]") {
  const auto config = good(load(kServer, "token: planted\n" + kExec + "  interactiveMode: Never"));
  CHECK_FALSE(config.credential.exec.has_value());
  CHECK(config.credential.token.reveal() == "planted");
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "exec is not used"));
}

TEST_CASE("impersonation is read, and needs somebody to act as", "[cluster][kubeconfig][impersonation]") {
  const auto as = good(load(kServer,
                            "token: planted\nas: jane\nas-uid: 42\nas-groups: [dev, ops]\n"
                            "as-user-extra: {Reason: [a, b]}"))
                      .impersonation;
  CHECK(as.user == "jane");
  CHECK(as.uid == "42");
  CHECK(as.groups == std::vector<std::string>{"dev", "ops"});
  CHECK(as.extra.at("Reason") == std::vector<std::string>{"a", "b"});
  CHECK(contains(message_of(load(kServer, "token: planted\nas-groups: [dev]")), "as: is missing"));
  CHECK(contains(message_of(load(kServer, "token: planted\nas-uid: x")), "as: is missing"));
  CHECK(contains(message_of(load(kServer, "token: planted\nas: \"jane\\nX: y\"")), "as: holds a line break"));
  CHECK(contains(message_of(load(kServer, "token: planted\nas: j\nas-user-extra: {k: v}")),
                 "each value should be a list"));
  CHECK(contains(message_of(load(kServer, "token: planted\nas: j\nas-groups: dev")),
                 "as-groups: should be a list"));
}

TEST_CASE("a user without any credential is warned about", "[cluster][kubeconfig]") {
  const auto config = good(load(kServer, "{}"));
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "has no credential"));
}

TEST_CASE("files that others can read are warned about, private ones are not",
          "[cluster][kubeconfig][secrets]") {
  const TempDir dir;
  const auto text = kubeconfig(kServer, "tokenFile: " + dir.write("token", "planted", 0640));
  const auto open_to_all = good(ClusterConfig::from_kubeconfig(dir.write("open", text, 0644)));
  REQUIRE(open_to_all.warnings.size() == 2);
  CHECK(contains(open_to_all.warnings[0],
                 dir.path() + "/open can be read by other users (mode 0644): chmod 600"));
  CHECK(contains(open_to_all.warnings[1], dir.path() + "/token can be read by other users (mode 0640)"));
  CHECK(good(ClusterConfig::from_kubeconfig(dir.write("own", kubeconfig(kServer, "token: planted"), 0600)))
            .warnings.empty());
  const auto keyed =
      kubeconfig(kServer, "client-certificate: " + dir.write("crt", fake_pem("CERTIFICATE"), 0644) +
                              "\nclient-key: " + dir.write("key", fake_pem("PRIVATE KEY"), 0604));
  const auto key_warnings = good(ClusterConfig::from_kubeconfig(dir.write("keyed", keyed))).warnings;
  REQUIRE(key_warnings.size() == 1);
  CHECK(contains(key_warnings[0], dir.path() + "/key can be read"));
}

TEST_CASE("only the chosen context's entries are judged", "[cluster][kubeconfig]") {
  const TempDir dir;
  const auto text =
      kubeconfig(kServer, "token: planted") + "- name: broken\n  context: {cluster: none, user: none}\n";
  CHECK(good(ClusterConfig::from_kubeconfig(dir.write("f", text))).server == "https://api.example.com:6443");
  CHECK_FALSE(ClusterConfig::from_kubeconfig(dir.write("f", text), "broken").has_value());
}

TEST_CASE("a copy of a config is whole", "[cluster][config]") {
  const auto config = good(load(with("tls-server-name: n\nproxy-url: http://p:1\ndisable-compression: true\n"
                                     "insecure-skip-tls-verify: true"),
                                "token: planted\nas: jane", "namespace: dean"));
  const auto other = config.copy();
  CHECK(other.server == config.server);
  CHECK(other.namespace_ == "dean");
  CHECK(other.trust.tls_server_name == "n");
  CHECK(other.trust.insecure_skip_verify);
  CHECK(other.credential.token == config.credential.token);
  CHECK(other.impersonation.user == "jane");
  CHECK(other.proxy_url == "http://p:1");
  CHECK(other.disable_compression);
  CHECK(other.origin == config.origin);
  CHECK(other.warnings == config.warnings);
}
