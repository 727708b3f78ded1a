// See exec_fixture.hpp.
#include "exec_fixture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace cluster_test {

const char* const kV1 = "client.authentication.k8s.io/v1";

std::string answer_with(const std::string& status, const std::string& api_version) {
  return R"({"kind":"ExecCredential","apiVersion":")" + api_version + R"(","status":)" + status + "}";
}

ExecFixture::ExecFixture(const std::string& script)
    : dir_(std::make_unique<TempDir>()), executor_(std::make_unique<daaa::testing::ManualExecutor>()) {
  config.server = "https://api.example.com:6443";
  config.origin = "context c of /f";
  daaa::ExecPlugin plugin;
  plugin.command =
      dir_->write("plugin", "#!/bin/sh\nD=" + dir_->path() + "\necho run >>$D/runs\n" + script + "\n", 0755);
  plugin.api_version = kV1;
  plugin.install_hint = "Get the tool from\nthe platform team";
  config.credential.exec = plugin;
  settings.stdin_is_terminal = [] { return false; };
}

ExecFixture ExecFixture::printing(const std::string& answer) {
  ExecFixture f("cat $D/answer");
  f.set_answer(answer);
  return f;
}

daaa::cluster::Authenticator& ExecFixture::who() {
  if (!who_) {
    daaa::cluster::AuthenticatorHooks hooks;
    hooks.use_certificate = [this](const std::string& pem, const daaa::Secret& key) {
      CHECK_FALSE(key.empty());
      certificates.push_back(pem);
    };
    hooks.diagnostics = log_->diagnostics(level);
    who_ = daaa::cluster::make_exec_authenticator(config, *executor_, hooks, settings);
  }
  return *who_;
}

const Result<daaa::cluster::Authorization>& ExecFixture::ask() {
  const std::size_t before = answers.all.size();
  who().authorize(answers.sink());
  await(before + 1);
  return answers.last();
}

std::string ExecFixture::token() {
  ask();
  return answers.bearer();
}

std::string ExecFixture::complaint() {
  const std::string message = message_of(ask());
  CHECK(answers.last().error().kind == ErrorKind::unauthenticated);
  CHECK(contains(message, "of context c of /f"));
  return message;
}

void ExecFixture::await(std::size_t count) {
  executor_->run_until_idle();
  while (answers.all.size() < count) {
    REQUIRE(executor_->wait_for_post(std::chrono::seconds(30)));
    executor_->run_until_idle();
  }
}

int ExecFixture::runs() const {
  const std::string lines = file("runs");
  return static_cast<int>(std::count(lines.begin(), lines.end(), '\n'));
}

DeathWatch::DeathWatch(const std::string& path) {
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  fd_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(fd_ >= 0);
}

DeathWatch::~DeathWatch() { ::close(fd_); }

bool DeathWatch::all_dead() const {
  pollfd waiting{fd_, POLLIN, 0};
  return ::poll(&waiting, 1, 30'000) == 1 && (waiting.revents & POLLHUP) != 0;
}

}  // namespace cluster_test
