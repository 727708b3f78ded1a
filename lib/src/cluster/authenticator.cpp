// Impersonation, the credential that does not change, and the choice between the three kinds.
#include "cluster/authenticator.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "cluster/identity.hpp"
#include "cluster/text.hpp"

namespace daaa::cluster {
namespace {

bool is_header_name_char(char c) {
  constexpr std::string_view kPunctuation = "!#$&'*+-.^_`|~";  // without "%", which begins an escape
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kPunctuation.find(c) != std::string_view::npos;
}

std::string escaped_key(std::string_view key) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : lower_case(key)) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_header_name_char(c)) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15U]});
    }
  }
  return out;
}

// A token from memory, a client certificate, or nothing: the server decides, and nothing follows.
class StaticAuthenticator final : public Authenticator {
 public:
  explicit StaticAuthenticator(const ClusterConfig& config)
      : origin_(config.origin), has_certificate_(!config.credential.client_certificate_pem.empty()) {
    auto headers = impersonation_headers(config.impersonation);
    if (!headers) {
      error_ = std::move(headers).error();
      return;
    }
    impersonation_ = std::move(*headers);
    if (config.credential.token.empty()) return;
    auto token = clean_token(config.credential.token.reveal());
    if (token) {
      token_ = std::move(*token);
    } else {
      error_ = std::move(token).error();
    }
  }

  void authorize(Done done) override {
    if (error_) return done(placed(*error_, origin_));
    done(authorization_for(token_, impersonation_, 1));
  }
  bool refused(std::uint64_t) override { return false; }
  std::optional<std::int64_t> expires_at() const override { return jwt_expiry(token_.reveal()); }
  // OpenShift's OAuth server hands these out to `oc login`; accessTokenMaxAgeSeconds is 86400 by default.
  std::optional<std::chrono::seconds> usual_life() const override {
    const bool from_oauth = token_.reveal().substr(0, 7) == "sha256~";
    return from_oauth ? std::optional<std::chrono::seconds>(std::chrono::hours(24)) : std::nullopt;
  }
  std::string advice() const override {
    if (token_.empty() && !has_certificate_) {
      return origin_ +
             " holds no credential: log in (`oc login`), or give a token, certificate or exec plugin";
    }
    if (token_.empty()) return "the client certificate of " + origin_ + " is not accepted: ask for a new one";
    return "the token of " + origin_ +
           " has expired or was revoked: log in again (`oc login`), or use a service account's tokenFile, "
           "which renews itself";
  }

 private:
  std::string origin_;
  bool has_certificate_;
  std::optional<Error> error_;
  Headers impersonation_;
  Secret token_;
};

}  // namespace

Result<Headers> impersonation_headers(const Impersonation& as) {
  Headers headers;
  bool safe = true;
  const auto add = [&](const std::string& name, const std::string& value) {
    safe = safe && header_safe(value);
    headers.emplace_back(name, value);
  };
  if (!as.user.empty()) add("Impersonate-User", as.user);
  if (!as.uid.empty()) add("Impersonate-Uid", as.uid);
  for (const auto& group : as.groups) add("Impersonate-Group", group);
  for (const auto& [key, values] : as.extra) {
    for (const auto& value : values) add("Impersonate-Extra-" + escaped_key(key), value);
  }
  if (!safe)
    return Error(ErrorKind::invalid_argument,
                 "an impersonation value holds a line break or control character");
  if (as.user.empty() && !headers.empty()) {
    return Error(ErrorKind::invalid_argument,
                 "impersonation of a uid, group or extra value needs a user to act as");
  }
  return headers;
}

Authorization authorization_for(const Secret& token, const Headers& impersonation, std::uint64_t generation) {
  Authorization authorization{{}, generation};
  authorization.headers.reserve(impersonation.size() + 1);
  if (!token.empty())
    authorization.headers.emplace_back("Authorization", "Bearer " + std::string(token.reveal()));
  authorization.headers.insert(authorization.headers.end(), impersonation.begin(), impersonation.end());
  return authorization;
}

Error placed(Error error, const std::string& origin) {
  return origin.empty() ? error : std::move(error).in(origin);
}

void say(const Diagnostics& diagnostics, LogLevel level, std::string text) {
  if (diagnostics.wants(level)) diagnostics.log({level, "cluster", std::move(text)});
}

std::unique_ptr<Authenticator> make_authenticator(const ClusterConfig& config, Executor& executor,
                                                  AuthenticatorHooks hooks) {
  if (config.credential.exec) return make_exec_authenticator(config, executor, std::move(hooks));
  if (!config.credential.token_file.empty())
    return make_token_file_authenticator(config, executor, std::move(hooks));
  return std::make_unique<StaticAuthenticator>(config);
}

}  // namespace daaa::cluster
