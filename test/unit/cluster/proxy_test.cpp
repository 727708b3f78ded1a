// B51: which proxy leads to the server.
#include "cluster/proxy.hpp"

#include "helpers.hpp"

using namespace cluster_test;  // NOLINT
using daaa::cluster::choose_proxy;

namespace {

Result<std::string> chosen(const std::string& server, const std::map<std::string, std::string>& variables,
                           const std::string& proxy_url = {}) {
  ClusterConfig config;
  config.server = server;
  config.proxy_url = proxy_url;
  config.origin = "context c of /f";
  return choose_proxy(config, surroundings(variables).environment);
}

bool proxied(const std::string& server, const std::string& no_proxy) {
  return *chosen(server, {{"HTTPS_PROXY", "http://proxy:3128"}, {"NO_PROXY", no_proxy}}) ==
         "http://proxy:3128";
}

}  // namespace

TEST_CASE("B51: proxy-url wins over the environment and over NO_PROXY", "[cluster][proxy]") {
  const std::map<std::string, std::string> variables{{"HTTPS_PROXY", "http://other:1"}, {"NO_PROXY", "*"}};
  CHECK(*chosen("https://api:6443", variables, "http://mine:3128") == "http://mine:3128");
  CHECK(*chosen("https://127.0.0.1:6443", variables, "https://u:p%40@mine") == "https://u:p%40@mine:443");
}

TEST_CASE("B51: the environment is honoured, upper case before lower case, and can be switched off",
          "[cluster][proxy]") {
  CHECK(chosen("https://api", {})->empty());
  CHECK(*chosen("https://api", {{"HTTPS_PROXY", "http://upper:1"}, {"https_proxy", "http://lower:1"}}) ==
        "http://upper:1");
  CHECK(*chosen("https://api", {{"HTTPS_PROXY", ""}, {"https_proxy", "http://lower:1"}}) == "http://lower:1");
  CHECK(chosen("https://api", {{"HTTP_PROXY", "http://plain:1"}, {"ALL_PROXY", "http://all:1"}})->empty());
  CHECK(chosen("https://api", {{"HTTPS_PROXY", "http://p:1"}, {"no_proxy", "api"}})->empty());
  ClusterConfig direct;
  direct.server = "https://api";
  direct.ignore_environment_proxy = true;
  CHECK(choose_proxy(direct, surroundings({{"HTTPS_PROXY", "http://p:1"}}).environment)->empty());
}

TEST_CASE("a proxy without scheme is http, without port its scheme's own; SOCKS resolves names",
          "[cluster][proxy]") {
  CHECK(*chosen("https://api", {{"HTTPS_PROXY", "proxy:3128"}}) == "http://proxy:3128");
  CHECK(*chosen("https://api", {{"HTTPS_PROXY", "proxy"}}) == "http://proxy:80");
  CHECK(*chosen("https://api", {{"HTTPS_PROXY", "u:planted@proxy:1"}}) == "http://u:planted@proxy:1");
  CHECK(*chosen("https://api", {}, "https://proxy/") == "https://proxy:443");
  CHECK(*chosen("https://api", {}, "socks5://proxy") == "socks5h://proxy:1080");
  CHECK(*chosen("https://api", {}, "http://[fd00::1]:8080") == "http://[fd00::1]:8080");
}

TEST_CASE("B51: NO_PROXY follows Go's rules, networks included", "[cluster][proxy]") {
  struct Case {
    const char* server;
    const char* no_proxy;
    bool proxied;
  };
  const Case cases[] = {
      {"https://api.example.com:6443", "", true},
      {"https://api.example.com:6443", "*", false},
      {"https://api.example.com:6443", "other, *", false},
      {"https://api.example.com:6443", "example.com", false},
      {"https://api.example.com:6443", ".example.com", false},
      {"https://api.example.com:6443", "*.example.com", false},
      {"https://API.Example.COM:6443", "api.EXAMPLE.com", false},
      {"https://example.com", "example.com", false},
      {"https://example.com", ".example.com", true},
      {"https://notexample.com", "example.com", true},
      {"https://api.example.com.evil.org", "example.com", true},
      {"https://api.example.com:6443", " a.org , example.com:6443", false},
      {"https://api.example.com:6443", "example.com:443", true},
      {"https://api.example.com", "example.com:443", false},
      {"https://api.example.com", ":443,,", true},
      {"https://10.1.2.3:6443", "10.0.0.0/8", false},
      {"https://11.1.2.3:6443", "10.0.0.0/8", true},
      {"https://10.1.2.3:6443", "10.1.2.3", false},
      {"https://10.1.2.3:6443", "10.1.2.3:6443", false},
      {"https://10.1.2.3:6443", "10.1.2.3:443", true},
      {"https://10.1.2.4:6443", "10.1.2.3/31", true},
      {"https://10.1.2.3:6443", "10.1.2.2/31", false},
      {"https://10.1.2.3", "0.0.0.0/0", false},
      {"https://10.1.2.3", "::/0", true},
      {"https://[fd00::1]:6443", "fd00::/8", false},
      {"https://[fe00::1]:6443", "fd00::/8", true},
      {"https://[fd00::1]:6443", "fd00::1", false},
      {"https://[fd00::1]:6443", "[fd00::1]:6443", false},
      {"https://[fd00::1]:6443", "[fd00::1]:443", true},
      {"https://[fd00:0::1]", "fd00:0:0::1", false},
      {"https://10.1.2.3", "10.1.2.3/33", true},
      {"https://10.1.2.3", "10.1.2.3/x", true},
      {"https://10.1.2.3", "1.2.3", false},
      {"https://10.1.2.3", "0.1.2.3", true},
      {"https://localhost:6443", "", false},
      {"https://127.0.0.1:6443", "", false},
      {"https://127.8.9.10:6443", "", false},
      {"https://[::1]:6443", "", false},
      {"https://localhost.example.com", "", true},
  };
  for (const auto& c : cases) {
    INFO(c.server << " with NO_PROXY=" << c.no_proxy);
    CHECK(proxied(c.server, c.no_proxy) == c.proxied);
  }
}

TEST_CASE("a proxy that cannot be is an error without its password", "[cluster][proxy][secrets]") {
  CHECK(contains(message_of(chosen("https://api", {{"HTTPS_PROXY", "ftp://u:planted@p:1"}})),
                 "HTTPS_PROXY: has a scheme"));
  CHECK(contains(message_of(chosen("https://api", {{"https_proxy", "http://u:planted@"}})), "is no URL"));
  CHECK(contains(message_of(chosen("https://api", {}, "planted@p:1")),
                 "context c of /f: proxy-url: has no scheme"));
  CHECK(chosen("https://localhost", {{"HTTPS_PROXY", "ftp://p"}})->empty());  // it is not needed
}
