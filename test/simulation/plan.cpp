#include "plan.hpp"

#include <algorithm>

namespace daaa::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using What = Happening::What;

// One kind of fault often, all of them rarely, or none: single faults are found best alone.
Weather draw_weather(Dice& dice) {
  Weather w;
  constexpr int Weather::*kFaults[] = {
      &Weather::refused,   &Weather::request_lost, &Weather::request_late, &Weather::answer_lost,
      &Weather::cut,       &Weather::hang,         &Weather::twice,        &Weather::unauthenticated,
      &Weather::forbidden, &Weather::conflict,     &Weather::gone,         &Weather::throttled,
      &Weather::broken,    &Weather::clean_end,    &Weather::strange};
  const auto kind = dice.between(0, 9);
  if (kind >= 2 && kind < 6) {
    for (const auto fault : kFaults) w.*fault = static_cast<int>(dice.between(0, 40));
  } else if (kind >= 6) {
    const auto chosen = dice.between(1, 3);
    for (std::int64_t i = 0; i < chosen; ++i) {
      w.*kFaults[dice.between(0, std::size(kFaults) - 1)] = static_cast<int>(dice.between(50, 350));
    }
  }
  constexpr milliseconds kSlowest[] = {milliseconds(2), milliseconds(20), milliseconds(300),
                                       milliseconds(1500)};
  w.slowest = kSlowest[dice.between(0, 3)];
  return w;
}

std::string numbered_line(std::int64_t number, std::int64_t length) {
  std::string line = "line " + std::to_string(number) + " ";
  while (static_cast<std::int64_t>(line.size()) < length) line += static_cast<char>('a' + number % 26);
  return line + "\n";
}

sandbox::SimulatedScript draw_script(Dice& dice, int exit_code) {
  sandbox::SimulatedScript script;
  constexpr Duration kLengths[] = {milliseconds(1), milliseconds(300), seconds(5), seconds(60), seconds(900)};
  script.duration = dice.between(Duration(0), kLengths[dice.between(0, 4)]);
  script.start_delay = dice.between(Duration(0), Duration(milliseconds(500)));
  script.exit.exit_code = exit_code;
  script.ignore_term = dice.chance(150);
  const auto lines = dice.chance(150) ? 0 : dice.between(1, dice.chance(100) ? 300 : 40);
  const bool burst = dice.chance(200);  // many lines with one stamp
  for (std::int64_t i = 0; i < lines; ++i) {
    std::int64_t length = dice.between(0, 80);
    if (dice.chance(10)) length = dice.between(15'000, 40'000);
    std::string text = numbered_line(i, length);
    if (i + 1 == lines && dice.chance(300)) text.pop_back();
    const Duration at = burst ? script.duration / 2 : script.duration * i / lines;
    // Some lines are written in two goes.
    if (dice.chance(50) && text.size() > 4 && !burst) {
      script.output.emplace_back(at, text.substr(0, text.size() / 2));
      text.erase(0, text.size() / 2);
    }
    script.output.emplace_back(at, std::move(text));
  }
  return script;
}

void draw_attempts(RunPlan& plan, Dice& dice) {
  constexpr int kCodes[] = {1, 2, 3, 77, 137, 255};
  plan.backoff_limit = dice.between(0, 2);
  const auto failures = dice.between(0, 2);
  for (std::int64_t i = 0; i < failures; ++i) {
    plan.attempts.push_back({draw_script(dice, kCodes[dice.between(0, 5)])});
  }
  plan.attempts.push_back({draw_script(dice, dice.chance(800) ? 0 : kCodes[dice.between(0, 5)])});
}

Duration draw_moment(Dice& dice) {
  constexpr Duration kSpans[] = {milliseconds(300), seconds(3), seconds(20), seconds(120), seconds(600)};
  return dice.between(Duration(0), kSpans[dice.between(0, 4)]);
}

void draw_log(RunPlan& run, Dice& dice) {
  if (dice.chance(100)) run.log = LogMode::none;
  if (dice.chance(100)) run.log = LogMode::tail;
  run.by_line = dice.chance(200);
  run.slow_reader = dice.chance(150);
  if (dice.chance(60)) run.keep = dice.chance(500) ? Keep::always : Keep::on_failure;
}

