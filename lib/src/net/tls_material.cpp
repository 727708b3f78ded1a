#include "net/tls_material.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>
#include <vector>

namespace daaa::net {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

// OpenSSL's own callback would ask at the terminal.
int no_password(char*, int, int, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return -1;
}

BioPtr bio_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Reads every certificate; false where one of them is damaged.
bool read_certificates(std::string_view pem, std::vector<CertificatePtr>& out) {
  const BioPtr bio = bio_of(pem);
  bool asked = false;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_password, &asked))
    out.emplace_back(certificate);
  const auto last = ERR_peek_last_error();
  ERR_clear_error();
  // A text without a further certificate ends with "no start line"; anything else is damage.
  return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

KeyPtr read_key(std::string_view pem, bool& encrypted) {
  const BioPtr bio = bio_of(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &encrypted));
  ERR_clear_error();
  return key;
}

Error invalid(const char* text) { return Error(ErrorKind::invalid_argument, text); }

Result<void> check_authorities(const std::string& pem) {
  std::vector<CertificatePtr> authorities;
  if (read_certificates(pem, authorities) && !authorities.empty()) return {};
  return invalid("the certificate authority is not one or more certificates in PEM form");
}

Result<void> check_pair(const std::string& certificate_pem, std::string_view key_pem) {
  if (key_pem.empty()) return invalid("a client certificate is given without its private key");
  if (certificate_pem.empty()) return invalid("a client's private key is given without its certificate");
  std::vector<CertificatePtr> chain;
  if (!read_certificates(certificate_pem, chain) || chain.empty()) {
    return invalid("the client certificate is not a certificate in PEM form");
  }
  bool encrypted = false;
  const KeyPtr key = read_key(key_pem, encrypted);
  if (encrypted)
    return invalid("the client's private key is encrypted; decrypt it first (openssl pkey -in KEY)");
  if (key == nullptr)
    return invalid("the client's private key is not a key in PEM form (PKCS#1, PKCS#8 or EC)");
  const bool match = X509_check_private_key(chain.front().get(), key.get()) == 1;
  ERR_clear_error();
  if (!match) return invalid("the client's private key does not belong to the client certificate");
  return {};
}

}  // namespace

TlsHandover native_handover() {
#if LIBCURL_VERSION_NUM >= 0x074d00
  return TlsHandover::blobs;
#else
  return TlsHandover::context_callback;
#endif
}

Result<TlsMaterial> TlsMaterial::make(std::string ca_pem, std::string certificate_pem, Secret key_pem) {
  if (!ca_pem.empty()) {
    if (auto checked = check_authorities(ca_pem); !checked) return std::move(checked).error();
  }
  if (!certificate_pem.empty() || !key_pem.empty()) {
    if (auto checked = check_pair(certificate_pem, key_pem.reveal()); !checked)
      return std::move(checked).error();
  }
  TlsMaterial material;
  material.ca_pem_ = std::move(ca_pem);
  material.certificate_pem_ = std::move(certificate_pem);
  material.key_pem_ = std::move(key_pem);
  return material;
}

void TlsMaterial::apply(Options& options, TlsHandover handover) const {
  if (own_authorities()) {
    // Else libcurl would add the system's authorities, and loading them takes longer than a handshake.
    options.set(CURLOPT_CAINFO, nullptr).set(CURLOPT_CAPATH, nullptr);
  }
  if (handover == TlsHandover::blobs) {
    apply_blobs(options);
    return;
  }
#if LIBCURL_VERSION_NUM >= 0x075700
  options.set(CURLOPT_CA_CACHE_TIMEOUT, 0L);  // the cache would put its own store in place of ours
#endif
  options.set(CURLOPT_SSL_CTX_DATA, const_cast<TlsMaterial*>(this))
      .set(CURLOPT_SSL_CTX_FUNCTION, &fill_context);
}

#if LIBCURL_VERSION_NUM >= 0x074d00
namespace {

curl_blob blob_of(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
}

}  // namespace

void TlsMaterial::apply_blobs(Options& options) const {
  if (own_authorities()) {
    curl_blob ca = blob_of(ca_pem_);
    options.set(CURLOPT_CAINFO_BLOB, &ca);
  }
  if (certificate_pem_.empty()) return;
  curl_blob certificate = blob_of(certificate_pem_);
  curl_blob key = blob_of(key_pem_.reveal());
  options.set(CURLOPT_SSLCERT_BLOB, &certificate).set(CURLOPT_SSLCERTTYPE, "PEM");
  options.set(CURLOPT_SSLKEY_BLOB, &key).set(CURLOPT_SSLKEYTYPE, "PEM");
}
#else
void TlsMaterial::apply_blobs(Options&) const {}
#endif

CURLcode TlsMaterial::fill_context(CURL*, void* context, void* self) noexcept try {
  return static_cast<const TlsMaterial*>(self)->fill(context) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
} catch (...) {
  return CURLE_OUT_OF_MEMORY;
}

bool TlsMaterial::fill(void* context) const {
  auto* ssl = static_cast<SSL_CTX*>(context);
  std::vector<CertificatePtr> authorities;
  if (own_authorities()) read_certificates(ca_pem_, authorities);
  X509_STORE* store = SSL_CTX_get_cert_store(ssl);
  for (const auto& authority : authorities) X509_STORE_add_cert(store, authority.get());
  ERR_clear_error();  // an authority that is there twice is no error
  if (certificate_pem_.empty()) return true;

  std::vector<CertificatePtr> chain;
  bool encrypted = false;
  read_certificates(certificate_pem_, chain);
  const KeyPtr key = read_key(key_pem_.reveal(), encrypted);
  if (chain.empty() || key == nullptr || SSL_CTX_use_certificate(ssl, chain.front().get()) != 1) return false;
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(ssl, chain[i].get()) != 1) return false;
  }
  return SSL_CTX_use_PrivateKey(ssl, key.get()) == 1;
}

}  // namespace daaa::net
