// Certificate authorities and certificates made up at run time, good and bad ones.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace daaa::test {

struct Identity {
  std::string certificate_pem;
  std::string key_pem;  // PKCS#8
};

enum class KeyType { ec, rsa };
// The same key in the form that its type had before PKCS#8: PKCS#1 "RSA PRIVATE KEY", or "EC PRIVATE KEY".
std::string traditional_key(const std::string& key_pem);
std::string encrypted_key(const std::string& key_pem, const std::string& password);

struct CertificateSpec {
  std::string common_name = "test";
  std::vector<std::string> names = {"DNS:localhost", "IP:127.0.0.1"};  // empty: none
  long valid_from = -3600;                                             // seconds from now
  long valid_until = 3600;
  KeyType key = KeyType::ec;
};

class Authority {
 public:
  explicit Authority(const std::string& common_name);
  [[nodiscard]] const std::string& pem() const { return identity_.certificate_pem; }
  [[nodiscard]] Identity issue(const CertificateSpec& spec = {}) const;
  static Identity self_signed(const CertificateSpec& spec = {});

 private:
  Identity identity_;
};

}  // namespace daaa::test
