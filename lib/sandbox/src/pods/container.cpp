// The way of one container.
#include "container.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "start_error.hpp"

namespace daaa::sandbox::pods {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kReadAtOnce = 256 * 1024;  // per turn, so that one container cannot starve the others
constexpr std::size_t kSetupWords = 64 * 1024;   // more than bwrap ever says about a failed start
constexpr milliseconds kLongestBackoff{10'000};
constexpr int kStartErrorCode = 128;
constexpr int kKilledCode = 137;

Time wall_clock() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::vector<std::string> words_of(const ContainerStart& what) {
  std::vector<std::string> words = what.command;
  words.insert(words.end(), what.args.begin(), what.args.end());
  return words;
}

std::uint32_t id_or(std::optional<std::int64_t> asked, std::uint32_t fallback) {
  return asked ? static_cast<std::uint32_t>(*asked) : fallback;
}

Launch launch_of(const ContainerStart& what, const Node& node) {
  Launch launch;
  launch.argv = words_of(what);
  launch.env = what.env;
  if (!what.working_dir.empty()) launch.working_dir = what.working_dir;
  launch.hostname = hostname_of_pod(what.pod_name);
  launch.uid = id_or(what.run_as_user, node.uid);
  launch.gid = id_or(what.run_as_group, node.gid);
  return launch;
}

// The kubelet names the volume of a claim by its PV.
const std::string& name_in_events(const Mount& mount) {
  return mount.source.pv_name.empty() ? mount.volume : mount.source.pv_name;
}

}  // namespace

Container::Container(ContainerStart what, SteadyTime now) : what_(std::move(what)), try_at_(now) {}

void Container::start(const Node& node, PodReports& reports, SteadyTime now) {
  const auto launch = prepare(node, reports, now);
  if (!launch) return;
  auto process = ContainerProcess::launch(node.isolation, *launch, &node.guard);
  if (!process) {
    report_exit(reports, {kStartErrorCode, 0, "StartError", process.error().to_string()});
    return;
  }
  process_.emplace(std::move(*process));
  launched_ = now;
  look_at_ = now + milliseconds(1);
}

std::optional<Launch> Container::prepare(const Node& node, PodReports& reports, SteadyTime now) {
  if (what_.command.empty()) {
    reports.container_waiting(
        what_.pod_uid, what_.container, "CreateContainerError",
        "no command specified: the sandbox has no images, so it cannot know the command of " + what_.image +
            "; give the container a `command`");
    try_at_ = SteadyTime::max();
    return std::nullopt;
  }
  Launch launch = launch_of(what_, node);
  if (!bind_mounts(launch, node.volumes, reports, now)) return std::nullopt;
  return launch;
}

bool Container::bind_mounts(Launch& launch, const VolumeSources& volumes, PodReports& reports,
                            SteadyTime now) {
  bool complete = true;
  for (const Mount& mount : what_.mounts) {
    auto source = volumes.resolve(what_.pod_uid, mount);
    if (source)
      launch.mounts.push_back({std::move(*source), mount.path, mount.read_only});
    else
      reports.mount_failed(what_.pod_uid, name_in_events(mount), source.error().message);
    complete = complete && source.has_value();
  }
  if (!complete) retry_later(now);
  return complete;
}

void Container::retry_later(SteadyTime now) {
  try_at_ = now + backoff_;
  backoff_ = std::min(backoff_ * 2, kLongestBackoff);
}

void Container::stop(std::chrono::seconds grace, PodReports& reports, SteadyTime now) {
  if (ended_) return;
  if (!process_) {  // as the kubelet writes it for a container that it never had
    report_exit(reports, {kKilledCode, 0, "ContainerStatusUnknown",
                          "The container could not be located when the pod was terminated"});
    return;
  }
  stopping_ = true;
  process_->signal(grace.count() > 0 ? SIGTERM : SIGKILL);
  kill_at_ = std::min(kill_at_, now + grace);
}

void Container::abandon() {
  silent_ = true;
  if (process_)
    process_->signal(SIGKILL);
  else
    ended_ = true;
}

void Container::serve(PodReports& reports, SteadyTime now) {
  if (!process_) return;
  const bool over = process_->read_status();
  if (!running_ && process_->workload_runs()) begin_running(reports);
  take_output(process_->read_output(kReadAtOnce), reports);
  if (over) return finish(reports);
  if (now >= kill_at_) {
    process_->signal(SIGKILL);
    kill_at_ = SteadyTime::max();
  }
  // Setting up takes some milliseconds; a slow one is asked less often.
  look_at_ = running_ ? SteadyTime::max()
                      : now + milliseconds(1) +
                            std::min<SteadyTime::duration>((now - launched_) / 8, milliseconds(20));
}

SteadyTime Container::next() const {
  if (ended_) return SteadyTime::max();
  return process_ ? std::min(kill_at_, look_at_) : try_at_;
}

// What arrives before the workload is known to run is bwrap's own complaint, or the workload was
// quicker than we looked: that is settled when it runs or has ended.
void Container::take_output(std::string bytes, PodReports& reports) {
  if (bytes.empty()) return;
  if (!running_) {
    early_ += bytes;
    if (early_.size() > kSetupWords) begin_running(reports);
  } else if (!silent_) {
    reports.log_bytes(what_.pod_uid, what_.container, bytes, wall_clock());
  }
}

void Container::begin_running(PodReports& reports) {
  running_ = true;
  if (!silent_) reports.container_running(what_.pod_uid, what_.container, wall_clock());
  take_output(std::exchange(early_, {}), reports);
  // A TERM that came earlier met bwrap as the first process of its namespace, which ignores it.
  if (stopping_ && kill_at_ != SteadyTime::max()) process_->signal(SIGTERM);
}

void Container::finish(PodReports& reports) {
  const auto end = process_->end();
  if (end.executed && !running_) begin_running(reports);
  for (std::string rest = process_->read_output(kReadAtOnce); !rest.empty();
       rest = process_->read_output(kReadAtOnce))
    take_output(std::move(rest), reports);
  process_.reset();
  if (running_)
    report_exit(reports, {end.exit_code, 0, "", ""});
  else if (stopping_)
    report_exit(reports, {kKilledCode, 0, "", ""});
  else
    report_exit(reports, {kStartErrorCode, 0, "StartError", start_error(words_of(what_).front(), early_)});
}

void Container::report_exit(PodReports& reports, ContainerExit exit) {
  ended_ = true;
  if (!silent_) reports.container_exited(what_.pod_uid, what_.container, std::move(exit), wall_clock());
}

}  // namespace daaa::sandbox::pods
