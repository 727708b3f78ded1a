// Gives each request the headers that say who we are, and keeps the credential behind them alive.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daaa/cluster_config.hpp"
#include "daaa/diagnostics.hpp"
#include "daaa/transport.hpp"

namespace daaa::cluster {

struct Authorization {
  Headers headers;               // Authorization, Impersonate-*; empty for a client certificate alone
  std::uint64_t generation = 0;  // which credential this was
};

// All members run on the executor's thread. Destroying it drops pending callbacks.
class Authenticator {
 public:
  using Done = std::function<void(Result<Authorization>)>;
  virtual ~Authenticator() = default;
  // Calls `done` once, perhaps from within this call.
  virtual void authorize(Done done) = 0;
  // The server answered 401 to a credential of that generation. True: authorize() will bring a newer
  // one, so the request may be repeated once. False: there is nothing newer to be had.
  virtual bool refused(std::uint64_t generation) = 0;
  // When the present credential ends, if it says so; seconds since the epoch.
  // From an exec plugin's answer or a JSON Web Token's `exp`; certificates are not looked into, and
  // OpenShift's "sha256~" tokens do not say.
  [[nodiscard]] virtual std::optional<std::int64_t> expires_at() const = 0;
  // Whether a newer credential follows by itself (token file, exec plugin), so that a run may outlast
  // expires_at().
  [[nodiscard]] virtual bool renews() const { return false; }
  // How long a credential of this kind lasts as a rule, where it does not say when it ends itself.
  [[nodiscard]] virtual std::optional<std::chrono::seconds> usual_life() const { return std::nullopt; }
  // What a person can do when the server goes on to refuse: "log in again (`oc login`), ...".
  [[nodiscard]] virtual std::string advice() const { return {}; }
};

struct AuthenticatorHooks {
  // An exec plugin has given a client certificate: connections made from now on shall show it.
  std::function<void(const std::string& certificate_pem, const Secret& key_pem)> use_certificate;
  Diagnostics diagnostics;
};

std::unique_ptr<Authenticator> make_authenticator(const ClusterConfig& config, Executor& executor,
                                                  AuthenticatorHooks hooks);

}  // namespace daaa::cluster
