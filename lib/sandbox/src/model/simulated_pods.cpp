#include "model/simulated_pods.hpp"

#include <algorithm>
#include <charconv>

#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

// "250ms", "3s", "5m", "1h"; nullopt for anything else.
std::optional<Duration> parse_duration(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "ms") return std::chrono::milliseconds(value);
  if (unit == "s" || unit.empty()) return std::chrono::seconds(value);
  if (unit == "m") return std::chrono::minutes(value);
  if (unit == "h") return std::chrono::hours(value);
  return std::nullopt;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.emplace_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

// The n-th of "1,0,0"; the last one stands for all that follow.
int nth_code(std::string_view list, int n) {
  int code = 0;
  for (int i = 0; !list.empty(); ++i) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::from_chars(list.data(), list.data() + comma, code);
    if (i == n) break;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return code;
}

}  // namespace

SimulatedPods::SimulatedPods(SimulatedScript defaults, Scripter scripter)
    : defaults_(std::move(defaults)), scripter_(std::move(scripter)) {}

SimulatedScript SimulatedPods::script_for(const ContainerStart& what) {
  const Json* owner = controller_of(what.pod);
  const int nth = owner != nullptr ? job_starts_[(*owner)["uid"].as_string()]++ : what.attempt;
  if (scripter_) {
    if (auto script = scripter_(what)) return std::move(*script);
  }
  SimulatedScript script = defaults_;
  const Json& notes = what.pod["metadata"]["annotations"];
  const auto note = [&](const char* name) -> const std::string& {
    return notes["sandbox.daaa/" + std::string(name)].as_string();
  };
  script.duration = parse_duration(note("duration")).value_or(script.duration);
  script.start_delay = parse_duration(note("start-delay")).value_or(script.start_delay);
  if (!note("exit-code").empty()) script.exit.exit_code = nth_code(note("exit-code"), nth);
  script.ignore_term = script.ignore_term || note("ignore-term") == "true";
  std::vector<std::string> lines = lines_of(note("log"));
  int count = 0;
  const std::string& wanted = note("log-lines");
  std::from_chars(wanted.data(), wanted.data() + wanted.size(), count);
  for (int i = 1; i <= count; ++i)
    lines.push_back("line " + std::to_string(i) + " of " + std::to_string(count) + "\n");
  if (!lines.empty()) script.output.clear();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    script.output.emplace_back(
        script.duration * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(lines.size()),
        std::move(lines[i]));
  }
  return script;
}

void SimulatedPods::plan(const Key& key, Container& c) {
  unplan(key, c);
  c.planned = due(c);
  if (c.planned != Time::max()) agenda_.emplace(c.planned, key);
}

void SimulatedPods::unplan(const Key& key, const Container& c) { agenda_.erase({c.planned, key}); }

void SimulatedPods::start(const ContainerStart& what) {
  const Key key{what.pod_uid, what.container};
  Container& c = containers_[key];
  unplan(key, c);
  c = Container{};
  c.script = script_for(what);
  plan(key, c);
}

void SimulatedPods::stop(const std::string& pod_uid, const std::string& container,
                         std::chrono::seconds grace) {
  const auto it = containers_.find({pod_uid, container});
  if (it == containers_.end()) return;
  it->second.stop_grace = grace;
  plan(it->first, it->second);
}

void SimulatedPods::remove(const std::string& pod_uid) {
  auto it = containers_.lower_bound({pod_uid, std::string()});
  while (it != containers_.end() && it->first.first == pod_uid) {
    unplan(it->first, it->second);
    it = containers_.erase(it);
  }
}

void SimulatedPods::kill(const std::string& pod_uid, const std::string& container, ContainerExit exit) {
  const auto it = containers_.find({pod_uid, container});
  if (it == containers_.end()) return;
  it->second.killed = std::move(exit);
  plan(it->first, it->second);
}

Time SimulatedPods::due(const Container& c) {
  if (!c.begun || c.stop_grace || c.killed) return Time{};  // at once
  Time next = c.kill_at;
  if (c.script.never_starts) return next;
  const Time running = c.started + c.script.start_delay;
  if (!c.running) return std::min(next, running);
  next = std::min(next, running + c.script.duration);
  if (c.printed < c.script.output.size()) next = std::min(next, running + c.script.output[c.printed].first);
  return next;
}

std::optional<Time> SimulatedPods::next_deadline() const {
  return agenda_.empty() ? std::nullopt : std::optional(agenda_.begin()->first);
}

// Does what is due of one container; true where it has ended.
bool SimulatedPods::step(const Key& key, Container& c, Time now, PodReports& reports) {
  const auto end = [&](ContainerExit exit) {
    reports.container_exited(key.first, key.second, std::move(exit), now);
    return true;
  };
  if (!c.begun) {
    c.begun = true;
    c.started = now;
    if (c.script.never_starts) {
      reports.container_waiting(key.first, key.second, c.script.never_starts->first,
                                c.script.never_starts->second);
    }
  }
  if (c.killed) return end(*c.killed);
  if (c.stop_grace) {
    const bool at_once = c.stop_grace->count() == 0 || !c.running;
    if (at_once) return end({137, 0, "", ""});
    if (!c.script.ignore_term) return end({143, 0, "", ""});
    c.kill_at = std::min(c.kill_at, now + *c.stop_grace);
    c.stop_grace.reset();
  }
  if (c.kill_at <= now) return end({137, 0, "", ""});
  if (c.script.never_starts) return false;
  const Time running = c.started + c.script.start_delay;
  if (!c.running && running <= now) {
    c.running = true;
    reports.container_running(key.first, key.second, running);
  }
  if (!c.running) return false;
  for (; c.printed < c.script.output.size(); ++c.printed) {
    const Time at = running + c.script.output[c.printed].first;
    if (at > now) break;
    reports.log_bytes(key.first, key.second, c.script.output[c.printed].second, at);
  }
  if (running + c.script.duration > now) return false;
  reports.container_exited(key.first, key.second, c.script.exit, running + c.script.duration);
  return true;
}

void SimulatedPods::advance(Time now, PodReports& reports) {
  while (!agenda_.empty() && agenda_.begin()->first <= now) {
    const Key key = agenda_.begin()->second;
    // Reports may start and stop other containers, but this one stays until its step has ended.
    Container& c = containers_.at(key);
    unplan(key, c);
    c.planned = Time::max();
    if (step(key, c, now, reports)) {
      unplan(key, c);
      containers_.erase(key);
    } else {
      plan(key, c);
    }
  }
}

}  // namespace daaa::sandbox
