// A fresh certificate authority and a certificate for loopback that it signed.
#pragma once

#include <string>

#include "daaa/result.hpp"

namespace daaa::sandbox {

struct TlsIdentity {
  std::string ca_pem;           // for clients
  std::string certificate_pem;  // of the server: 127.0.0.1, ::1 and localhost
  std::string key_pem;
};

// The authority's key is forgotten at once: it signs nothing else.
Result<TlsIdentity> make_tls_identity();
// Random bytes as lower-case hex, for tokens.
std::string random_hex(int bytes);

}  // namespace daaa::sandbox
