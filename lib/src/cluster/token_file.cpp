// A token that somebody else keeps fresh in a file: a service account's, which the kubelet rotates.
#include <utility>

#include "cluster/identity.hpp"
#include "cluster/text.hpp"

namespace daaa::cluster {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(60);
constexpr Duration kRetry = std::chrono::seconds(10);  // after a reading that failed
constexpr std::size_t kLargestFile = 512 * 1024;

class TokenFileAuthenticator final : public Authenticator {
 public:
  TokenFileAuthenticator(const ClusterConfig& config, Executor& executor, AuthenticatorHooks hooks)
      : path_(config.credential.token_file),
        origin_(config.origin),
        executor_(executor),
        diagnostics_(std::move(hooks.diagnostics)) {
    auto headers = impersonation_headers(config.impersonation);
    if (headers) {
      impersonation_ = std::move(*headers);
    } else {
      setup_error_ = std::move(headers).error();
    }
  }

  void authorize(Done done) override {
    if (setup_error_) return done(placed(*setup_error_, origin_));
    if (token_.empty() || executor_.now() >= due_) reload();
    if (token_.empty()) return done(*read_error_);
    done(authorization_for(token_, impersonation_, generation_));
  }

  bool refused(std::uint64_t generation) override {
    if (generation == generation_) reload();
    return generation != generation_;
  }

  std::optional<std::int64_t> expires_at() const override { return jwt_expiry(token_.reveal()); }
  bool renews() const override { return true; }
  std::string advice() const override {
    return "the token in " + path_ +
           " is not accepted and has not been renewed: see what should write that file";
  }

 private:
  void reload() {
    auto token = read();
    due_ = executor_.now() + (token ? kPeriod : kRetry);
    if (!token) return keep_old(std::move(token).error());
    read_error_.reset();
    if (*token == token_) return;
    token_ = std::move(*token);
    ++generation_;
  }

  // A file that is being replaced, or a mount that is gone for a moment, is no reason to stop.
  void keep_old(Error error) {
    const bool news = !read_error_ || read_error_->message != error.message;
    if (news && !token_.empty())
      say(diagnostics_, LogLevel::warning, error.message + "; the last token is used on");
    read_error_ = std::move(error);
  }

  Result<Secret> read() const {
    auto content = read_small_file(path_, kLargestFile);
    if (!content) return bad("cannot read token file " + path_ + ": " + content.error().message);
    auto token = clean_token(content->text);
    wipe(content->text);
    if (!token) return bad("token file " + path_ + ": " + token.error().message);
    return token;
  }

  Error bad(std::string text) const {
    return placed(Error(ErrorKind::unauthenticated, std::move(text)), origin_);
  }

  std::string path_;
  std::string origin_;
  Executor& executor_;
  Diagnostics diagnostics_;
  Headers impersonation_;
  std::optional<Error> setup_error_;
  std::optional<Error> read_error_;
  Secret token_;
  std::uint64_t generation_ = 0;
  TimePoint due_;
};

}  // namespace

std::unique_ptr<Authenticator> make_token_file_authenticator(const ClusterConfig& config, Executor& executor,
                                                             AuthenticatorHooks hooks) {
  return std::make_unique<TokenFileAuthenticator>(config, executor, std::move(hooks));
}

}  // namespace daaa::cluster
