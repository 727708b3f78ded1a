// The persistent volume controller: volumes to claims and back.
#pragma once

#include <set>

#include "model/controller.hpp"

namespace daaa::sandbox {

class Binder : public Controller {
 public:
  using Controller::Controller;
  void changed(Res res, const Change& change) override;
  bool work() override;
  [[nodiscard]] std::optional<Time> next() const override;

 private:
  void sync_volume(const Json& pv);
  void sync_claim(const Json& claim);
  void sync_unbound(const Json& claim);
  void sync_requested(const Json& claim);
  void sync_bound(const Json& claim);
  void waits_for_volume(const Json& claim);
  void bind(const Json& claim, const Ref& pv);
  void set_volume_phase(Json pv, const std::string& phase, const std::string& message = {});
  void set_claim_phase(Json claim, const std::string& phase);
  void release(const Json& pv);
  void event(Res res, const Json& object, std::string_view type, std::string_view reason,
             std::string message);
  [[nodiscard]] Ref best_volume(const Json& claim) const;
  [[nodiscard]] Time next_resync() const;

  KeyQueue volumes_;
  KeyQueue claims_;
  std::set<std::string> unbound_;                          // claims that the next resync looks at again
  std::set<std::string> free_volumes_;                     // Available, without claimRef
  std::map<std::string, std::set<std::string>> reserved_;  // claim -> volumes whose claimRef names it
  Time resync_at_ = Time::max();
};

}  // namespace daaa::sandbox
