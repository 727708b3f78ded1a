// The thread that serves all containers, and the calls that reach it.
#include "process_runtime.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "container_set.hpp"
#include "file_descriptor.hpp"
#include "isolation.hpp"

namespace daaa::sandbox {
namespace {

using namespace pods;  // NOLINT: this file is their one user

// The directory of emptyDirs; one that we made ourselves goes when we go.
struct Scratch {
  std::string path;
  bool ours = false;
};

Result<Scratch> make_scratch(const std::string& wanted) {
  std::error_code error;
  if (!wanted.empty()) {
    std::filesystem::create_directories(wanted, error);
    if (error) return Error(ErrorKind::invalid_argument, "cannot make " + wanted + ": " + error.message());
    return Scratch{wanted, false};
  }
  std::string path = std::filesystem::temp_directory_path(error).string();
  if (error) path = "/tmp";
  path += "/daaa-pods-XXXXXX";
  if (!mkdtemp(path.data())) return system_error("cannot make a temporary directory for emptyDirs", errno);
  return Scratch{path, true};
}

// Signals are for the host's own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

timespec wait_until(SteadyTime when) {
  const auto left = std::max(SteadyTime::duration::zero(), when - std::chrono::steady_clock::now());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

}  // namespace

class ProcessRuntime::Loop {
 public:
  using Task = std::function<void(ContainerSet&, SteadyTime)>;

  Loop(ContainerSet containers, Scratch scratch, FileDescriptor waker)
      : containers_(std::move(containers)), scratch_(std::move(scratch)), waker_(std::move(waker)) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake(waker_);
    thread_.join();
    if (scratch_.ours) remove_tree(scratch_.path);
  }

  void post(Task task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake(waker_);
  }

 private:
  void run() {
    while (!over()) {
      auto polled = wait();
      const auto now = std::chrono::steady_clock::now();
      for (Task& task : take_tasks()) task(containers_, now);  // they add at the end and remove nothing
      containers_.serve_ready(polled, 1, now);
    }
  }

  bool over() {
    const std::lock_guard lock(mutex_);
    if (ending_) containers_.remove_all();
    return ending_ && tasks_.empty() && containers_.empty();
  }

  std::vector<pollfd> wait() {
    std::vector<pollfd> polled = {{waker_.get(), POLLIN, 0}};
    containers_.add_to(polled);
    const SteadyTime next = containers_.next();
    const timespec timeout = next == SteadyTime::max() ? timespec{} : wait_until(next);
    ppoll(polled.data(), polled.size(), next == SteadyTime::max() ? nullptr : &timeout, nullptr);
    return polled;
  }

  std::vector<Task> take_tasks() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = read(waker_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(tasks_, {});
  }

  ContainerSet containers_;  // the thread's alone
  Scratch scratch_;
  FileDescriptor waker_;
  std::mutex mutex_;
  std::vector<Task> tasks_;
  bool ending_ = false;
  std::thread thread_;
};

Result<std::unique_ptr<ProcessRuntime>> ProcessRuntime::create(ProcessOptions options, PodReports& reports) {
  auto guard = Guard::start();
  if (!guard) return std::move(guard).error();
  auto isolation = probe_isolation(*guard);
  if (!isolation) return std::move(isolation).error();
  auto scratch = make_scratch(options.scratch);
  if (!scratch) return std::move(scratch).error();
  auto waker = make_waker();
  if (!waker) return std::move(waker).error();
  Node node{std::move(*isolation), VolumeSources(options.directory, scratch->path), std::move(*guard),
            options.uid, options.gid};
  ContainerSet containers(std::move(node), options.max_containers, reports);
  auto loop = std::make_unique<Loop>(std::move(containers), std::move(*scratch), std::move(*waker));
  return std::unique_ptr<ProcessRuntime>(new ProcessRuntime(std::move(loop)));
}

ProcessRuntime::ProcessRuntime(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}

ProcessRuntime::~ProcessRuntime() = default;

void ProcessRuntime::start(const ContainerStart& what) {
  loop_->post([what](ContainerSet& containers, SteadyTime now) { containers.start(what, now); });
}

void ProcessRuntime::stop(const std::string& pod_uid, const std::string& container,
                          std::chrono::seconds grace) {
  loop_->post(
      [=](ContainerSet& containers, SteadyTime now) { containers.stop(pod_uid, container, grace, now); });
}

void ProcessRuntime::remove(const std::string& pod_uid) {
  loop_->post([=](ContainerSet& containers, SteadyTime) { containers.remove(pod_uid); });
}

}  // namespace daaa::sandbox
