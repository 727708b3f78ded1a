// The cluster model on a thread with a real clock: what the connections and the runtime talk to.
//
// Everything about the cluster happens on the thread that runs the io_context; only call(), post() and
// reports() may be used from elsewhere.
#pragma once

#include <utility>  // before Asio: Boost 1.74 forgets it in C++20

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>

#include "model/cluster.hpp"

namespace daaa::sandbox {

// Reports of a runtime's own thread, carried over to the cluster's. Log bytes are bounded: the reporter
// waits while too many are on their way, which keeps a workload that floods its log in check.
class PostedReports : public PodReports {
 public:
  PostedReports(boost::asio::io_context& io) : io_(io) {}
  void attach(PodReports* target, std::function<void()> after) {
    target_ = target;
    after_ = std::move(after);
  }
  // From here on nothing is carried and nobody waits.
  void close();

  void container_waiting(const std::string& pod_uid, const std::string& container, std::string reason,
                         std::string message) override;
  void container_running(const std::string& pod_uid, const std::string& container, Time at) override;
  void container_exited(const std::string& pod_uid, const std::string& container, ContainerExit exit,
                        Time at) override;
  void log_bytes(const std::string& pod_uid, const std::string& container, std::string_view bytes,
                 Time at) override;
  void mount_failed(const std::string& pod_uid, const std::string& volume, std::string message) override;

 private:
  void carry(std::function<void(PodReports&)> report);

  boost::asio::io_context& io_;
  PodReports* target_ = nullptr;
  std::function<void()> after_;
  std::mutex mutex_;
  std::condition_variable drained_;
  std::size_t bytes_on_the_way_ = 0;
  bool closed_ = false;
};

class ClusterHost {
 public:
  explicit ClusterHost(boost::asio::io_context& io);

  // Before the first request.
  void start(ClusterOptions options, PodRuntime& runtime);
  [[nodiscard]] PostedReports& reports() { return reports_; }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  // Real time that never goes back.
  [[nodiscard]] Time now() const;

  Response handle(const Request& request);
  Pull pull(StreamId id, std::string& out, std::size_t max_bytes);
  void close(StreamId id);
  // `wake` is called, not from within this class's calls, when the stream has something to pull.
  void on_ready(StreamId id, std::function<void()> wake);

  // Runs `work` on the cluster's thread and waits for its result.
  template <class Work>
  auto call(Work work) {
    using Value = std::invoke_result_t<Work, Cluster&, Time>;
    std::packaged_task<Value()> task([this, &work] {
      if constexpr (std::is_void_v<Value>) {
        work(*cluster_, now());
        after_change();
      } else {
        Value value = work(*cluster_, now());
        after_change();
        return value;
      }
    });
    auto result = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return result.get();
  }

 private:
  // Names woken streams and sets the timer for what is due next.
  void after_change();

  boost::asio::io_context& io_;
  PostedReports reports_;
  std::unique_ptr<Cluster> cluster_;
  boost::asio::steady_timer timer_;
  std::chrono::system_clock::time_point wall_start_;
  std::chrono::steady_clock::time_point steady_start_;
  std::unordered_map<StreamId, std::function<void()>> wakers_;
  std::unordered_set<StreamId> early_;  // ready before anybody waits
};

}  // namespace daaa::sandbox
