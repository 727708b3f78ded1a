// The Job controller: pods for Jobs, retries, deadlines, conditions.
#pragma once

#include <map>
#include <set>

#include "model/controller.hpp"

namespace daaa::sandbox {

class JobController : public Controller {
 public:
  using Controller::Controller;
  void changed(Res res, const Change& change) override;
  bool work() override;
  // What was planned is planned anew when each Job is looked at.
  void restart();
  [[nodiscard]] std::optional<Time> next() const override { return queue_.next(); }

 private:
  // What the controller remembers of a Job beside its object, by uid.
  struct Memory {
    std::set<std::string> pods;               // keys of its pods
    std::set<std::string> counted_succeeded;  // uids
    std::set<std::string> counted_failed;
    std::set<std::string> suspended;  // uids of pods that a suspension took: they count for nothing
    std::vector<Time> failures;       // when counted pods ended, for the back-off
    int create_errors = 0;
    Time create_again{};
  };
  struct Pods {
    std::vector<Ref> active, terminating;
    int ready = 0;
  };
  struct Finish {
    bool success = false;
    std::string reason, message;
  };

  void sync(const std::string& key, const Ref& job);
  void forget(const std::string& uid);
  Pods look(Memory& memory, std::vector<std::string>& new_succeeded, std::vector<std::string>& new_failed);
  std::optional<Finish> verdict(const Json& job, const Memory& memory, const Pods& pods) const;
  void count_new(Json& job, const std::vector<std::string>& succeeded,
                 const std::vector<std::string>& failed);
  void release_pods(const Memory& memory, bool all);
  void suspend_or_resume(Json& job, Memory& memory, Pods& pods);
  void tell_end(const Json& job);
  void finish(Json& job, const Finish& how, const Pods& pods);
  void end_interim(Json& job, const Pods& pods);
  void make_pods(const std::string& key, const Json& job, Memory& memory, Pods& pods);
  bool make_pod(const Json& job, Memory& memory);
  Json pod_of(const Json& job);
  void creation_failed(const std::string& key, Memory& memory);
  void delete_active(const Json& job, const Pods& pods);
  void set_counters(Json& job, const Memory& memory, const Pods& pods) const;
  void add_condition(Json& job, const std::string& type, const std::string& reason,
                     const std::string& message) const;
  void after_finish(const std::string& key, const Json& job, const Memory& memory);
  Ref write(Json job);

  KeyQueue queue_;
  std::map<std::string, Memory> memory_;
  std::map<std::string, std::string> job_of_uid_;  // uid -> key
};

}  // namespace daaa::sandbox
