// Finalizers that keep volumes and claims while they are in use.
#pragma once

#include <map>

#include "model/controller.hpp"

namespace daaa::sandbox {

class Protection : public Controller {
 public:
  using Controller::Controller;
  void changed(Res res, const Change& change) override;
  bool work() override;

 private:
  void count_users(const Json& pod, int step);

  KeyQueue volumes_;
  KeyQueue claims_;
  std::map<std::string, int> users_;  // claim -> scheduled pods that name it, ended ones included
};

}  // namespace daaa::sandbox
