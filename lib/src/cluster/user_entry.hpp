// A kubeconfig's user entry: which credential, whom to act as, and what is refused with a reason.
#pragma once

#include <string>
#include <vector>

#include "cluster/kubeconfig_file.hpp"
#include "cluster/text.hpp"
#include "daaa/cluster_config.hpp"

namespace daaa::cluster {

// Fills credential, impersonation and warnings.
void read_user(EntryReader& user, ClusterConfig& config);

// PEM from FIELD-data, which wins, or from the file that FIELD names. Adds to `exposed`, where given,
// a warning when others can read the file.
std::string read_pem(EntryReader& entry, const std::string& field, PemKind kind,
                     std::vector<std::string>* exposed);

void note_exposure(const std::string& path, unsigned mode, std::vector<std::string>& warnings);

}  // namespace daaa::cluster
