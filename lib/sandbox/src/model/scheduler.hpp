// Puts pods on the one node, or says why it cannot.
#pragma once

#include <set>

#include "model/controller.hpp"

namespace daaa::sandbox {

class Scheduler : public Controller {
 public:
  using Controller::Controller;
  void changed(Res res, const Change& change) override;
  bool work() override;
  [[nodiscard]] std::optional<Time> next() const override { return queue_.next(); }

 private:
  struct Waiting {
    int attempts = 0;
    Time not_before{};
  };
  // Empty where the pod fits. `pod` is not const because a claim may wait for its first consumer.
  std::string why_not(const Json& pod);
  std::string claims_missing(const Json& pod);
  std::string node_mismatch(const Json& pod) const;
  std::string resources_missing(const Json& pod) const;
  void assign(const Ref& pod);
  void refuse(const std::string& key, const Ref& pod, const std::string& why);

  KeyQueue queue_;
  std::map<std::string, Waiting> waiting_;  // unschedulable pods: any change of volumes or nodes wakes them
};

}  // namespace daaa::sandbox
