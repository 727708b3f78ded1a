// What the recorded Jobs come to by our rules, and what is left of their logs without stamps.
#include <algorithm>
#include <map>
#include <utility>

#include "core/log_cursor.hpp"
#include "core/timestamps.hpp"
#include "core/verdict.hpp"
#include "recording.hpp"
#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::replay;

namespace {

// In short: "failed 3".
std::string told(const core::Outcome& outcome) {
  return std::string(to_string(outcome.verdict)) + " " + std::to_string(outcome.exit_code);
}

// Of each Job of a scenario that was seen to end, in the order in which they were first seen.
std::vector<std::string> verdicts_of(const Story& story) {
  std::vector<std::string> uids;
  std::map<std::string, core::JobEnd> ends;
  for (const auto& job : story.jobs) {
    const std::string& uid = job.meta.uid;
    if (std::find(uids.begin(), uids.end(), uid) == uids.end()) uids.push_back(uid);
    if (const auto end = core::terminal_condition(job)) ends.emplace(uid, *end);
  }
  std::vector<std::string> verdicts;
  for (const auto& uid : uids) {
    if (ends.count(uid) == 0) continue;
    // The last state of each pod, in the order of their creation.
    std::map<std::pair<std::string, std::string>, Attempt> pods;
    for (const auto& pod : story.pods) {
      const bool ours = std::any_of(pod.meta.owners.begin(), pod.meta.owners.end(),
                                    [&uid = uid](const auto& owner) { return owner.uid == uid; });
      if (ours) pods[{pod.meta.creation_timestamp, pod.meta.uid}] = core::attempt_of(pod);
    }
    std::vector<Attempt> attempts;
    for (const auto& [key, attempt] : pods) attempts.push_back(attempt);
    verdicts.push_back(told(core::outcome_of(ends.at(uid), attempts)));
  }
  return verdicts;
}

struct Lines final : core::LogCursor::Sink {
  std::string text;
  int gaps = 0;
  void on_line(std::string_view bytes, std::string_view) override { text += bytes; }
  void on_gap(core::Timestamp, core::Timestamp) override { ++gaps; }
};

Lines read_log(std::string_view body, std::size_t piece) {
  core::LogCursor cursor;
  Lines lines;
  cursor.begin();
  for (std::size_t at = 0; at < body.size(); at += piece) cursor.feed(body.substr(at, piece), lines);
  cursor.end(true);
  cursor.finish(lines);
  return lines;
}

bool begins_with_stamp(std::string_view line) {
  const auto blank = line.find(' ');
  return blank != std::string_view::npos && core::parse_timestamp(line.substr(0, blank));
}

// By another way: line by line, each after its first blank.
std::string without_stamps(std::string_view body) {
  std::string text;
  while (!body.empty()) {
    const auto newline = body.find('\n');
    const auto line = body.substr(0, newline == std::string_view::npos ? newline : newline + 1);
    text += line.substr(line.find(' ') + 1);
    body.remove_prefix(line.size());
  }
  return text;
}

}  // namespace

TEST_CASE("each recorded Job gets the verdict and the exit code that its scenario is about",
          "[replay][verdict]") {
  using Verdicts = std::vector<std::string>;
  // In all others no Job ends: it waits, is refused, or is deleted, which is no verdict of its own.
  const std::map<std::string, Verdicts> expected{
      {"container-cannot-start", {"not_started 126", "failed 2"}},
      {"init-and-sidecar", {"succeeded 0"}},
      {"kubelet-down", {"succeeded 0"}},
      {"log-odd-bytes", {"succeeded 0"}},
      {"out-of-memory", {"failed 137"}},
      {"run-fails", {"failed 3"}},
      {"run-retries-then-succeeds", {"succeeded 0"}},
      {"run-succeeds", {"succeeded 0"}},
      {"suspended-then-resumed", {"succeeded 0"}},
  };
  std::map<std::string, int> seen;
  for (const Recording& recording : recordings()) {
    // Of these Jobs, which are others', no pods were recorded.
    if (recording.scenario.rfind("watch-", 0) == 0) continue;
    INFO(recording.server << "/" << recording.scenario);
    const auto found = expected.find(recording.scenario);
    CHECK(verdicts_of(tell(recording)) == (found == expected.end() ? Verdicts{} : found->second));
    ++seen[recording.scenario];
  }
  for (const auto& [scenario, verdicts] : expected) CHECK(seen[scenario] > 0);
}

TEST_CASE("recorded logs lose their stamps and nothing else, in pieces of any size", "[replay][log]") {
  int logs = 0;
  int long_lines = 0;
  for (const Recording& recording : recordings()) {
    for (const Exchange& exchange : recording.exchanges) {
      if (!exchange.is_log || exchange.status != 200 || !begins_with_stamp(exchange.body)) continue;
      ++logs;
      INFO(recording.server << "/" << recording.scenario);
      const Lines whole = read_log(exchange.body, exchange.body.size());
      CHECK(whole.gaps == 0);
      for (const std::size_t piece : {1, 2, 7, 16'384})
        CHECK(read_log(exchange.body, piece).text == whole.text);
      if (exchange.body.size() < 16'384 || recording.server != "kubernetes-1.20") {
        CHECK(whole.text == without_stamps(exchange.body));
      } else {
        // The kubelet has put a stamp into the long line; that one is gone, too.
        ++long_lines;
        CHECK(whole.text.find(std::string(20'000, 'x')) != std::string::npos);
        CHECK(whole.text.size() < without_stamps(exchange.body).size());
      }
    }
  }
  CHECK(logs > 20);
  CHECK(long_lines > 0);
}
