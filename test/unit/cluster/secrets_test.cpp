// Secrets in every field of a kubeconfig, each field broken in turn: no message shows one.
#include <algorithm>
#include <sstream>

#include "helpers.hpp"

using namespace cluster_test;  // NOLINT

namespace {

const std::vector<std::pair<std::string, std::string>>& cluster_fields() {
  static const std::vector<std::pair<std::string, std::string>> fields{
      {"server", "https://api.example.com:6443"},
      {"certificate-authority-data", base64(fake_pem("CERTIFICATE"))},
      {"tls-server-name", "api"},
      {"proxy-url", "http://user:planted@proxy:3128"},
      {"disable-compression", "true"}};
  return fields;
}

const std::vector<std::pair<std::string, std::string>>& user_fields() {
  static const std::vector<std::pair<std::string, std::string>> fields{
      {"token", "planted-token"},
      {"client-certificate-data", base64(fake_pem("CERTIFICATE"))},
      {"client-key-data", base64(fake_pem("RSA PRIVATE KEY"))},
      {"as", "jane"},
      {"as-uid", "42"},
      {"as-groups", "[dev]"},
      {"as-user-extra", "{scope: [planted]}"},
      {"exec",
       "{command: x, args: [--secret=planted], env: [{name: PASSWORD, value: planted}], interactiveMode: "
       "Never, "
       "apiVersion: client.authentication.k8s.io/v1}"}};
  return fields;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string lines_of(const Fields& fields, const std::string& broken, const std::string& value) {
  std::ostringstream out;
  for (const auto& [name, text] : fields) out << name << ": " << (name == broken ? value : text) << "\n";
  return out.str();
}

}  // namespace

TEST_CASE("no message shows a secret, whichever field is wrong in whichever way", "[cluster][secrets]") {
  const std::vector<std::string> breakages{
      "planted",          "\"planted\\nplanted\"", "[planted]",        "{planted: planted}",
      "cGxhbnRlZA==",     "https://planted@x/y?z", "\"\\x01planted\"", "- planted",
      "planted: planted", "!!binary planted",      "*planted",         "\"planted"};
  int refused = 0;
  const auto attempt = [&](const std::string& cluster, const std::string& user) {
    auto result = load(cluster, user);
    refused += result ? 0 : 1;
    if (!result) checked(result.error().to_string());
    if (!result) return;
    for (const auto& warning : result->warnings) checked(warning);
  };
  good(load(lines_of(cluster_fields(), "", ""), lines_of(user_fields(), "", "")));
  for (const auto& breakage : breakages) {
    for (const auto& [name, text] : cluster_fields()) {
      INFO(name << ": " << breakage);
      attempt(lines_of(cluster_fields(), name, breakage), lines_of(user_fields(), "", ""));
    }
    for (const auto& [name, text] : user_fields()) {
      INFO(name << ": " << breakage);
      attempt(lines_of(cluster_fields(), "", ""), lines_of(user_fields(), name, breakage));
    }
  }
  CHECK(refused > 100);  // most of the 156 are errors
}
