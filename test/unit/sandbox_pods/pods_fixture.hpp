// What the tests of real pods share: a receiver of reports that can be waited on, a runtime with a
// directory of its own, and a look at what processes there are.
#pragma once

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "pods/process_runtime.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {

namespace fs = std::filesystem;

inline constexpr std::chrono::seconds kDeadline{60};  // of a whole wait; nothing here takes that long

struct Told {
  bool running = false;
  std::string log;
  std::optional<ContainerExit> exit;
  Time running_at{};
  Time exited_at{};
  std::vector<std::string> order;  // "running", "log", "exited", as they came
  std::pair<std::string, std::string> waiting;
};

class Recorder : public PodReports {
 public:
  using Key = std::pair<std::string, std::string>;

  void container_waiting(const std::string& pod, const std::string& container, std::string reason,
                         std::string message) override {
    change([&] { told_[{pod, container}].waiting = {std::move(reason), std::move(message)}; });
  }
  void container_running(const std::string& pod, const std::string& container, Time at) override {
    change([&] {
      Told& t = told_[{pod, container}];
      t.running = true;
      t.running_at = at;
      t.order.emplace_back("running");
    });
  }
  void container_exited(const std::string& pod, const std::string& container, ContainerExit exit,
                        Time at) override {
    change([&] {
      Told& t = told_[{pod, container}];
      t.exit = std::move(exit);
      t.exited_at = at;
      t.order.emplace_back("exited");
    });
  }
  void log_bytes(const std::string& pod, const std::string& container, std::string_view bytes,
                 Time) override {
    change([&] {
      Told& t = told_[{pod, container}];
      t.log += bytes;
      if (t.order.empty() || t.order.back() != "log") t.order.emplace_back("log");
    });
  }
  void mount_failed(const std::string& pod, const std::string& volume, std::string message) override {
    change([&] { mounts_[{pod, volume}].push_back(std::move(message)); });
  }

  // Waits until `done` holds for what was told of the container; false: the deadline passed.
  template <class Done>
  bool wait(const Key& container, Done done) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [&] { return done(std::as_const(told_[container])); });
  }
  std::vector<std::string> wait_for_mounts(const Key& volume, std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kDeadline, [&] { return mounts_[volume].size() >= count; });
    return mounts_[volume];
  }
  Told told(const Key& container) {
    const std::lock_guard lock(mutex_);
    return told_[container];
  }
  std::size_t running_now() {
    const std::lock_guard lock(mutex_);
    std::size_t n = 0;
    for (const auto& [key, t] : told_) n += t.running && !t.exit;
    return n;
  }

 private:
  template <class Change>
  void change(Change&& apply) {
    {
      const std::lock_guard lock(mutex_);
      apply();
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Told> told_;
  std::map<Key, std::vector<std::string>> mounts_;
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = (fs::temp_directory_path() / "daaa-pods-test-XXXXXX").string();
    if (mkdtemp(path.data())) path_ = path;
  }
  ~TemporaryDirectory() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Processes of which this one is an ancestor.
inline std::vector<int> descendants() {
  std::map<int, int> parents;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = read_file(entry.path() / "stat");
    const auto end = stat.rfind(')');
    if (end == std::string::npos) continue;
    std::istringstream rest(stat.substr(end + 1));
    char state = 0;
    int parent = 0;
    rest >> state >> parent;
    parents[std::stoi(name)] = parent;
  }
  std::vector<int> found;
  for (auto [pid, parent] : parents) {
    while (parent > 1 && parent != getpid()) parent = parents.count(parent) ? parents[parent] : 0;
    if (parent == getpid()) found.push_back(pid);
  }
  return found;
}

// A runtime on a directory of its own.
struct Pods {
  TemporaryDirectory directory;
  Recorder recorder;
  std::unique_ptr<ProcessRuntime> runtime;

  explicit Pods(std::size_t max_containers = 64) {
    ProcessOptions options;
    options.directory = directory.path();
    options.max_containers = max_containers;
    auto made = ProcessRuntime::create(options, recorder);
    INFO((made ? std::string() : made.error().to_string()));
    REQUIRE(made.has_value());
    runtime = std::move(*made);
  }

  // /bin/sh -c SCRIPT as container "main" of pod `uid`.
  static ContainerStart shell(const std::string& script, const std::string& uid = "pod-1") {
    ContainerStart what;
    what.ns = "dean";
    what.pod_name = "daaa-t1-job-abcde";
    what.pod_uid = uid;
    what.container = "main";
    what.image = "alpine:3.12";
    what.command = {"/bin/sh"};
    what.args = {"-c", script};
    return what;
  }

  Told finish(const ContainerStart& what) {
    runtime->start(what);
    return finished(what.pod_uid);
  }
  Told run(const std::string& script) { return finish(shell(script)); }
  Told finished(const std::string& uid = "pod-1") {
    const bool ended = recorder.wait({uid, "main"}, [](const Told& t) { return t.exit.has_value(); });
    REQUIRE(ended);
    return recorder.told({uid, "main"});
  }
  // Waits for words in the log: the workload has come so far.
  void reached(const std::string& words, const std::string& uid = "pod-1") {
    const bool there =
        recorder.wait({uid, "main"}, [&](const Told& t) { return t.log.find(words) != std::string::npos; });
    INFO("log: " << recorder.told({uid, "main"}).log);
    REQUIRE(there);
  }
};

}  // namespace daaa::sandbox::testing
