#include "kubeconfig.hpp"

#include <cstdint>

namespace daaa::sandbox {
namespace {

std::string base64(const std::string& bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

std::string kubeconfig_text(const std::string& url, const std::string& ca_pem, const std::string& token) {
  return "apiVersion: v1\n"
         "kind: Config\n"
         "current-context: sandbox\n"
         "clusters:\n"
         "- name: sandbox\n"
         "  cluster:\n"
         "    server: " +
         url +
         "\n"
         "    certificate-authority-data: " +
         base64(ca_pem) +
         "\n"
         "contexts:\n"
         "- name: sandbox\n"
         "  context:\n"
         "    cluster: sandbox\n"
         "    namespace: dean\n"
         "    user: sandbox\n"
         "users:\n"
         "- name: sandbox\n"
         "  user:\n"
         "    token: " +
         token + "\n";
}

}  // namespace daaa::sandbox
