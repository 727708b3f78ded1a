// Who asks, and what they may do.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/cluster.hpp"
#include "model/time.hpp"

namespace daaa::sandbox {

class Authorizer {
 public:
  void add(const std::string& token, User user, std::optional<Time> expires = std::nullopt);
  void remove(const std::string& token) { tokens_.erase(token); }

  // The user behind a request's headers, with impersonation; nullopt: 401. No token: anonymous.
  [[nodiscard]] std::optional<User> identify(const Request& request, Time now) const;
  [[nodiscard]] bool allows(const User& user, const Attributes& what, const ClusterOptions& options) const;
  // As an access review words it; empty where it says nothing.
  [[nodiscard]] static std::string reason_for(const User& user, const Attributes& what);
  // The role that was given to a user name with some token.
  [[nodiscard]] const User* known(const std::string& name) const;

 private:
  struct Entry {
    User user;
    std::optional<Time> expires;
  };
  std::map<std::string, Entry> tokens_;
};

inline bool is_anonymous(const User& user) { return user.name == "system:anonymous"; }

}  // namespace daaa::sandbox
