// All containers of a runtime, served by one thread: who may start, who is due, who is gone.
#pragma once

#include <poll.h>

#include <list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "container.hpp"

namespace daaa::sandbox::pods {

class ContainerSet {
 public:
  ContainerSet(Node node, std::size_t max_active, PodReports& reports);

  void start(const ContainerStart& what, SteadyTime now);
  void stop(const std::string& pod_uid, const std::string& container, std::chrono::seconds grace,
            SteadyTime now);
  void remove(const std::string& pod_uid);
  void remove_all();
  [[nodiscard]] bool empty() const { return containers_.empty(); }

  // Two entries a container, in a fixed order, for serve_ready().
  void add_to(std::vector<pollfd>& wanted) const;
  // Serves those whose entries (from `first` on) are ready or whose time has come, and starts those that may.
  void serve_ready(const std::vector<pollfd>& polled, std::size_t first, SteadyTime now);
  [[nodiscard]] SteadyTime next() const;

 private:
  void start_waiting(SteadyTime now);
  void drop_ended();
  [[nodiscard]] std::size_t active() const;

  Node node_;
  std::size_t max_active_;
  PodReports& reports_;
  std::list<Container> containers_;       // in the order of start()
  std::set<std::string> pods_to_forget_;  // removed, with processes that are still dying
};

}  // namespace daaa::sandbox::pods
