// Random logs, random cuts, random chunks: what comes out is what went in.
#include <set>

#include "core/log_cursor.hpp"
#include "log_rig.hpp"
#include "support/catch.hpp"

using namespace daaa::core;

namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : jitter_(seed) {}
  std::size_t up_to(std::size_t most) {
    return static_cast<std::size_t>(jitter_.between(std::int64_t{0}, static_cast<std::int64_t>(most)));
  }
  bool one_in(std::size_t n) { return up_to(n - 1) == 0; }
  template <class T, std::size_t N>
  T pick(const T (&choice)[N]) {
    return choice[up_to(N - 1)];
  }

 private:
  Jitter jitter_;
};

std::string random_line(Dice& dice, Timestamp at) {
  std::string line;
  switch (dice.up_to(9)) {
    case 0:
      break;
    case 1:
      line = "same";
      break;
    case 2:
      line = "crlf\r";
      break;
    case 3:
      line = format_timestamp({at.ns - 1}) + " not the node's";
      break;
    case 4:
      line = "rpc error: mine";
      break;
    case 5:
      if (dice.one_in(4)) {
        line.assign(
            dice.pick({std::size_t{16'383}, std::size_t{16'384}, std::size_t{16'385}, std::size_t{40'000}}),
            'l');
        // Where an old kubelet would put a stamp stands one of the workload's, older than the line.
        if (dice.one_in(2))
          line.replace(16'370, 20, 20, 'm').insert(16'383, format_timestamp({at.ns - 5}) + " ");
        break;
      }
      [[fallthrough]];
    default:
      for (std::size_t n = dice.up_to(60); n > 0; --n) {
        const auto c = static_cast<char>(dice.up_to(255));
        line += c == '\n' ? 'n' : c;
      }
  }
  return line;
}

NodeLog random_log(Dice& dice, Kubelet kubelet) {
  NodeLog log;
  std::int64_t now = kStart;
  const std::size_t lines = dice.up_to(60);
  for (std::size_t i = 0; i < lines; ++i) {
    const std::int64_t steps[] = {0, 0, 0, 1, 1000, 300'000'000, kSecond, 5 * kSecond};
    now += dice.pick(steps);
    // Standard output and error are stamped by two threads.
    const std::int64_t stamp = dice.one_in(10) ? now - 20'000 : now;
    const bool ends = i + 1 < lines || dice.one_in(2);
    const std::int64_t apart[] = {50, 400'000'000};
    // CRI-O writes parts of any size; only newer kubelets hide them.
    const bool odd_parts = kubelet == Kubelet::newer && dice.one_in(3);
    log.write(random_line(dice, {stamp}) + (ends ? "\n" : ""), {stamp}, dice.pick(apart),
              odd_parts ? 1 + dice.up_to(9000) : kRuntimePart);
    now = std::max(now, log.records.back().stamp.ns);
  }
  return log;
}

LogCursor::Options random_options(Dice& dice) {
  LogCursor::Options options;
  options.piece = dice.pick({std::size_t{1} << 20, std::size_t{20'000}, std::size_t{16'384}});
  options.remembered = dice.pick({std::size_t{4096}, std::size_t{3}, std::size_t{1}});
  return options;
}

std::size_t random_chunk(Dice& dice) {
  return dice.pick(
      {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}, std::size_t{10'000'000}});
}

// Streams of the growing log, each cut at any byte; then, as LogSession does it, reads until one
// proves the end.
void read_with_cuts(LogCursor& cursor, Received& received, const NodeLog& log, Kubelet kubelet, Dice& dice) {
  std::size_t written = 0;
  for (int cuts = 0; cuts < 12; ++cuts) {
    written = std::min(log.records.size(), written + dice.up_to(log.records.size() / 4 + 1));
    const std::string answer = log.serve(cursor.since(), kubelet, written);
    const std::size_t cut = dice.one_in(4) ? answer.size() : dice.up_to(answer.size());
    read_stream(cursor, received, std::string_view(answer).substr(0, cut), random_chunk(dice),
                dice.one_in(2));
  }
  for (int reads = 0; reads < 20; ++reads) {
    const std::string answer = log.serve(cursor.since(), kubelet);
    if (read_stream(cursor, received, answer, random_chunk(dice)).proves_end()) break;
  }
  cursor.finish(received);
}

}  // namespace

