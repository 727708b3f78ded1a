// The simulation: histories from consecutive seeds until one breaks a promise.
//
//   simulation                       as many histories as DAAA_SIM_HISTORIES says, or 10,000
//   simulation --histories N --seed S
//   simulation --seed S --trace      one history, step by step
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "history.hpp"

namespace {

using namespace daaa::simulation;

constexpr std::uint64_t kHistories = 10'000;

struct Options {
  std::uint64_t histories = kHistories;
  std::uint64_t first_seed = 1;
  bool one = false;
  bool trace = false;
  bool keep_going = false;
};

void usage() {
  std::puts(
      "usage: simulation [--histories N] [--seed S] [--trace] [--keep-going]\n"
      "  --histories N  how many (default: $DAAA_SIM_HISTORIES, else 10000), from seed S on (default 1)\n"
      "  --seed S       alone: this one history only\n"
      "  --trace        prints every message and event of it\n"
      "  --keep-going   does not stop at the first broken promise");
}

bool read_options(int argc, char** argv, Options& o) {
  if (const char* text = std::getenv("DAAA_SIM_HISTORIES")) o.histories = std::strtoull(text, nullptr, 10);
  bool counted = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--trace") {
      o.trace = true;
    } else if (word == "--keep-going") {
      o.keep_going = true;
    } else if (word == "--seed" && i + 1 < argc) {
      o.first_seed = std::strtoull(argv[++i], nullptr, 10);
      o.one = true;
    } else if (word == "--histories" && i + 1 < argc) {
      o.histories = std::strtoull(argv[++i], nullptr, 10);
      counted = true;
    } else {
      return false;
    }
  }
  if (o.one && !counted) o.histories = 1;
  return o.histories > 0;
}

void print(const Statistics& s, double took) {
  std::printf("%llu histories in %.1f s (%.2f ms each), %llu clients, %.0f days of virtual time\n",
              static_cast<unsigned long long>(s.histories), took,
              took * 1000 / static_cast<double>(s.histories), static_cast<unsigned long long>(s.clients),
              std::chrono::duration<double>(s.virtual_time).count() / 86400);
  std::printf("%llu exchanges, %llu messages, %llu faults, %llu log lines, %llu gaps\n",
              static_cast<unsigned long long>(s.exchanges), static_cast<unsigned long long>(s.steps),
              static_cast<unsigned long long>(s.faults), static_cast<unsigned long long>(s.lines),
              static_cast<unsigned long long>(s.gaps));
  std::printf("busiest minute: %llu requests; most open at once: %zu\nfirst clients ended:",
              static_cast<unsigned long long>(s.busiest_minute), s.most_open);
  for (const auto& [verdict, count] : s.verdicts) {
    std::printf(" %s %llu", verdict.c_str(), static_cast<unsigned long long>(count));
  }
  std::puts("");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    usage();
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
  const auto began = std::chrono::steady_clock::now();
  Statistics statistics;
  std::uint64_t failed = 0;
  for (std::uint64_t i = 0; i < options.histories; ++i) {
    const std::uint64_t seed = options.first_seed + i;
    Plan plan = draw_plan(seed);
    SimulatedNetwork::Trace trace;
    if (options.trace) {
      std::printf("seed %llu: %s", static_cast<unsigned long long>(seed), describe(plan).c_str());
      trace = [](const std::string& line) { std::puts(line.c_str()); };
    }
    History history(std::move(plan), std::move(trace));
    const auto problem = history.run();
    history.add_to(statistics);
    if (!problem) continue;
    ++failed;
    std::printf("seed %llu, history %llu: %s\n  step by step: %s --seed %llu --trace\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(i + 1),
                problem->c_str(), argv[0], static_cast<unsigned long long>(seed));
    if (!options.keep_going) break;
  }
  print(statistics, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  std::printf("%llu histories kept every promise, %llu did not\n",
              static_cast<unsigned long long>(statistics.histories - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}
