// The HTTP front over real TLS: keep-alive, chunked streams, many at once, slow and vanished readers.
#include <cstdlib>
#include <filesystem>

#include "bench.hpp"
#include "daaa/sandbox/sandbox.hpp"
#include "net/curl_loop.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {
namespace {

using namespace std::chrono_literals;

struct Exchange : ResponseHandler {
  int status = 0;
  Headers headers;
  std::string body;
  bool ended = false;
  std::optional<Error> error;
  bool hold = false;  // take one piece, then pause
  void on_headers(int code, const Headers& fields) override {
    status = code;
    headers = fields;
  }
  Flow on_data(std::string_view data) override {
    body.append(data);
    return hold ? Flow::pause : Flow::proceed;
  }
  void on_end(Result<void> end) override {
    ended = true;
    if (!end) error = end.error();
  }
};

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "daaa-front-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string path;
};

class Front {
 public:
  Front() {
    SandboxOptions options;
    options.directory = directory.path;
    options.pods = Pods::simulated;
    auto started = Sandbox::start(options);
    REQUIRE(started);
    sandbox = std::move(*started);
    net::Endpoint endpoint;
    endpoint.base_url = sandbox->url();
    endpoint.ca_pem = sandbox->ca_certificate();
    auto made = net::CurlLoop::make(std::move(endpoint), {}, {});
    REQUIRE(made);
    loop = std::move(*made);
    token = sandbox->token();
  }

  HttpRequest request(Method method, const std::string& path, const std::string& body = {},
                      ExchangeKind kind = ExchangeKind::unary) const {
    HttpRequest r;
    r.method = method;
    r.path = path;
    r.body = body;
    r.kind = kind;
    if (!token.empty()) r.headers.emplace_back("authorization", "Bearer " + token);
    if (!body.empty()) r.headers.emplace_back("content-type", "application/json");
    return r;
  }
  // Serves until it holds, for ten seconds at most.
  bool until(const std::function<bool()>& holds) {
    const TimePoint limit = loop->now() + 10s;
    const TimerId timer = loop->run_at(limit, [] {});
    loop->run([&] { return holds() || loop->now() >= limit; });
    loop->cancel_timer(timer);
    return holds();
  }
  Exchange ask(Method method, const std::string& path, const std::string& body = {}) {
    Exchange e;
    loop->start(request(method, path, body), e);
    REQUIRE(until([&] { return e.ended; }));
    return e;
  }
  Json job(const std::string& name, const Json& notes) const {
    return *parse_json(
        R"({"metadata":{"name":")" + name +
        R"("},"spec":{"backoffLimit":0,"template":{"metadata":{"annotations":)" + to_json(notes) +
        R"(},"spec":{"restartPolicy":"Never","containers":[{"name":"daaa","image":"alpine:3.12"}]}}}})");
  }

  Directory directory;
  std::unique_ptr<Sandbox> sandbox;
  std::unique_ptr<net::CurlLoop> loop;
  std::string token;
};

}  // namespace

TEST_CASE("a request over TLS is answered with the headers that clients read", "[sandbox][front]") {
  Front front;
  const Exchange version = front.ask(Method::get, "/version");
  CHECK_FALSE(version.error.has_value());
  CHECK(version.status == 200);
  CHECK(find_header(version.headers, "content-type") == "application/json");
  CHECK(find_header(version.headers, "date").ends_with(" GMT"));
  CHECK_FALSE(find_header(version.headers, "x-kubernetes-pf-flowschema-uid").empty());
  front.token = "wrong";
  const Exchange refused = front.ask(Method::get, "/version");
  CHECK(refused.status == 401);
  CHECK(find_header(refused.headers, "x-kubernetes-pf-flowschema-uid").empty());
}

TEST_CASE("a client with another authority does not trust the sandbox", "[sandbox][front]") {
  Front front;
  Front other;
  net::Endpoint endpoint;
  endpoint.base_url = front.sandbox->url();
  endpoint.ca_pem = other.sandbox->ca_certificate();
  front.loop = std::move(*net::CurlLoop::make(std::move(endpoint), {}, {}));
  const Exchange e = front.ask(Method::get, "/version");
  REQUIRE(e.error.has_value());
  CHECK(e.error->kind == ErrorKind::untrusted);
}

TEST_CASE("many watches get every event, and a vanished one is forgotten", "[sandbox][front]") {
  Front front;
  std::vector<std::unique_ptr<Exchange>> watches;
  for (int i = 0; i < 100; ++i) {
    watches.push_back(std::make_unique<Exchange>());
    const ExchangeId id = front.loop->start(
        front.request(Method::get, "/apis/batch/v1/namespaces/dean/jobs?watch=1&timeoutSeconds=60", {},
                      ExchangeKind::watch),
        *watches.back());
    if (i >= 50) continue;
    REQUIRE(front.until([&] { return watches.back()->status == 200; }));
    front.loop->cancel(id);
  }
  REQUIRE(front.until([&] {
    return std::all_of(watches.begin() + 50, watches.end(), [](const auto& w) { return w->status == 200; });
  }));
  CHECK(
      front.ask(Method::post, "/apis/batch/v1/namespaces/dean/jobs", to_json(front.job("j", Json::object())))
          .status == 201);
  CHECK(front.until([&] {
    return std::all_of(watches.begin() + 50, watches.end(),
                       [](const auto& w) { return w->body.find("\"Complete\"") != std::string::npos; });
  }));
}

