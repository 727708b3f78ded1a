// The pods of a Job as attempts: numbered as they were created, each with its log's state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/run_types.hpp"
#include "model/objects.hpp"

namespace daaa::core {

class AttemptBook {
 public:
  // Takes a pod's present state in. Emits attempt notices when something a person would want to
  // know has changed, and log commands when its log can be read or has ended.
  void seen(const model::Pod& pod, LogMode log, Commands& out);
  void gone(const std::string& pod_uid, Commands& out);
  // All pods that are known and not in the list are gone. Returns those of them that were
  // never seen to run: nobody knows whether they did, and what they wrote.
  std::vector<std::string> only(const std::vector<model::Pod>& pods, Commands& out);
  void log_ended(const std::string& pod_uid);
  // Reads the tail of the last failed attempt's log (LogMode::tail).
  void read_tail(int lines, Commands& out);

  [[nodiscard]] const model::Pod* current() const;  // the youngest that has not ended
  [[nodiscard]] const model::Pod* youngest() const;
  [[nodiscard]] bool logs_done() const;
  [[nodiscard]] bool pods_gone() const;
  [[nodiscard]] int ended() const;
  [[nodiscard]] int failed() const;  // as the Job counts: pods that vanished are not seen to have failed
  [[nodiscard]] std::vector<Attempt> attempts() const;
  [[nodiscard]] std::vector<model::Pod> present() const;

 private:
  struct Entry {
    Attempt attempt;
    model::Pod pod;
    bool exists = true;
    bool log_open = false;
    bool log_begun = false;
    bool log_told_end = false;
  };
  Entry* find(const std::string& uid);
  void follow(Entry& entry, LogMode log, Commands& out);

  std::vector<Entry> entries_;
};

}  // namespace daaa::core
