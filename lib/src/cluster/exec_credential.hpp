// The two documents of client.authentication.k8s.io: what an exec plugin is told, what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daaa/cluster_config.hpp"
#include "daaa/result.hpp"
#include "daaa/secret.hpp"

namespace daaa::cluster {

// The value of KUBERNETES_EXEC_INFO.
std::string exec_info(const ClusterConfig& config, bool interactive);

struct ExecCredential {
  Secret token;
  std::string certificate_pem;
  Secret key_pem;
  std::optional<std::int64_t> expires_at;  // status.expirationTimestamp
};

// The error says what is wrong with the answer, as the end of a sentence; it quotes nothing of it but
// its kind and apiVersion. `answer` is wiped.
Result<ExecCredential> parse_exec_credential(std::string& answer, const std::string& api_version);

}  // namespace daaa::cluster
