// The simulation: histories from consecutive seeds until one breaks a promise.
//
//   simulation                       10,000 histories
//   simulation --histories N --seed S
//   simulation --seed S --trace      one history, step by step
//   simulation --each-message N      the first N plans again and again: killed, cancelled and detached at
//   each message
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

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
  std::uint64_t each_message = 0;
  // One history of those that --each-message makes.
  std::uint64_t at_message = 0;
  std::string ending;
};

void usage() {
  std::puts(
      "usage: simulation [--histories N] [--seed S] [--trace] [--keep-going]\n"
      "  --histories N  how many (default 10000), from seed S on (default 1)\n"
      "  --seed S       alone: this one history only\n"
      "  --trace        prints every message and event of it\n"
      "  --keep-going   does not stop at the first broken promise\n"
      "  --each-message N      N plans, from seed S on: at each message in turn the client is killed and "
      "another\n"
      "                        attaches, removes or collects; or the run is cancelled, or detached\n"
      "  --at-message M --ending attach|remove|gc|cancel|detach|none    one of those, with --seed S");
}

// How a client's work ends where --each-message ends it.
struct Ending {
  const char* name;
  bool killed;
  After after;
  Happening::What stop;
};
constexpr Ending kEndings[] = {{"attach", true, After::attach, Happening::What::cancel},
                               {"remove", true, After::remove, Happening::What::cancel},
                               {"gc", true, After::collect, Happening::What::cancel},
                               {"cancel", false, After::remove, Happening::What::cancel},
                               {"detach", false, After::attach, Happening::What::detach}};

// The plan without any other end than the Job's own.
Plan undisturbed(std::uint64_t seed) {
  Plan plan = draw_plan(seed);
  plan.kill_at_step = 0;
  const auto ends = [](const Happening& h) {
    return h.what == Happening::What::cancel || h.what == Happening::What::detach ||
           h.what == Happening::What::lasting_denial;
  };
  plan.happenings.erase(std::remove_if(plan.happenings.begin(), plan.happenings.end(), ends),
                        plan.happenings.end());
  return plan;
}

Plan ended_at(std::uint64_t seed, std::uint64_t message, const Ending& ending) {
  Plan plan = undisturbed(seed);
  (ending.killed ? plan.kill_at_step : plan.stop_at_step) = message;
  plan.stop = ending.stop;
  plan.after = ending.after;
  return plan;
}

bool read_options(int argc, char** argv, Options& o) {
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
    } else if (word == "--each-message" && i + 1 < argc) {
      o.each_message = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--at-message" && i + 1 < argc) {
      o.at_message = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--ending" && i + 1 < argc) {
      o.ending = argv[++i];
    } else {
      return false;
    }
  }
  if (o.one && !counted) o.histories = 1;
  return o.histories > 0;
}

void print(const Statistics& s, double took) {
  std::printf(
      "%llu histories in %.1f s (%.2f ms each), %llu runs, %llu times a client of one, %.0f days of virtual "
      "time\n",
      static_cast<unsigned long long>(s.histories), took, took * 1000 / static_cast<double>(s.histories),
      static_cast<unsigned long long>(s.runs), static_cast<unsigned long long>(s.clients),
      std::chrono::duration<double>(s.virtual_time).count() / 86400);
  std::printf("%llu exchanges, %llu messages, %llu faults, %llu log lines, %llu gaps\n",
              static_cast<unsigned long long>(s.exchanges), static_cast<unsigned long long>(s.steps),
              static_cast<unsigned long long>(s.faults), static_cast<unsigned long long>(s.lines),
              static_cast<unsigned long long>(s.gaps));
  std::printf(
      "busiest minute: %llu requests; most open at once: %zu; most log taken while paused: %zu bytes; "
      "%llu sweeps by gc\nfirst clients ended:",
      static_cast<unsigned long long>(s.busiest_minute), s.most_open, s.most_while_paused,
      static_cast<unsigned long long>(s.collections));
  for (const auto& [verdict, count] : s.verdicts) {
    std::printf(" %s %llu", verdict.c_str(), static_cast<unsigned long long>(count));
  }
  std::puts("");
}

class Explorer {
 public:
  Explorer(const Options& options, const char* program) : options_(options), program_(program) {}

  // False: it broke a promise, and the first one ends all.
  bool play(Plan plan, const std::string& replay, std::uint64_t* steps = nullptr) {
    SimulatedNetwork::Trace trace;
    if (options_.trace) {
      std::printf("seed %llu: %s", static_cast<unsigned long long>(plan.seed), describe(plan).c_str());
      trace = [](const std::string& line) { std::puts(line.c_str()); };
    }
    const std::uint64_t seed = plan.seed;
    History history(std::move(plan), std::move(trace));
    const auto problem = history.run();
    history.add_to(statistics_);
    if (steps != nullptr) *steps = history.first_client_steps();
    if (!problem) return true;
    ++failed_;
    std::printf("seed %llu, history %llu: %s\n  step by step: %s %s --trace\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(statistics_.histories),
                problem->c_str(), program_, replay.c_str());
    return options_.keep_going;
  }

  void play_seeds() {
    for (std::uint64_t i = 0; i < options_.histories; ++i) {
      const std::uint64_t seed = options_.first_seed + i;
      if (!play(draw_plan(seed), "--seed " + std::to_string(seed))) return;
    }
  }

  void play_each_message() {
    for (std::uint64_t i = 0; i < options_.each_message; ++i) {
      const std::uint64_t seed = options_.first_seed + i;
      const std::string of_seed = "--seed " + std::to_string(seed) + " --at-message ";
      std::uint64_t messages = 0;
      if (!play(undisturbed(seed), of_seed + "0 --ending none", &messages)) return;
      for (std::uint64_t at = 1; at <= messages; ++at) {
        for (const Ending& ending : kEndings) {
          const std::string replay = of_seed + std::to_string(at) + " --ending " + ending.name;
          if (!play(ended_at(seed, at, ending), replay)) return;
        }
      }
    }
  }

  bool play_one_ending() {
    if (options_.ending == "none") return play(undisturbed(options_.first_seed), {}), true;
    for (const Ending& ending : kEndings) {
      if (options_.ending != ending.name) continue;
      play(ended_at(options_.first_seed, options_.at_message, ending), {});
      return true;
    }
    return false;
  }

  [[nodiscard]] const Statistics& statistics() const { return statistics_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }

 private:
  Options options_;
  const char* program_;
  Statistics statistics_;
  std::uint64_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    usage();
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
  const auto began = std::chrono::steady_clock::now();
  Explorer explorer(options, argv[0]);
  if (!options.ending.empty()) {
    if (!explorer.play_one_ending()) {
      usage();
      return 2;
    }
  } else if (options.each_message != 0) {
    explorer.play_each_message();
  } else {
    explorer.play_seeds();
  }
  print(explorer.statistics(),
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  std::printf("%llu histories kept every promise, %llu did not\n",
              static_cast<unsigned long long>(explorer.statistics().histories - explorer.failed()),
              static_cast<unsigned long long>(explorer.failed()));
  return explorer.failed() == 0 ? 0 : 1;
}