TEST_CASE("a followed log streams while it is written and ends properly", "[sandbox][front]") {
  Front front;
  front.ask(
      Method::post, "/apis/batch/v1/namespaces/dean/jobs",
      to_json(front.job(
          "j",
          *parse_json(
              R"({"sandbox.daaa/log-lines":"5","sandbox.daaa/duration":"1s","sandbox.daaa/start-delay":"0s"})"))));
  std::string pod;
  REQUIRE(front.until([&] { return true; }));
  for (int i = 0; i < 100 && pod.empty(); ++i) {
    const Exchange list =
        front.ask(Method::get, "/api/v1/namespaces/dean/pods?fieldSelector=status.phase%3DRunning");
    const Json items = (*parse_json(list.body))["items"];
    if (!items.empty()) pod = items[0]["metadata"]["name"].as_string();
  }
  REQUIRE_FALSE(pod.empty());
  Exchange log;
  front.loop->start(front.request(Method::get, "/api/v1/namespaces/dean/pods/" + pod + "/log?follow=true", {},
                                  ExchangeKind::log),
                    log);
  CHECK(front.until([&] { return log.ended; }));
  CHECK_FALSE(log.error.has_value());
  CHECK(log.body == "line 1 of 5\nline 2 of 5\nline 3 of 5\nline 4 of 5\nline 5 of 5\n");
  // The connection that carried the stream serves on.
  CHECK(front.ask(Method::get, "/version").status == 200);
}

TEST_CASE("a reader that stands still does not delay the others", "[sandbox][front]") {
  Front front;
  Exchange still;
  still.hold = true;
  front.loop->start(front.request(Method::get, "/api/v1/persistentvolumes?watch=1", {}, ExchangeKind::watch),
                    still);
  REQUIRE(front.until([&] { return !still.body.empty(); }));
  const std::string filler(20'000, 'x');
  for (int i = 0; i < 100; ++i) {
    const std::string name = "v" + std::to_string(i);
    CHECK(
        front
            .ask(
                Method::post, "/api/v1/persistentvolumes",
                R"({"metadata":{"name":")" + name + R"(","annotations":{"a":")" + filler +
                    R"("}},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteMany"],"hostPath":{"path":"/x"}}})")
            .status == 201);
  }
  CHECK(front.ask(Method::get, "/version").status == 200);
}

TEST_CASE("a body over three MiB is refused with 413", "[sandbox][front]") {
  Front front;
  const Exchange e =
      front.ask(Method::post, "/apis/batch/v1/namespaces/dean/jobs", std::string(3'500'000, ' '));
  CHECK((e.status == 413 || e.error.has_value()));
}

TEST_CASE("a restart of the API server breaks connections and new ones work", "[sandbox][front][fault]") {
  Front front;
  Exchange watch;
  front.loop->start(front.request(Method::get, "/api/v1/persistentvolumes?watch=1", {}, ExchangeKind::watch),
                    watch);
  REQUIRE(front.until([&] { return !watch.body.empty(); }));
  front.sandbox->restart_api_server(true);
  CHECK(front.until([&] { return watch.ended; }));
  CHECK(watch.error.has_value());
  CHECK(front.ask(Method::get, "/version").status == 200);
}

TEST_CASE("users are added and revoked while it runs", "[sandbox][front]") {
  Front front;
  const std::string admin = front.token;
  front.token = front.sandbox->add_user("jane", Sandbox::Rights::runner);
  CHECK(front.ask(Method::get, "/api/v1/namespaces/dean/pods").status == 200);
  CHECK(front.ask(Method::get, "/api/v1/nodes").status == 403);
  front.sandbox->revoke(front.token);
  CHECK(front.ask(Method::get, "/api/v1/namespaces/dean/pods").status == 401);
  CHECK(front.sandbox->kubeconfig_for("abc").find("token: abc\n") != std::string::npos);
}

TEST_CASE("a port that is taken and a directory that is not there are said", "[sandbox][front]") {
  Front front;
  SandboxOptions options;
  options.directory = front.directory.path;
  options.pods = Pods::simulated;
  options.port =
      static_cast<std::uint16_t>(std::stoi(front.sandbox->url().substr(front.sandbox->url().rfind(':') + 1)));
  const auto taken = Sandbox::start(options);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message.find("cannot listen on 127.0.0.1:") == 0);
  options.directory = "/nowhere/at/all";
  CHECK(Sandbox::start(options).error().message == "the sandbox's directory /nowhere/at/all does not exist");
}

}  // namespace daaa::sandbox::testing
