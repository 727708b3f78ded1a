// The node's own condition, and what becomes of its pods when it is silent.
#pragma once

#include "model/controller.hpp"

namespace daaa::sandbox {

class NodeController : public Controller {
 public:
  using Controller::Controller;
  void changed(Res, const Change&) override {}
  bool work() override;
  [[nodiscard]] std::optional<Time> next() const override;

  void lost();
  void regained();
  // The node object at the start.
  void register_node();

 private:
  void set_ready(bool ready);
  void mark_pods();
  void evict_pods();

  std::optional<Time> lost_at_;
  bool marked_ = false;
  bool evicted_ = false;
};

}  // namespace daaa::sandbox
