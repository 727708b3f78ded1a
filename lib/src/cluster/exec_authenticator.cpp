// Credentials from an exec plugin: one run serves all who wait, its answer is kept to its end or to a
// 401, failures are answered from memory while a back-off lasts.
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "cluster/child_process.hpp"
#include "cluster/exec_credential.hpp"
#include "cluster/identity.hpp"
#include "cluster/plugin_stderr.hpp"
#include "cluster/text.hpp"

extern char** environ;  // NOLINT: POSIX names it so

namespace daaa::cluster {
namespace {

constexpr std::int64_t kSkewSeconds = 10;  // renewed this long before the end
constexpr Duration kFresh = std::chrono::seconds(10);
constexpr Duration kFirstBackOff = std::chrono::seconds(1);
constexpr Duration kLongestBackOff = std::chrono::seconds(60);

std::vector<std::string> process_variables() {
  std::vector<std::string> all;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) all.emplace_back(*at);
  return all;
}

std::string value_of(const std::vector<std::string>& environment, const std::string& name) {
  for (const auto& variable : environment) {
    if (variable.rfind(name + "=", 0) == 0) return variable.substr(name.size() + 1);
  }
  return {};
}

void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
  const auto same = [&](const std::string& variable) { return variable.rfind(name + "=", 0) == 0; };
  environment.erase(std::remove_if(environment.begin(), environment.end(), same), environment.end());
  environment.push_back(name + "=" + value);
}

// Values that must not come back in a message, by the names of their variables.
std::vector<std::string> secret_values(const ExecPlugin& plugin) {
  std::vector<std::string> values;
  for (const auto& [name, value] : plugin.env) {
    const std::string lower = lower_case(name);
    const bool telling = lower.find("token") != std::string::npos ||
                         lower.find("secret") != std::string::npos ||
                         lower.find("passw") != std::string::npos || lower.find("key") != std::string::npos ||
                         lower.find("cred") != std::string::npos;
    if (telling && value.size() >= 4) values.push_back(value);
  }
  return values;
}

// A thread that no signal of the host is delivered to.
void start_detached(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread(std::move(body)).detach();
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// One run of the plugin, shared with its thread, which may outlive the authenticator for a moment.
struct PluginRun {
  ChildProcess child;
  std::mutex mutex;
  Executor* executor = nullptr;  // guarded by mutex; null once nobody wants to hear
  ChildResult result;            // the thread's until it is posted
  std::string said;

  void post(std::function<void()> work) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (executor != nullptr) executor->post(std::move(work));
  }
  // Nothing is posted any more, not even half: the executor may go once this has returned.
  void forget_executor() {
    const std::lock_guard<std::mutex> lock(mutex);
    executor = nullptr;
  }
  void abandon() {
    forget_executor();
    child.abort();
  }
  ~PluginRun() { wipe(result.output); }
};

class ExecAuthenticator final : public Authenticator {
 public:
  ExecAuthenticator(const ClusterConfig& config, Executor& executor, AuthenticatorHooks hooks,
                    ExecSettings settings)
      : config_(config.copy()),
        executor_(executor),
        hooks_(std::move(hooks)),
        settings_(std::move(settings)) {
    if (!settings_.stdin_is_terminal) settings_.stdin_is_terminal = [] { return ::isatty(0) == 1; };
    if (!settings_.environment) settings_.environment = process_variables;
    auto headers = impersonation_headers(config_.impersonation);
    if (headers) {
      impersonation_ = std::move(*headers);
    } else {
      setup_error_ = placed(std::move(headers).error(), config_.origin);
    }
  }

  ~ExecAuthenticator() override {
    executor_.cancel_timer(timer_);
    if (run_) run_->abandon();
  }

  void authorize(Done done) override {
    if (setup_error_) return done(*setup_error_);
    if (usable()) return done(authorization_for(credential_->token, impersonation_, generation_));
    waiting_.push_back(std::move(done));
    if (run_) return;
    if (failures_ > 0 && executor_.now() < retry_at_) return answer_all(last_error_);
    start();
  }

