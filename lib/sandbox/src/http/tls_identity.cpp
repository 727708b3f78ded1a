#include "http/tls_identity.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

namespace daaa::sandbox {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;

constexpr long kLifetime = 10L * 365 * 24 * 3600;

Key make_key() {
  const KeyContext context(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr));
  EVP_PKEY* key = nullptr;
  const bool made = context && EVP_PKEY_keygen_init(context.get()) > 0 &&
                    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) > 0 &&
                    EVP_PKEY_CTX_set_ec_param_enc(context.get(), OPENSSL_EC_NAMED_CURVE) > 0 &&
                    EVP_PKEY_keygen(context.get(), &key) > 0;
  return Key(made ? key : nullptr);
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

void set_name(X509_NAME* name, const char* common_name) {
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("daaa sandbox"),
                             -1, -1, 0);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name),
                             -1, -1, 0);
}

// A certificate without extensions and signature; valid from an hour ago, for clocks that differ.
Certificate begin_certificate(EVP_PKEY* key, const char* common_name, X509* issuer) {
  Certificate certificate(X509_new());
  std::array<unsigned char, 8> serial{};
  if (!certificate || RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return nullptr;
  X509_set_version(certificate.get(), 2);
  std::uint64_t number = 0;
  for (const unsigned char byte : serial) number = number << 8 | byte;
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), number >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifetime);
  set_name(X509_get_subject_name(certificate.get()), common_name);
  X509* signer = issuer != nullptr ? issuer : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  return X509_set_pubkey(certificate.get(), key) == 1 ? std::move(certificate) : nullptr;
}

Certificate make_authority(EVP_PKEY* key) {
  Certificate ca = begin_certificate(key, "daaa sandbox CA", nullptr);
  const bool done =
      ca && add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE") &&
      add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature") &&
      add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash") &&
      X509_sign(ca.get(), key, EVP_sha256()) > 0;
  return done ? std::move(ca) : nullptr;
}

Certificate make_leaf(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key) {
  Certificate leaf = begin_certificate(key, "localhost", ca);
  const bool done =
      leaf && add_extension(leaf.get(), ca, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(leaf.get(), ca, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
      add_extension(leaf.get(), ca, NID_ext_key_usage, "serverAuth") &&
      add_extension(leaf.get(), ca, NID_authority_key_identifier, "keyid") &&
      add_extension(leaf.get(), ca, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
      X509_sign(leaf.get(), ca_key, EVP_sha256()) > 0;
  return done ? std::move(leaf) : nullptr;
}

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return content_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return content_of(bio.get());
}

}  // namespace

Result<TlsIdentity> make_tls_identity() {
  const Key ca_key = make_key();
  const Key key = make_key();
  const Certificate ca = ca_key ? make_authority(ca_key.get()) : nullptr;
  const Certificate leaf = ca && key ? make_leaf(key.get(), ca.get(), ca_key.get()) : nullptr;
  if (!leaf) {
    std::array<char, 200> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return Error(ErrorKind::internal,
                 std::string("cannot make the sandbox's TLS certificate: ") + text.data());
  }
  return TlsIdentity{pem_of(ca.get()), pem_of(leaf.get()), pem_of(key.get())};
}

std::string random_hex(int bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string raw(static_cast<std::size_t>(bytes), '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), bytes);
  std::string text;
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace daaa::sandbox
