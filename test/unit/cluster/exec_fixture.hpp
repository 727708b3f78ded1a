// A directory with a plugin script, an authenticator on virtual time, and the waiting between them.
#pragma once

#include <memory>
#include <string>

#include "cluster/identity.hpp"
#include "helpers.hpp"

namespace cluster_test {

extern const char* const kV1;  // "client.authentication.k8s.io/v1"

// An ExecCredential document with that status.
std::string answer_with(const std::string& status, const std::string& api_version = kV1);

class ExecFixture {
 public:
  // `script` is the body of a shell script; D is this fixture's directory in it. Each run adds a line
  // to D/runs first.
  explicit ExecFixture(const std::string& script);
  // A script that prints D/answer, which holds this document.
  static ExecFixture printing(const std::string& answer);

  // Builds the authenticator on first use: change `config` and `settings` before.
  daaa::cluster::Authenticator& who();
  void destroy() { who_.reset(); }
  // Asks and waits until the answer is there.
  const Result<daaa::cluster::Authorization>& ask();
  std::string token();      // of a fresh ask()
  std::string complaint();  // the message of an ask() that must fail
  void set_answer(const std::string& answer) const { dir_->replace("answer", answer); }
  // Waits, in real time, until `count` answers have come.
  void await(std::size_t count);
  [[nodiscard]] int runs() const;
  [[nodiscard]] std::string file(const std::string& name) const { return dir_->read(name); }
  [[nodiscard]] std::string path(const std::string& name) const { return dir_->path() + "/" + name; }
  [[nodiscard]] const TempDir& dir() const { return *dir_; }

  daaa::testing::ManualExecutor& executor() { return *executor_; }
  Log& log() { return *log_; }
  Answers answers;
  ClusterConfig config;
  daaa::cluster::ExecSettings settings;
  std::vector<std::string> certificates;  // as use_certificate() was told
  daaa::LogLevel level = daaa::LogLevel::info;

 private:
  std::unique_ptr<TempDir> dir_;
  std::unique_ptr<Log> log_ = std::make_unique<Log>();
  std::unique_ptr<daaa::testing::ManualExecutor> executor_;
  std::unique_ptr<daaa::cluster::Authenticator> who_;
};

// A named pipe that a plugin holds open for writing: its end tells that every holder is dead.
class DeathWatch {
 public:
  explicit DeathWatch(const std::string& path);
  ~DeathWatch();
  DeathWatch(const DeathWatch&) = delete;
  DeathWatch& operator=(const DeathWatch&) = delete;
  // Waits for the last holder's end, 30 s at most.
  [[nodiscard]] bool all_dead() const;

 private:
  int fd_;
};

}  // namespace cluster_test