  bool refused(std::uint64_t generation) override {
    if (generation != generation_ || !credential_) return true;  // a newer one is there or on its way
    if (renewed_after_refusal_ && executor_.now() - obtained_at_ < kFresh) return false;
    credential_.reset();
    refused_ = true;
    return true;
  }

  std::optional<std::int64_t> expires_at() const override {
    if (!credential_) return std::nullopt;
    return credential_->expires_at ? credential_->expires_at : jwt_expiry(credential_->token.reveal());
  }
  bool renews() const override { return true; }
  std::string advice() const override {
    return "the server refuses what exec plugin " + plugin().command +
           " gives it: log in again with that tool";
  }

 private:
  [[nodiscard]] const ExecPlugin& plugin() const { return *config_.credential.exec; }

  [[nodiscard]] bool usable() const {
    if (!credential_) return false;
    if (!credential_->expires_at || executor_.unix_seconds() < *credential_->expires_at - kSkewSeconds)
      return true;
    // One that had ended when it came (a wrong clock) is used for a moment all the same: else every
    // request would start the plugin.
    return executor_.now() - obtained_at_ < kFresh;
  }

  void start() {
    auto environment = settings_.environment();
    const bool terminal =
        plugin().interactive != ExecPlugin::Interactive::never && settings_.stdin_is_terminal();
    if (plugin().interactive == ExecPlugin::Interactive::always && !terminal) {
      return fail("needs a terminal (interactiveMode is Always), but standard input is none");
    }
    std::string search_path = value_of(environment, "PATH");
    if (search_path.empty()) search_path = "/usr/local/bin:/usr/bin:/bin";
    ChildSpec spec;
    spec.path = find_program(plugin().command, search_path);
    if (spec.path.empty()) return fail("was not found in PATH", true);
    spec.argv = {plugin().command};
    spec.argv.insert(spec.argv.end(), plugin().args.begin(), plugin().args.end());
    for (const auto& [name, value] : plugin().env) set_variable(environment, name, value);
    set_variable(environment, "KUBERNETES_EXEC_INFO", exec_info(config_, terminal));
    spec.environment = std::move(environment);
    spec.interactive = terminal;
    launch(std::move(spec));
  }

  void launch(ChildSpec spec) {
    say(hooks_.diagnostics, LogLevel::debug, "running " + name());
    run_ = std::make_shared<PluginRun>();
    run_->executor = &executor_;
    limit_ = spec.interactive ? settings_.interactive_timeout : settings_.timeout;
    auto body = [run = run_, spec = std::move(spec), on_line = line_sink(), on_end = end_sink(),
                 secrets = secret_values(plugin())]() mutable {
      PluginStderr said(std::move(secrets), [&](std::string line) {
        run->post([on_line, line = std::move(line)] { on_line(line); });
      });
      run->result = run->child.run(spec, [&](const char* data, std::size_t size) { said.feed(data, size); });
      said.finish();
      run->said = said.summary();
      run->post([on_end, run] { on_end(*run); });
    };
    try {
      start_detached(std::move(body));
    } catch (const std::system_error& problem) {
      run_.reset();
      return fail(std::string("could not be given a thread: ") + problem.code().message());
    }
    timer_ = executor_.run_at(executor_.now() + limit_, [run = run_] { run->child.abort(); });
  }

  // Both are called from the loop, where this object may be gone by then.
  std::function<void(const std::string&)> line_sink() {
    return [this, alive = std::weak_ptr<int>(alive_)](const std::string& line) {
      if (!alive.expired()) say(hooks_.diagnostics, LogLevel::warning, name() + ": " + line);
    };
  }
  std::function<void(PluginRun&)> end_sink() {
    return [this, alive = std::weak_ptr<int>(alive_)](PluginRun& run) {
      if (!alive.expired()) ended(run);
    };
  }

  void ended(PluginRun& run) {
    executor_.cancel_timer(timer_);
    const auto keep = std::move(run_);
    run.forget_executor();
    const ChildResult& result = run.result;
    if (result.end != ChildResult::End::exited || result.code != 0)
      return fail(how_it_ended(result), true, run.said);
    auto credential = parse_exec_credential(run.result.output, plugin().api_version);
    if (!credential) return fail(credential.error().message, false, run.said);
    accept(std::move(*credential));
  }

