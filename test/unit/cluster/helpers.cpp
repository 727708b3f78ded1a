// See helpers.hpp.
#include "helpers.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cluster/text.hpp"

namespace cluster_test {
namespace fs = std::filesystem;

const char* const kPlanted = "planted";
const char* const kServer = "server: https://api.example.com:6443";

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "daaa-cluster-test-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& text, unsigned mode) const {
  const fs::path path = fs::path(path_) / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
  return path.string();
}

void TempDir::replace(const std::string& name, const std::string& text) const {
  write(name + ".new", text);
  fs::rename(fs::path(path_) / (name + ".new"), fs::path(path_) / name);
}

std::string TempDir::read(const std::string& name) const {
  std::ostringstream text;
  text << std::ifstream(fs::path(path_) / name, std::ios::binary).rdbuf();
  return text.str();
}

std::string planted(const std::string& what) { return std::string(kPlanted) + "-" + what; }

std::string base64(const std::string& text) { return daaa::cluster::encode_base64(text); }

std::string fake_pem(const std::string& label) {
  return "-----BEGIN " + label + "-----\n" + base64(planted("body of " + label)) + "\n-----END " + label +
         "-----\n";
}

std::string checked(const std::string& message) {
  INFO("the message: " << message);
  CHECK(message.find(kPlanted) == std::string::npos);
  CHECK(message.find("cGxhbnRlZ") == std::string::npos);  // base64 of "plante."
  CHECK(message.find('\n') == std::string::npos);
  return message;
}

ClusterConfig good(Result<ClusterConfig> result) {
  if (!result) FAIL(checked(result.error().to_string()));
  for (const auto& warning : result->warnings) checked(warning);
  checked(result->origin);
  return std::move(*result);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

namespace {

std::string indented(const std::string& lines, const std::string& by) {
  std::istringstream in(lines);
  std::string out;
  for (std::string line; std::getline(in, line);) out += by + line + "\n";
  return out;
}

}  // namespace

std::string kubeconfig(const std::string& cluster_fields, const std::string& user_fields,
                       const std::string& context_fields) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
         "clusters:\n- name: k\n  cluster:\n" +
         indented(cluster_fields, "    ") + "users:\n- name: u\n  user:\n" + indented(user_fields, "    ") +
         "contexts:\n- name: c\n  context:\n    cluster: k\n    user: u\n" + indented(context_fields, "    ");
}

Result<ClusterConfig> load(const std::string& cluster_fields, const std::string& user_fields,
                           const std::string& context_fields) {
  const TempDir dir;
  return ClusterConfig::from_kubeconfig(
      dir.write("config", kubeconfig(cluster_fields, user_fields, context_fields)));
}

daaa::cluster::Surroundings surroundings(const std::map<std::string, std::string>& variables,
                                         const std::string& home, const std::string& service_account) {
  const auto look_up = [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  return {look_up, home, service_account};
}

daaa::cluster::Authenticator::Done Answers::sink() {
  return [this](Result<daaa::cluster::Authorization> answer) {
    if (!answer) checked(answer.error().to_string());
    all.push_back(std::move(answer));
  };
}

const Result<daaa::cluster::Authorization>& Answers::last() const {
  REQUIRE_FALSE(all.empty());
  return all.back();
}

std::string Answers::bearer() const {
  REQUIRE(last().has_value());
  return std::string(daaa::find_header(last()->headers, "Authorization"));
}

daaa::Diagnostics Log::diagnostics(daaa::LogLevel level) {
  daaa::Diagnostics sink;
  sink.level = level;
  sink.log = [this](const daaa::LogMessage& message) { lines.push_back(checked(message.text)); };
  return sink;
}

std::string Log::text() const {
  std::string all;
  for (const auto& line : lines) all += line + "\n";
  return all;
}

}  // namespace cluster_test
