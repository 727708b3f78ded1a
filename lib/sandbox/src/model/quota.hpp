// ResourceQuota: what a namespace has used, and what would be too much.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "model/controller.hpp"

namespace daaa::sandbox {

// Why creating the object would exceed a quota: "exceeded quota: nopods, requested: pods=1, ...".
std::optional<std::string> quota_refusal(const World& world, Res res, const Json& object);

// Keeps status.hard and status.used of the quotas.
class QuotaController : public Controller {
 public:
  using Controller::Controller;
  void changed(Res res, const Change& change) override;
  bool work() override;

 private:
  KeyQueue quotas_;
  std::map<std::string, std::set<std::string>> of_namespace_;  // quotas by namespace
};

}  // namespace daaa::sandbox
