// What the tests of room cluster share: a directory of their own, planted secrets, and the rule that
// no message may show one: every message a test looks at goes through checked().
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/authenticator.hpp"
#include "cluster/kubeconfig.hpp"
#include "daaa/cluster_config.hpp"
#include "daaa/testing/manual_executor.hpp"
#include "support/catch.hpp"

namespace cluster_test {

using daaa::ClusterConfig;
using daaa::Error;
using daaa::ErrorKind;
using daaa::Result;

// A directory that is gone when the test is.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  // Writes a file, with its directories, and returns its path.
  std::string write(const std::string& name, const std::string& text, unsigned mode = 0600) const;
  // Replaces a file in one step, as the kubelet does.
  void replace(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;

 private:
  std::string path_;
};

// Each of them holds this word, plainly or as base64; no message may.
extern const char* const kPlanted;
std::string planted(const std::string& what);
// PEM as it looks from outside, with a planted body.
std::string fake_pem(const std::string& label);
std::string base64(const std::string& text);

// The message itself, after a look that it shows no planted secret.
std::string checked(const std::string& message);
// The message of the error that must be there.
template <class T>
std::string message_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return checked(result.error().to_string());
}
// The value that must be there; its warnings are looked at, too.
ClusterConfig good(Result<ClusterConfig> result);
bool contains(const std::string& text, const std::string& part);

// A kubeconfig with one context "c", cluster "k", user "u", of the given YAML lines each.
std::string kubeconfig(const std::string& cluster_fields, const std::string& user_fields,
                       const std::string& context_fields = "");
extern const char* const kServer;  // "server: https://api.example.com:6443"
// Loads that kubeconfig from a file of its own.
Result<ClusterConfig> load(const std::string& cluster_fields, const std::string& user_fields,
                           const std::string& context_fields = "");

// Surroundings made of a map of variables.
daaa::cluster::Surroundings surroundings(const std::map<std::string, std::string>& variables,
                                         const std::string& home = {},
                                         const std::string& service_account = {});

// Collects what an Authenticator says and answers.
struct Answers {
  std::vector<Result<daaa::cluster::Authorization>> all;
  daaa::cluster::Authenticator::Done sink();
  [[nodiscard]] const Result<daaa::cluster::Authorization>& last() const;
  // The value of the Authorization header of the last answer, which must be there.
  [[nodiscard]] std::string bearer() const;
};

struct Log {
  std::vector<std::string> lines;
  daaa::Diagnostics diagnostics(daaa::LogLevel level = daaa::LogLevel::trace);
  [[nodiscard]] std::string text() const;
};

}  // namespace cluster_test
