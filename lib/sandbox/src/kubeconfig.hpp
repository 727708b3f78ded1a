// The kubeconfig of a sandbox's user.
#pragma once

#include <string>

namespace daaa::sandbox {

std::string kubeconfig_text(const std::string& url, const std::string& ca_pem, const std::string& token);

}  // namespace daaa::sandbox
