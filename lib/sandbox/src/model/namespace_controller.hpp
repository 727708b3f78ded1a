// Gives every namespace its service account `default`.
#pragma once

#include "model/bootstrap.hpp"
#include "model/controller.hpp"
#include "model/fields.hpp"

namespace daaa::sandbox {

class NamespaceController : public Controller {
 public:
  using Controller::Controller;
  void changed(Res res, const Change& change) override {
    if (res == Res::namespaces && change.type == Change::Type::added)
      queue_.add(name_of(change.object->object));
    if (res == Res::service_accounts && change.type == Change::Type::deleted)
      queue_.add(namespace_of(change.object->object));
  }
  bool work() override {
    bool any = false;
    while (const auto ns = queue_.pop(world_.now)) {
      const Ref home = world_.store.find(Res::namespaces, "", *ns);
      if (!home || being_deleted(home->object) || world_.store.find(Res::service_accounts, *ns, "default"))
        continue;
      add_service_account(world_, *ns, "default");
      any = true;
    }
    return any;
  }

 private:
  KeyQueue queue_;
};

}  // namespace daaa::sandbox
