// Headers that say who we are, and the authenticators behind make_authenticator().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/authenticator.hpp"
#include "daaa/cluster_config.hpp"

namespace daaa::cluster {

// Impersonate-User, -Uid, -Group (repeated) and -Extra-KEY; invalid_argument where a value cannot be sent.
Result<Headers> impersonation_headers(const Impersonation& as);
// `token` empty: a client certificate alone, or nobody.
Authorization authorization_for(const Secret& token, const Headers& impersonation, std::uint64_t generation);

// The error with where the credential came from around it, if that is known.
Error placed(Error error, const std::string& origin);

void say(const Diagnostics& diagnostics, LogLevel level, std::string text);

std::unique_ptr<Authenticator> make_token_file_authenticator(const ClusterConfig& config, Executor& executor,
                                                             AuthenticatorHooks hooks);

struct ExecSettings {
  Duration timeout = std::chrono::seconds(60);
  Duration interactive_timeout = std::chrono::minutes(10);  // a person logs in
  std::function<bool()> stdin_is_terminal;                  // empty: as it is
  std::function<std::vector<std::string>()> environment;    // "NAME=value"; empty: this process's
};
std::unique_ptr<Authenticator> make_exec_authenticator(const ClusterConfig& config, Executor& executor,
                                                       AuthenticatorHooks hooks, ExecSettings settings = {});

}  // namespace daaa::cluster
