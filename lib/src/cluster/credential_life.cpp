#include "cluster/credential_life.hpp"

#include "core/timestamps.hpp"

namespace daaa::cluster {
namespace {

using std::chrono::seconds;

// A run without a limit may take any time; a token that ends sooner than this is likely to end first.
constexpr seconds kSoon = std::chrono::hours(4);

std::string second(std::int64_t unix_seconds) { return core::format_second({unix_seconds * 1'000'000'000}); }

std::string against(seconds limit) {
  return limit > seconds::zero() ? "before the run's time limit of " + in_words(limit) + " can pass"
                                 : "and this run has no time limit";
}

}  // namespace

std::string in_words(seconds time) {
  const auto all = time.count();
  if (all < 60) return std::to_string(all) + " s";
  if (all < 3600) return std::to_string(all / 60) + " min";
  if (all >= 172'800) return std::to_string(all / 86'400) + " d";
  const auto minutes = all % 3600 / 60;
  return std::to_string(all / 3600) + " h" + (minutes > 0 ? " " + std::to_string(minutes) + " min" : "");
}

std::string life_warning(const Authenticator& who, const std::string& origin, std::int64_t now,
                         seconds limit) {
  if (who.renews()) return {};
  const std::string token = "the token" + (origin.empty() ? "" : " of " + origin);
  static const std::string kThen =
      "; nothing renews it. When it has ended the Job goes on, and `daaa attach` takes it up with a new one; "
      "a service account's tokenFile renews itself";
  if (const auto end = who.expires_at()) {
    const seconds left{*end - now};
    if (left <= seconds::zero()) return token + " has ended at " + second(*end) + kThen;
    if (left >= (limit > seconds::zero() ? limit : kSoon)) return {};
    return token + " ends in " + in_words(left) + " (" + second(*end) + "), " + against(limit) + kThen;
  }
  const auto usual = who.usual_life();
  if (!usual || limit <= *usual) return {};
  return token + " does not say when it ends, but such tokens last " + in_words(*usual) +
         " unless the administrator has set another time, and the run's time limit is " + in_words(limit) +
         kThen;
}

}  // namespace daaa::cluster
