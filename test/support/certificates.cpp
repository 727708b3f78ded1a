#include "support/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace daaa::test {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
template <class T>
using Ptr = std::unique_ptr<T, Free>;
using KeyPtr = Ptr<EVP_PKEY>;
using CertificatePtr = Ptr<X509>;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("cannot make a test certificate: ") + what);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

template <class Write>
std::string to_pem(Write write) {
  const Ptr<BIO> bio(BIO_new(BIO_s_mem()));
  require(write(bio.get()) == 1, "PEM");
  return text_of(bio.get());
}

KeyPtr make_key(KeyType type) {
  const Ptr<EVP_PKEY_CTX> context(
      EVP_PKEY_CTX_new_id(type == KeyType::ec ? EVP_PKEY_EC : EVP_PKEY_RSA, nullptr));
  require(EVP_PKEY_keygen_init(context.get()) == 1, "key");
  if (type == KeyType::ec) {
    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1);
  } else {
    EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048);
  }
  EVP_PKEY* key = nullptr;
  require(EVP_PKEY_keygen(context.get(), &key) == 1, "key");
  return KeyPtr(key);
}

KeyPtr read_key(const std::string& pem) {
  const Ptr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

CertificatePtr read_certificate(const std::string& pem) {
  const Ptr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return CertificatePtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  const Ptr<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

// `issuer` nullptr: signed by itself.
Identity make(const CertificateSpec& spec, bool authority, const Identity* issuer) {
  static std::atomic<long> serial{1};
  const KeyPtr key = make_key(spec.key);
  const CertificatePtr certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
  X509_gmtime_adj(X509_getm_notBefore(x), spec.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(x), spec.valid_until);
  X509_set_pubkey(x, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1, -1, 0);
  add_extension(x, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!authority && !spec.names.empty()) add_extension(x, NID_subject_alt_name, joined(spec.names));

  const KeyPtr issuer_key = issuer == nullptr ? nullptr : read_key(issuer->key_pem);
  const CertificatePtr above = issuer == nullptr ? nullptr : read_certificate(issuer->certificate_pem);
  X509_set_issuer_name(x, X509_get_subject_name(above == nullptr ? x : above.get()));
  require(X509_sign(x, issuer_key == nullptr ? key.get() : issuer_key.get(), EVP_sha256()) > 0, "signature");

  return {to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, x); }), to_pem([&](BIO* bio) {
            return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace

std::string traditional_key(const std::string& key_pem) {
  const KeyPtr key = read_key(key_pem);
  return to_pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string encrypted_key(const std::string& key_pem, const std::string& password) {
  const KeyPtr key = read_key(key_pem);
  return to_pem([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), password.data(),
                                         static_cast<int>(password.size()), nullptr, nullptr);
  });
}

Authority::Authority(const std::string& common_name) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.valid_from = -365L * 86400;
  spec.valid_until = 365L * 86400;
  identity_ = make(spec, true, nullptr);
}

Identity Authority::issue(const CertificateSpec& spec) const { return make(spec, false, &identity_); }

Identity Authority::self_signed(const CertificateSpec& spec) { return make(spec, false, nullptr); }

}  // namespace daaa::test
