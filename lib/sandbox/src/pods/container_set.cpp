// The containers of a runtime.
#include "container_set.hpp"

#include <algorithm>
#include <utility>

namespace daaa::sandbox::pods {

ContainerSet::ContainerSet(Node node, std::size_t max_active, PodReports& reports)
    : node_(std::move(node)), max_active_(max_active), reports_(reports) {}

void ContainerSet::start(const ContainerStart& what, SteadyTime now) { containers_.emplace_back(what, now); }

void ContainerSet::stop(const std::string& pod_uid, const std::string& container, std::chrono::seconds grace,
                        SteadyTime now) {
  for (Container& c : containers_)
    if (c.pod_uid() == pod_uid && c.name() == container) c.stop(grace, reports_, now);
}

void ContainerSet::remove(const std::string& pod_uid) {
  pods_to_forget_.insert(pod_uid);
  for (Container& c : containers_)
    if (c.pod_uid() == pod_uid) c.abandon();
}

void ContainerSet::remove_all() {
  for (Container& c : containers_) {
    pods_to_forget_.insert(c.pod_uid());
    c.abandon();
  }
  drop_ended();
}

void ContainerSet::add_to(std::vector<pollfd>& wanted) const {
  for (const Container& c : containers_) {
    wanted.push_back({c.status_descriptor(), POLLIN, 0});
    wanted.push_back({c.output_descriptor(), POLLIN, 0});
  }
}

void ContainerSet::serve_ready(const std::vector<pollfd>& polled, std::size_t first, SteadyTime now) {
  std::size_t at = first;
  for (Container& c : containers_) {
    // Containers that were added since the poll have no entry yet.
    const bool ready = at + 1 < polled.size() && (polled[at].revents != 0 || polled[at + 1].revents != 0);
    if (ready || c.next() <= now) c.serve(reports_, now);
    at += 2;
  }
  start_waiting(now);
  drop_ended();
}

void ContainerSet::start_waiting(SteadyTime now) {
  std::size_t running = active();
  for (Container& c : containers_) {
    if (running >= max_active_) return;
    if (!c.due(now)) continue;
    c.start(node_, reports_, now);
    if (c.active()) ++running;
  }
}

void ContainerSet::drop_ended() {
  containers_.remove_if([](const Container& c) { return c.ended(); });
  for (auto pod = pods_to_forget_.begin(); pod != pods_to_forget_.end();) {
    const bool lives = std::any_of(containers_.begin(), containers_.end(),
                                   [&](const Container& c) { return c.pod_uid() == *pod; });
    if (!lives) node_.volumes.forget(*pod);
    pod = lives ? std::next(pod) : pods_to_forget_.erase(pod);
  }
}

std::size_t ContainerSet::active() const {
  return static_cast<std::size_t>(
      std::count_if(containers_.begin(), containers_.end(), [](const Container& c) { return c.active(); }));
}

// With no room a container that waits for it is not due by the clock: an end makes room.
SteadyTime ContainerSet::next() const {
  const bool room = active() < max_active_;
  SteadyTime earliest = SteadyTime::max();
  for (const Container& c : containers_)
    if (c.active() || room) earliest = std::min(earliest, c.next());
  return earliest;
}

}  // namespace daaa::sandbox::pods
