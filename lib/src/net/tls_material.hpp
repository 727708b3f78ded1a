// Authorities, certificate and key, checked when they come and handed to connections from memory.
#pragma once

#include <curl/curl.h>

#include <string>

#include "daaa/result.hpp"
#include "daaa/secret.hpp"
#include "net/curl_handles.hpp"

namespace daaa::net {

// How they reach OpenSSL: by libcurl's blobs where it has them (7.77), else by its SSL_CTX callback.
enum class TlsHandover { blobs, context_callback };
TlsHandover native_handover();

class TlsMaterial {
 public:
  // invalid_argument where something is not PEM, is encrypted, or does not belong together.
  static Result<TlsMaterial> make(std::string ca_pem, std::string certificate_pem, Secret key_pem);

  // The options of one transfer. This object must outlive it.
  void apply(Options& options, TlsHandover handover) const;
  [[nodiscard]] bool own_authorities() const { return !ca_pem_.empty(); }
  [[nodiscard]] const std::string& ca_pem() const { return ca_pem_; }

 private:
  static CURLcode fill_context(CURL*, void* context, void* self) noexcept;
  [[nodiscard]] bool fill(void* context) const;
  void apply_blobs(Options& options) const;

  std::string ca_pem_;
  std::string certificate_pem_;
  Secret key_pem_;
};

}  // namespace daaa::net