void draw_happenings(Plan& plan, Dice& dice) {
  constexpr What kHarmless[] = {What::restart_server,
                                What::restart_losing_watch_cache,
                                What::restart_controllers,
                                What::compact,
                                What::black_out,
                                What::evict,
                                What::lose_node,
                                What::rotate_log,
                                What::end_logs,
                                What::clock_jump,
                                What::distrust};
  const auto count = dice.chance(300) ? 0 : dice.between(1, 4);
  for (std::int64_t i = 0; i < count; ++i) {
    Happening h;
    h.at = draw_moment(dice);
    h.what = kHarmless[dice.between(0, std::size(kHarmless) - 1)];
    h.amount = dice.between(0, 20);
    plan.happenings.push_back(h);
  }
  const auto end = dice.between(0, 99);
  if (end < 15) {
    plan.happenings.push_back({draw_moment(dice), What::cancel});
  } else if (end < 22) {
    plan.happenings.push_back({draw_moment(dice), What::detach});
  } else if (end < 27) {
    plan.happenings.push_back({draw_moment(dice), What::somebody_deletes_job});
  } else if (end < 29) {
    plan.happenings.push_back({draw_moment(dice), What::lasting_denial, dice.chance(500) ? 401 : 403});
  } else if (end < 45) {
    plan.kill_at_step = static_cast<std::uint64_t>(dice.between(1, dice.chance(500) ? 60 : 300));
  } else if (end < 50) {
    plan.runs.front().total = seconds(dice.between(1, 120));
  } else if (end < 53) {
    plan.name_taken = true;
  } else if (end < 60) {
    const auto deadline = dice.between(1, 60);
    plan.runs.front().active_deadline = deadline;
    if (dice.chance(600)) {
      // Before it, so that old controllers forget it.
      const Duration at = dice.between(Duration(milliseconds(200)), Duration(seconds(deadline)));
      plan.happenings.push_back({at, What::restart_controllers});
    }
  }
}

// More runs in the same Runner; some of them end before the others.
void draw_further_runs(Plan& plan, Dice& dice) {
  const auto count = dice.chance(200) ? dice.between(1, 3) : 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::size_t index = plan.runs.size();
    RunPlan& run = plan.runs.emplace_back();
    draw_attempts(run, dice);
    draw_log(run, dice);
    const auto end = dice.between(0, 99);
    if (end < 15) {
      plan.happenings.push_back({draw_moment(dice), What::cancel, 0, index});
    } else if (end < 25) {
      plan.happenings.push_back({draw_moment(dice), What::detach, 0, index});
    } else if (end < 30) {
      plan.happenings.push_back({draw_moment(dice), What::somebody_deletes_job, 0, index});
    } else if (end < 35) {
      run.total = seconds(dice.between(1, 120));
    }
  }
}

void draw_trouble_of_runs(Plan& plan, Dice& dice) {
  const auto some_run = [&] { return static_cast<std::size_t>(dice.between(0, plan.runs.size() - 1)); };
  if (dice.chance(50)) {
    constexpr const char* kReasons[] = {"CreateContainerConfigError", "InvalidImageName",
                                        "ErrImageNeverPull"};
    auto& attempts = plan.runs[some_run()].attempts;
    attempts[dice.between(0, attempts.size() - 1)].script.never_starts =
        std::pair(std::string(kReasons[dice.between(0, 2)]), std::string("as simulated"));
  }
  if (dice.chance(20)) plan.runs[some_run()].bad_image = true;
  if (dice.chance(60)) {
    const std::size_t run = some_run();
    Duration at{0};
    if (dice.chance(500)) {
      plan.runs[run].suspended = true;
    } else {
      at = draw_moment(dice);
      plan.happenings.push_back({at, What::suspend, 0, run});
    }
    plan.happenings.push_back({at + draw_moment(dice), What::resume, 0, run});
  }
  if (dice.chance(10)) {
    // A line that is longer than what is kept of one.
    auto& script = plan.runs[some_run()].attempts.back().script;
    const Duration at = script.output.empty() ? script.duration / 2 : script.output.front().first;
    script.output.insert(script.output.begin(),
                         {at, numbered_line(999'999, dice.between(900'000, 1'400'000))});
  }
  if (dice.chance(40)) plan.happenings.push_back({draw_moment(dice), What::collect});
}

}  // namespace

const char* to_string(What what) {
  switch (what) {
    case What::restart_server:
      return "the API server restarts";
    case What::restart_losing_watch_cache:
      return "the API server restarts without its watch cache";
    case What::restart_controllers:
      return "the controller manager restarts";
    case What::compact:
      return "history is compacted";
    case What::black_out:
      return "packets vanish";
    case What::evict:
      return "a pod is evicted";
    case What::lose_node:
      return "the node is lost for a while";
    case What::rotate_log:
      return "logs are rotated";
    case What::end_logs:
      return "the kubelet ends log streams";
    case What::clock_jump:
      return "the wall clock jumps";
    case What::distrust:
      return "the client was stopped and continues";
    case What::somebody_deletes_job:
      return "somebody deletes the Job";
    case What::lasting_denial:
      return "all rights are lost";
    case What::cancel:
      return "the run is cancelled";
    case What::detach:
      return "the run is detached";
    case What::suspend:
      return "somebody suspends the Job";
    case What::resume:
      return "somebody lets the Job go on";
    case What::collect:
      return "gc looks for what is left";
  }
  return "?";
}

