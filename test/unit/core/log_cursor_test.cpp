#include "core/log_cursor.hpp"

#include "log_rig.hpp"
#include "support/catch.hpp"

using namespace daaa::core;

namespace {

// Reads a whole answer at each chunk size and checks what comes out.
void check_text(const std::string& answer, const std::string& expected) {
  for (const std::size_t chunk : kChunkSizes) {
    LogCursor cursor;
    Received received;
    INFO("chunks of " << chunk);
    const auto end = read_stream(cursor, received, answer, chunk);
    cursor.finish(received);
    CHECK(received.text == expected);
    CHECK(received.gaps.empty());
    CHECK_FALSE(end.strange);
  }
}

std::string xs(std::size_t count) { return std::string(count, 'x'); }

}  // namespace

TEST_CASE("what the workload wrote comes out byte for byte", "[core][log]") {
  NodeLog log;
  const std::string lines[] = {"h\xc3\xa9llo \xe2\x9c\x93\n",    "\n",         "tab\there\n",
                               "progress 1\rprogress 2\n",       "crlf\r\n",   "\x1b[31mred\x1b[0m\n",
                               std::string("nul \0 here\n", 11), "\xff\xfe\n", " blank first\n"};
  std::int64_t at = kStart;
  for (const auto& line : lines) log.write(line, {at += 5000});
  check_text(log.serve(std::nullopt, Kubelet::newer), log.all);
}

TEST_CASE("the last line without a newline comes at the end, as it was written", "[core][log]") {
  const std::string answer = stamp_at(0) + " one\n" + stamp_at(5) + " no newline at the end";
  check_text(answer, "one\nno newline at the end");
  check_text(stamp_at(0) + " one\n" + stamp_at(5) + " ", "one\n");
}

TEST_CASE("a line without its newline is held back until no more can come", "[core][log]") {
  LogCursor cursor;
  Received received;
  read_stream(cursor, received, stamp_at(0) + " one\n" + stamp_at(5) + " two", 7);
  CHECK(received.text == "one\n");
  read_stream(cursor, received, stamp_at(0) + " one\n" + stamp_at(5) + " two goes on\n", 7);
  CHECK(received.text == "one\ntwo goes on\n");
}

TEST_CASE("an answer that is cut does not shorten a last line that was read before", "[core][log]") {
  LogCursor cursor;
  Received received;
  const std::string one = stamp_at(0) + " one\n";
  read_stream(cursor, received, one + stamp_at(5) + " the last line", 7);
  SECTION("within the line") { read_stream(cursor, received, one + stamp_at(5) + " the", 7); }
  SECTION("before it") { read_stream(cursor, received, one, 7); }
  SECTION("before anything that is known") { read_stream(cursor, received, "", 7); }
  cursor.finish(received);
  CHECK(received.text == "one\nthe last line");
  CHECK(received.gaps.empty());
}

TEST_CASE("lines carry the node's own stamps", "[core][log]") {
  LogCursor cursor;
  Received received;
  read_stream(cursor, received, "2026-11-23T20:18:49.5+02:00 a\n2026-11-23T20:18:50Z b\n", 1);
  CHECK(received.text == "a\nb\n");
  CHECK(received.stamps == std::vector<std::string>{"2026-11-23T20:18:49.5+02:00", "2026-11-23T20:18:50Z"});
}

// kubernetes-1.20/log-odd-bytes of the recordings: 20,000 characters, a stamp after 16,384 of them.
TEST_CASE("stamps of one second are told apart by their fractions, in whatever form they come",
          "[core][log]") {
  const std::string second = "2026-11-23T18:18:49";
  for (const char* later : {".000000002Z", ".5Z", ".500000000Z", ".123456789Z"}) {
    LogCursor cursor;
    Received received;
    read_stream(cursor, received, second + ".000000001Z a\n" + second + later + " b\n", 7);
    INFO(later);
    CHECK(received.text == "a\nb\n");
    REQUIRE(cursor.last());
    CHECK(*cursor.last() == *parse_timestamp(second + later));
  }
  // The same text in another zone is another second; what is no stamp is none beside one of its second
  // either.
  LogCursor cursor;
  Received received;
  read_stream(cursor, received, second + ".000000001Z a\n" + second + ".000000002+02:00 b\n", 7);
  CHECK(*cursor.last() == *parse_timestamp(second + ".000000002+02:00"));
  LogCursor other;
  const auto end = read_stream(other, received, second + ".000000001Z a\n" + second + ".00000000xZ b\n", 7);
  CHECK(end.strange);
}

