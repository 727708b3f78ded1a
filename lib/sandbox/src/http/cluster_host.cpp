#include "http/cluster_host.hpp"

#include <algorithm>

namespace daaa::sandbox {
namespace {
constexpr std::size_t kMostOnTheWay = 8u << 20;
}

void PostedReports::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  drained_.notify_all();
}

void PostedReports::carry(std::function<void(PodReports&)> report) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
  }
  boost::asio::post(io_, [this, report = std::move(report)] {
    report(*target_);
    after_();
  });
}

void PostedReports::container_waiting(const std::string& pod_uid, const std::string& container,
                                      std::string reason, std::string message) {
  carry([=](PodReports& to) { to.container_waiting(pod_uid, container, reason, message); });
}

void PostedReports::container_running(const std::string& pod_uid, const std::string& container, Time at) {
  carry([=](PodReports& to) { to.container_running(pod_uid, container, at); });
}

void PostedReports::container_exited(const std::string& pod_uid, const std::string& container,
                                     ContainerExit exit, Time at) {
  carry([=](PodReports& to) { to.container_exited(pod_uid, container, exit, at); });
}

void PostedReports::log_bytes(const std::string& pod_uid, const std::string& container,
                              std::string_view bytes, Time at) {
  {
    std::unique_lock lock(mutex_);
    drained_.wait(lock, [this] { return closed_ || bytes_on_the_way_ < kMostOnTheWay; });
    if (closed_) return;
    bytes_on_the_way_ += bytes.size();
  }
  carry([this, pod_uid, container, text = std::string(bytes), at](PodReports& to) {
    to.log_bytes(pod_uid, container, text, at);
    const std::lock_guard lock(mutex_);
    bytes_on_the_way_ -= text.size();
    drained_.notify_all();
  });
}

void PostedReports::mount_failed(const std::string& pod_uid, const std::string& volume, std::string message) {
  carry([=](PodReports& to) { to.mount_failed(pod_uid, volume, message); });
}

ClusterHost::ClusterHost(boost::asio::io_context& io)
    : io_(io),
      reports_(io),
      timer_(io),
      wall_start_(std::chrono::system_clock::now()),
      steady_start_(std::chrono::steady_clock::now()) {}

Time ClusterHost::now() const {
  return std::chrono::time_point_cast<Duration>(wall_start_) +
         (std::chrono::steady_clock::now() - steady_start_);
}

void ClusterHost::start(ClusterOptions options, PodRuntime& runtime) {
  cluster_ = std::make_unique<Cluster>(std::move(options), runtime, now());
  reports_.attach(cluster_.get(), [this] { after_change(); });
}

Response ClusterHost::handle(const Request& request) {
  Response response = cluster_->handle(request, now());
  after_change();
  return response;
}

Pull ClusterHost::pull(StreamId id, std::string& out, std::size_t max_bytes) {
  const Pull result = cluster_->pull(id, out, max_bytes, now());
  if (result == Pull::ended || result == Pull::cut) {
    wakers_.erase(id);
    early_.erase(id);
  }
  return result;
}

void ClusterHost::close(StreamId id) {
  cluster_->close(id);
  wakers_.erase(id);
  early_.erase(id);
}

void ClusterHost::on_ready(StreamId id, std::function<void()> wake) {
  if (early_.erase(id) > 0) {
    boost::asio::post(io_, std::move(wake));
  } else {
    wakers_[id] = std::move(wake);
  }
}

void ClusterHost::after_change() {
  for (const StreamId id : cluster_->take_ready()) {
    const auto it = wakers_.find(id);
    if (it == wakers_.end()) {
      early_.insert(id);
      continue;
    }
    boost::asio::post(io_, std::move(it->second));
    wakers_.erase(it);
  }
  const auto next = cluster_->next_deadline();
  timer_.cancel();
  if (!next) return;
  const Time present = now();  // what is due at once may be due at the beginning of time
  timer_.expires_after(*next <= present ? Duration(0) : *next - present);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    cluster_->advance(now());
    after_change();
  });
}

}  // namespace daaa::sandbox