const char* to_string(After after) {
  switch (after) {
    case After::attach:
      return "attach";
    case After::remove:
      return "remove";
    case After::collect:
      return "gc";
  }
  return "?";
}

bool RunPlan::may_never_start() const {
  return bad_image || std::any_of(attempts.begin(), attempts.end(), [](const auto& attempt) {
           return attempt.script.never_starts.has_value();
         });
}

bool Plan::has(Happening::What what) const {
  return std::any_of(happenings.begin(), happenings.end(), [what](const auto& h) { return h.what == what; });
}

bool Plan::has(Happening::What what, std::size_t run) const {
  return std::any_of(happenings.begin(), happenings.end(),
                     [&](const auto& h) { return h.what == what && h.run == run; });
}

bool Plan::calm() const {
  const bool timely = std::all_of(runs.begin(), runs.end(), [](const RunPlan& r) {
    return r.total.count() == 0 && !r.suspended && !r.may_never_start();
  });
  return weather.calm() && happenings.empty() && kill_at_step == 0 && stop_at_step == 0 && timely &&
         !name_taken;
}

Plan draw_plan(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan;
  plan.seed = seed;
  plan.old_server = dice.chance(400);
  plan.weather = draw_weather(dice);
  draw_attempts(plan.runs.emplace_back(), dice);
  draw_log(plan.runs.front(), dice);
  draw_happenings(plan, dice);
  plan.after = dice.chance(500) ? After::attach : After::remove;
  if (dice.chance(300)) plan.after = After::collect;
  draw_further_runs(plan, dice);
  draw_trouble_of_runs(plan, dice);
  if (plan.runs.size() > 1 && dice.chance(300)) plan.most_open_logs = 1;
  std::stable_sort(plan.happenings.begin(), plan.happenings.end(),
                   [](const Happening& a, const Happening& b) { return a.at < b.at; });
  return plan;
}

std::string describe(const Plan& plan) {
  std::string text = std::string(plan.old_server ? "Kubernetes 1.20" : "Kubernetes 1.36") + "\n";
  for (const auto& run : plan.runs) {
    text += "  a run: " + std::to_string(run.attempts.size()) + " attempt(s) planned, backoffLimit " +
            std::to_string(run.backoff_limit) + (run.suspended ? ", suspended" : "") +
            (run.bad_image ? ", an image that does not exist" : "") +
            (run.log != LogMode::follow ? ", log not followed" : "") +
            (run.slow_reader ? ", a slow reader" : "") + (run.keep != Keep::never ? ", kept" : "") +
            (run.total.count() > 0 ? ", in " + std::to_string(run.total.count()) + " s" : "") +
            (run.active_deadline ? ", activeDeadlineSeconds " + std::to_string(*run.active_deadline) : "") +
            "\n";
    for (const auto& attempt : run.attempts) {
      const auto ms = std::chrono::duration_cast<milliseconds>(attempt.script.duration).count();
      text += "    attempt: " + std::to_string(ms) + " ms, " + std::to_string(attempt.script.output.size()) +
              " writes, exit " + std::to_string(attempt.script.exit.exit_code) +
              (attempt.script.never_starts ? ", never starts: " + attempt.script.never_starts->first : "") +
              "\n";
    }
  }
  for (const auto& h : plan.happenings) {
    const auto ms = std::chrono::duration_cast<milliseconds>(h.at).count();
    text += "  at " + std::to_string(ms) + " ms " + to_string(h.what) +
            (h.run != 0 ? " (run " + std::to_string(h.run + 1) + ")" : "") + "\n";
  }
  if (plan.kill_at_step != 0)
    text += "  the client is killed at message " + std::to_string(plan.kill_at_step) + "\n";
  if (plan.stop_at_step != 0)
    text += "  at message " + std::to_string(plan.stop_at_step) + " " + to_string(plan.stop) + "\n";
  if (plan.most_open_logs != 0) text += "  logs at once: " + std::to_string(plan.most_open_logs) + "\n";
  return text + "  then, where needed: " + to_string(plan.after) + "\n";
}

}  // namespace daaa::simulation
