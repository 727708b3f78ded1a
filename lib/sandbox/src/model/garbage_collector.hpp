// Dependents of deleted owners, and the content of deleted namespaces.
#pragma once

#include <set>

#include "model/controller.hpp"

namespace daaa::sandbox {

class GarbageCollector : public Controller {
 public:
  using Controller::Controller;
  void changed(Res res, const Change& change) override;
  bool work() override;

 private:
  using Item = std::pair<Res, std::string>;
  void own(const Json& object, const Item& item, bool owned);
  void collect(const std::string& owner_uid);
  void serve_finalizers(Res res, const Ref& owner);
  void orphan_dependents(Res res, const Ref& owner);
  bool empty_namespace(const std::string& name);

  std::map<std::string, std::set<Item>> dependents_;  // by the owner's uid
  KeyQueue gone_;                                     // uids of removed owners
  std::map<std::string, Item> finalizing_;            // uid -> owner with a deletion finalizer
  KeyQueue owners_;                                   // uids of those to look at
  KeyQueue namespaces_;
};

}  // namespace daaa::sandbox