  [[nodiscard]] std::string how_it_ended(const ChildResult& result) const {
    switch (result.end) {
      case ChildResult::End::exited:
        return "exited with status " + std::to_string(result.code);
      case ChildResult::End::signalled:
        return "was ended by signal " + std::to_string(result.code);
      case ChildResult::End::not_started:
        return "could not be started: " + std::generic_category().message(result.code);
      case ChildResult::End::too_much_output:
        return "printed more than 1 MiB and was stopped";
      case ChildResult::End::aborted:
        break;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit_).count();
    return "gave no answer within " + std::to_string(seconds) + " s and was stopped";
  }

  void accept(ExecCredential credential) {
    failures_ = 0;
    obtained_at_ = executor_.now();
    renewed_after_refusal_ = std::exchange(refused_, false);
    ++generation_;
    const bool new_certificate =
        !credential.certificate_pem.empty() && credential.certificate_pem != shown_certificate_;
    credential_ = std::move(credential);
    if (credential_->expires_at && executor_.unix_seconds() >= *credential_->expires_at) {
      say(hooks_.diagnostics, LogLevel::warning,
          name() + " gave a credential that has ended already: is this machine's clock right?");
    }
    if (new_certificate) {
      shown_certificate_ = credential_->certificate_pem;
      if (hooks_.use_certificate) hooks_.use_certificate(credential_->certificate_pem, credential_->key_pem);
    }
    answer_all({});
  }

  void fail(const std::string& what, bool hint = false, const std::string& said = {}) {
    std::string text = name() + " " + what;
    if (!said.empty()) text += "; it said: " + said;
    if (hint && !plugin().install_hint.empty()) text += "; " + one_line(plugin().install_hint);
    last_error_ = Error(ErrorKind::unauthenticated, std::move(text));
    const int doublings = std::min(failures_++, 6);
    retry_at_ = executor_.now() + std::min(kFirstBackOff * (1 << doublings), kLongestBackOff);
    answer_all(last_error_);
  }

  // Everybody who waits gets the credential, or the error; any of them may destroy this object.
  void answer_all(const std::optional<Error>& error) {
    const std::weak_ptr<int> alive = alive_;
    // `error` may be a member's, which goes with this object.
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    const std::optional<Error> kept = error;
    for (auto& done : std::exchange(waiting_, {})) {
      if (kept) {
        done(*kept);
      } else if (credential_) {
        done(authorization_for(credential_->token, impersonation_, generation_));
      } else {
        authorize(std::move(done));  // refused while others were being answered
      }
      if (alive.expired()) return;
    }
  }

  [[nodiscard]] std::string name() const {
    return "exec plugin " + plugin().command + (config_.origin.empty() ? "" : " of " + config_.origin);
  }

  static std::string one_line(const std::string& text) { return redacted(trimmed(text), {}); }

  ClusterConfig config_;
  Executor& executor_;
  AuthenticatorHooks hooks_;
  ExecSettings settings_;
  Headers impersonation_;
  std::optional<Error> setup_error_;

  std::optional<ExecCredential> credential_;
  std::uint64_t generation_ = 0;
  TimePoint obtained_at_;
  std::string shown_certificate_;
  bool refused_ = false;                // the last credential was, so the next one is its renewal
  bool renewed_after_refusal_ = false;  // the present one is

  std::vector<Done> waiting_;
  std::shared_ptr<PluginRun> run_;
  TimerId timer_ = 0;
  Duration limit_{0};
  int failures_ = 0;
  TimePoint retry_at_;
  std::optional<Error> last_error_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace

std::unique_ptr<Authenticator> make_exec_authenticator(const ClusterConfig& config, Executor& executor,
                                                       AuthenticatorHooks hooks, ExecSettings settings) {
  return std::make_unique<ExecAuthenticator>(config, executor, std::move(hooks), std::move(settings));
}

}  // namespace daaa::cluster