TEST_CASE("B41: stamps inside long lines of old kubelets are taken out", "[core][log]") {
  check_text("2026-11-23T18:18:49.856199781Z " + xs(16'384) + "2026-11-23T18:18:49.856501508Z " + xs(3'616) +
                 "\n2026-11-23T18:18:49.856506936Z tab\there\n",
             xs(20'000) + "\ntab\there\n");
  for (const std::size_t size : {16'383, 16'384, 16'385, 32'768, 32'769, 200'000}) {
    NodeLog log;
    log.write(xs(size) + "\n", {kStart});
    log.write("next\n", {kStart + kSecond});
    INFO(size);
    check_text(log.serve(std::nullopt, Kubelet::old), log.all);
    check_text(log.serve(std::nullopt, Kubelet::newer), log.all);
  }
}

TEST_CASE("B41: bytes of the workload that look like a stamp stay", "[core][log]") {
  const std::string earlier = stamp_at(-7 * kSecond) + " ";
  const std::string much_later = stamp_at(2 * 86'400 * kSecond) + " ";
  const std::string other_form = "2026-11-23T18:18:49.8565Z ";
  for (const std::string& words :
       {earlier, much_later, other_form, std::string("2026-11-23"), earlier + earlier}) {
    INFO(words);
    NodeLog log;
    log.write("at the beginning " + words + "\n", {kStart});
    log.write(words + "\n", {kStart + 5});
    log.write(xs(16'384) + words + "tail\n", {kStart + 10});
    log.write(xs(16'384) + words + "\n", {kStart + 500});
    log.write(xs(32'768) + words, {kStart + 1000});
    check_text(log.serve(std::nullopt, Kubelet::newer), log.all);
    check_text(log.serve(std::nullopt, Kubelet::old), log.all);
  }
}

TEST_CASE("B41: a kubelet that once left a long line alone is a newer one", "[core][log]") {
  NodeLog log;
  log.write(xs(17'000) + "\n", {kStart});
  log.write(xs(16'384) + stamp_at(kSecond) + " as if the node had written it\n", {kStart + 1});
  check_text(log.serve(std::nullopt, Kubelet::newer), log.all);
}

TEST_CASE("B41: a stamp that a cut left in the middle of a long line is not data", "[core][log]") {
  const std::string cut = stamp_at(0) + " " + xs(16'384) + stamp_at(100).substr(0, 12);
  LogCursor cursor;
  Received received;
  read_stream(cursor, received, cut, 7, false);
  cursor.finish(received);
  CHECK(received.text == xs(16'384));
}

TEST_CASE("B41: a new kubelet's line that ends in half a stamp is whole", "[core][log]") {
  const std::string line = xs(16'384) + "2026-11-23T18";
  check_text(stamp_at(0) + " " + line, line);
}

TEST_CASE("B40: a resumed log goes on behind the last line, in the middle of a nanosecond", "[core][log]") {
  const std::string same = stamp_at(kSecond / 2) + " ";
  const std::string first = same + "a\n" + same + "a\n";
  for (const std::size_t chunk : kChunkSizes) {
    LogCursor cursor;
    Received received;
    read_stream(cursor, received, first, chunk, false);
    CHECK(cursor.since() == "2026-11-23T18:18:49Z");
    read_stream(cursor, received, first + same + "a\n" + same + "b\n" + stamp_at(kSecond) + " c\n", chunk);
    CHECK(received.text == "a\na\na\nb\nc\n");
    CHECK(received.gaps.empty());
  }
}

TEST_CASE("B40: nothing delivered, nothing to ask from", "[core][log]") {
  LogCursor cursor;
  Received received;
  read_stream(cursor, received, stamp_at(0).substr(0, 9), 1, false);
  CHECK_FALSE(cursor.since());
  read_stream(cursor, received, stamp_at(0) + " x", 1, false);
  CHECK_FALSE(cursor.since());
  const auto end = read_stream(cursor, received, stamp_at(0) + " x\n", 1);
  CHECK(received.text == "x\n");
  CHECK(end.caught_up);
}

TEST_CASE("B41: the end of a long line that began before the overlap is not new", "[core][log]") {
  // In the second asked from lie the line's last part and a whole line. An old kubelet gives the part
  // a stamp, a newer one none.
  const auto kubelet = GENERATE(Kubelet::old, Kubelet::newer);
  NodeLog log;
  log.write(xs(20'000) + "\n", {kStart + 900'000'000}, 200'000'000);
  log.write("then\n", {kStart + 1'300'000'000});
  for (const std::size_t chunk : kChunkSizes) {
    LogCursor cursor;
    Received received;
    read_stream(cursor, received, log.serve(std::nullopt, kubelet), chunk, false);
    REQUIRE(received.text == log.all);
    read_stream(cursor, received, log.serve("2026-11-23T18:18:50Z", Kubelet::newer), chunk, false);
    const auto end = read_stream(cursor, received, log.serve(cursor.since(), kubelet), chunk);
    CHECK(received.text == log.all);
    CHECK(received.gaps.empty());
    CHECK(end.proves_end());
  }
}

TEST_CASE("lines above the limit come in pieces and go on where a cut left them", "[core][log]") {
  LogCursor::Options options;
  options.piece = 50'000;
  const auto kubelet = GENERATE(Kubelet::old, Kubelet::newer);
  NodeLog log;
  std::string line;
  while (line.size() < 170'000) line += std::to_string(line.size()) + ' ';
  log.write("before\n", {kStart});
  log.write(line + "\n", {kStart + 10});
  log.write("after\n", {kStart + kSecond});
  const std::string whole = log.serve(std::nullopt, kubelet);
  for (std::size_t cut = 0; cut < whole.size(); cut += 9'973) {
    LogCursor cursor(options);
    Received received;
    read_stream(cursor, received, whole.substr(0, cut), 4096, false);
    CHECK(received.text.size() + options.piece >= std::min(cut, line.size()) * 9 / 10);  // memory is bounded
    read_stream(cursor, received, log.serve(cursor.since(), kubelet).substr(0, cut * 2), 1000, false);
    read_stream(cursor, received, log.serve(cursor.since(), kubelet), 1000);
    REQUIRE(received.text == log.all);
    REQUIRE(received.gaps.empty());
  }
}

TEST_CASE("B37: lines that the node rotated away are a gap from when to when", "[core][log]") {
  NodeLog log;
  for (int i = 0; i < 10; ++i) log.write("line " + std::to_string(i) + "\n", {kStart + i * kSecond});
  LogCursor cursor;
  Received received;
  const std::string whole = log.serve(std::nullopt, Kubelet::newer);
  read_stream(cursor, received, whole.substr(0, whole.find("line 4") - 40), 7,
              false);  // 0 to 2, and a part of 3
  SECTION("one rotation") {
    log.rotate_before(6);
    read_stream(cursor, received, log.serve(cursor.since(), Kubelet::newer), 7);
    CHECK(received.text == "line 0\nline 1\nline 2\nline 6\nline 7\nline 8\nline 9\n");
    REQUIRE(received.gaps.size() == 1);
    CHECK(format_timestamp(received.gaps[0].from) == stamp_at(2 * kSecond));
    CHECK(format_timestamp(received.gaps[0].to) == stamp_at(6 * kSecond));
    CHECK(received.gaps[0].at == 21);
  }
  SECTION("several rotations, one after the other") {
    log.rotate_before(5);
    const std::string first = log.serve(cursor.since(), Kubelet::newer);
    read_stream(cursor, received, first.substr(0, 45), 7, false);
    log.rotate_before(8);
    read_stream(cursor, received, log.serve(cursor.since(), Kubelet::newer), 7);
    CHECK(received.text == "line 0\nline 1\nline 2\nline 5\nline 8\nline 9\n");
    CHECK(received.gaps.size() == 2);
  }
  SECTION("none: all that was known and had to stay is there") {
    log.rotate_before(2);
    read_stream(cursor, received, log.serve(cursor.since(), Kubelet::newer), 7);
    CHECK(received.text == log.all);
    CHECK(received.gaps.empty());
  }
}

TEST_CASE("B37: the first line rotated away before it was whole is a gap too", "[core][log]") {
  NodeLog log;
  for (int i = 0; i < 4; ++i) log.write("line " + std::to_string(i) + "\n", {kStart + i * kSecond});
  LogCursor cursor;
  Received received;
  read_stream(cursor, received, log.serve(std::nullopt, Kubelet::newer).substr(0, 33), 7, false);
  log.rotate_before(2);
  read_stream(cursor, received, log.serve(cursor.since(), Kubelet::newer), 7);
  CHECK(received.text == "line 2\nline 3\n");
  REQUIRE(received.gaps.size() == 1);
  CHECK(format_timestamp(received.gaps[0].from) == stamp_at(0));
}

TEST_CASE("B37: a file begun in the middle of a line that is known adds nothing", "[core][log]") {
  const auto kubelet = GENERATE(Kubelet::old, Kubelet::newer);
  NodeLog log;
  log.write("first\n", {kStart});
  log.write(xs(40'000) + "\n", {kStart + 10}, 1000);
  log.write("last\n", {kStart + 10'000});
  LogCursor cursor;
  Received received;
  read_stream(cursor, received, log.serve(std::nullopt, kubelet), 100'000, false);
  log.rotate_before(2);
  const auto end = read_stream(cursor, received, log.serve(cursor.since(), kubelet), 100'000);
  CHECK(received.text == log.all);
  CHECK(received.gaps.empty());
  CHECK(end.proves_end());
}

TEST_CASE("B42: a node's error in a 200 body is not shown as the workload's", "[core][log]") {
  const std::string words = GENERATE(
      as<std::string>(), "unable to retrieve container logs for containerd://52ef3",
      "failed to create fsnotify watcher: too many open files", "rpc error: code = NotFound desc = gone\n",
      "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":500}\n", "x\n",
      "<html>\n<body>502 Bad Gateway");
  for (const std::size_t chunk : kChunkSizes) {
    LogCursor cursor;
    Received received;
    CHECK(read_stream(cursor, received, words, chunk).strange);
    CHECK(cursor.strange() == words.substr(0, words.find('\n')));
    CHECK(received.text.empty());
    CHECK(read_stream(cursor, received, stamp_at(0) + " one\n" + words, chunk).strange);
    cursor.finish(received);
    CHECK(received.text == "one\n");
  }
}

TEST_CASE("B42: it is told in a resumed answer too, and what follows still counts", "[core][log]") {
  for (const std::size_t chunk : kChunkSizes) {
    LogCursor cursor;
    Received received;
    read_stream(cursor, received, stamp_at(0) + " one\n", chunk);
    CHECK(read_stream(cursor, received, "unable to retrieve container logs for x", chunk).strange);
    CHECK(
        read_stream(cursor, received, stamp_at(0) + " one\nnoise\n" + stamp_at(9) + " two\n", chunk).strange);
    CHECK(received.text == "one\ntwo\n");
    CHECK(received.gaps.empty());
  }
}

TEST_CASE("B42: a workload that writes such words is shown", "[core][log]") {
  check_text(
      stamp_at(0) + " unable to retrieve container logs for x\n" + stamp_at(1) + " {\"kind\":\"Status\"}",
      "unable to retrieve container logs for x\n{\"kind\":\"Status\"}");
}

TEST_CASE("a stamp that was cut is neither data nor an error", "[core][log]") {
  const std::string stamp = stamp_at(5) + " ";
  for (std::size_t size = 0; size <= stamp.size(); ++size) {
    LogCursor cursor;
    Received received;
    CHECK_FALSE(read_stream(cursor, received, stamp_at(0) + " one\n" + stamp.substr(0, size), 1).strange);
    cursor.finish(received);
    CHECK(received.text == "one\n");
  }
}

TEST_CASE("the end is proved by an answer that passes what is known and brings nothing new", "[core][log]") {
  LogCursor cursor;
  Received received;
  const std::string log = stamp_at(0) + " one\n" + stamp_at(5) + " rest";
  CHECK_FALSE(read_stream(cursor, received, log, 7).proves_end());  // all of it is new
  CHECK_FALSE(read_stream(cursor, received, log + " more", 7).proves_end());
  CHECK(read_stream(cursor, received, log + " more", 7).proves_end());
  CHECK_FALSE(
      read_stream(cursor, received, log.substr(0, 20), 7).proves_end());  // does not reach what is known
  CHECK_FALSE(read_stream(cursor, received, "", 7).proves_end());
}

TEST_CASE("an empty log is proved by asking twice", "[core][log]") {
  LogCursor cursor;
  Received received;
  CHECK(read_stream(cursor, received, "", 1).proves_end());
}

TEST_CASE("without stamps lines come whole and nothing is taken out", "[core][log]") {
  LogCursor::Options options;
  options.stamps = false;
  options.piece = 100;
  const std::string text = stamp_at(0) + " mine\nrpc error: mine\n\n" + xs(250) + "\nno newline";
  for (const std::size_t chunk : kChunkSizes) {
    LogCursor cursor(options);
    Received received;
    read_stream(cursor, received, text, chunk);
    CHECK_FALSE(cursor.since());
    cursor.finish(received);
    CHECK(received.text == text);
  }
}