TEST_CASE("B40: any log comes out once and in order across any cuts", "[core][log][property]") {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    Dice dice(seed);
    const Kubelet kubelet = seed % 2 == 0 ? Kubelet::old : Kubelet::newer;
    const NodeLog log = random_log(dice, kubelet);
    LogCursor cursor(random_options(dice));
    Received received;
    read_with_cuts(cursor, received, log, kubelet, dice);
    INFO("seed " << seed);
    REQUIRE(received.text == log.all);
    REQUIRE(received.gaps.empty());
  }
}

TEST_CASE("B40: every single byte of a log is a place to be cut at", "[core][log]") {
  NodeLog log;
  log.write("h\xc3\xa9llo\n", {kStart + kSecond / 2});
  log.write("\n", {kStart + kSecond / 2});
  log.write("\n", {kStart + kSecond / 2});
  log.write("a line\r\n", {kStart + kSecond});
  log.write("last, without newline", {kStart + kSecond + 5});
  const std::string whole = log.serve(std::nullopt, Kubelet::newer);
  for (std::size_t first = 0; first <= whole.size(); ++first) {
    for (std::size_t second = 0; second <= whole.size(); ++second) {
      LogCursor cursor;
      Received received;
      read_stream(cursor, received, std::string_view(whole).substr(0, first), 5, false);
      read_stream(cursor, received, log.serve(cursor.since(), Kubelet::newer).substr(0, second), 5, false);
      read_stream(cursor, received, log.serve(cursor.since(), Kubelet::newer), 5);
      cursor.finish(received);
      REQUIRE(received.text == log.all);
      REQUIRE(received.gaps.empty());
    }
  }
}

TEST_CASE("B37: under any rotations each line comes at most once, in order, or is covered by a gap",
          "[core][log][property]") {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    Dice dice(seed);
    NodeLog log;
    std::int64_t now = kStart;
    for (int i = 0; i < 80; ++i) {
      const std::int64_t steps[] = {0, 1, 1000, 200'000'000, kSecond};
      log.write("line " + std::to_string(i) + "\n", {now += dice.pick(steps)});
    }
    LogCursor cursor(random_options(dice));
    Received received;
    std::size_t written = 0;
    while (written < log.records.size()) {
      written = std::min(log.records.size(), written + dice.up_to(20));
      if (dice.one_in(3)) log.rotate_before(dice.up_to(written));
      const std::string answer = log.serve(cursor.since(), Kubelet::newer, written);
      read_stream(cursor, received, answer.substr(0, dice.up_to(answer.size())), random_chunk(dice), false);
    }
    const auto last = read_stream(cursor, received, log.serve(cursor.since(), Kubelet::newer), 1000);
    INFO("seed " << seed);
    std::set<std::size_t> gap_at;
    for (const auto& gap : received.gaps) {
      REQUIRE(gap.from <= gap.to);
      gap_at.insert(gap.at);
    }
    int next = 0;
    for (std::size_t at = 0; at < received.text.size();) {
      const std::size_t end = received.text.find('\n', at);
      const int number = std::stoi(received.text.substr(at + 5, end - at - 5));
      REQUIRE(number >= next);
      // Before the first line that was ever seen nothing can be missed.
      if (number > next && at > 0) REQUIRE(gap_at.count(at) == 1);
      next = number + 1;
      at = end + 1;
    }
    // Where all is rotated away the answer says that it has not passed what was known.
    REQUIRE((next == 80 || !last.caught_up));
  }
}

TEST_CASE("memory is bounded however many lines a second has and however long one is", "[core][log]") {
  LogCursor cursor;
  Received received;
  NodeLog log;
  for (int i = 0; i < 20'000; ++i) log.write(std::to_string(i) + "\n", {kStart + kSecond / 2 + i / 3});
  const std::string whole = log.serve(std::nullopt, Kubelet::newer);
  read_stream(cursor, received, std::string_view(whole).substr(0, whole.size() * 2 / 3), 65'536, false);
  read_stream(cursor, received, log.serve(cursor.since(), Kubelet::newer), 65'536);
  CHECK(received.text == log.all);
  CHECK(received.gaps.empty());
}
