// What to run and where its data lies: the chart's values.yaml, and what libdaaa adds to it.
//
// What       One struct with the chart's defaults. Fill it in C++, or lay files and `--set`
//            assignments over it; later ones win, key by key.
// Ownership  A plain value.
// Threads    As any value.
// Errors     invalid_argument names the file, the line and the key, and for an unknown key the
//            nearest known one. After an error the Values are as they were before the call.
// Not        Values are data: none of them can change the structure of a rendered object.
// Sources    helm/daaa/values.yaml 0.0.2 of IBM/ibm-spectrum-scale-daaa; keys beyond it are
//            explained by documented_values().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daaa/export.hpp"
#include "daaa/json.hpp"
#include "daaa/result.hpp"

namespace daaa {

struct DAAA_EXPORT Values {
  // The chart's keys.
  struct GpfsLocal {
    std::string cluster_id = "16217308676025981087";  // IBM's sample, not a real cluster's
    std::string file_system_id = "099B6A7A:5EB99743";
    std::string main_path = "/gpfs/ess3000_4M";
    std::string arc_dir = "a2d2_arc";
    std::string nfs_dir = "a2d2_nfs";
    std::string cos_dir = "a2d2_cos";
    std::string mod_dir = "models/A2D2-MDL";
  } gpfs_local;
  struct Image {
    std::string name = "alpine";
    std::string tag = "3.12";
    std::string pull_policy = "IfNotPresent";
  } image;
  struct User {
    std::string uid;  // decimal, or empty: the cluster gives one
    std::string gid;
    std::string pvc = "dean-workspace-pvc";
    std::string command = "run.sh";  // relative to /workspace
    // Beyond the chart.
    std::vector<std::string> args;
    std::string interpreter = "/bin/sh";
  } user;
  std::string name_override;
  std::string fullname_override;

  // Beyond the chart.
  struct Storage {
    std::string source = "csi";  // csi, hostPath or nfs
    std::string class_name = "static";
    std::string capacity = "100Gi";
    int handle_format = 3;  // fields of the CSI volume handle: 3, 4 or 7
    struct Nfs {
      std::string server;  // with source nfs; the directories are those of gpfs_local
    } nfs;
  } storage;
  struct JobSpec {
    std::int64_t backoff_limit = 3;
    std::optional<std::int64_t> active_deadline_seconds;
    std::optional<std::int64_t> ttl_seconds_after_finished;
    std::optional<std::int64_t> termination_grace_period_seconds;
    bool suspend = false;
  } job;
  std::map<std::string, std::string> env;
  Json resources;  // as in a container: {"requests": {...}, "limits": {...}}
  std::map<std::string, std::string> node_selector;
  Json tolerations;  // arrays and objects as Kubernetes writes them
  Json affinity;
  std::string service_account_name;
  std::vector<std::string> image_pull_secrets;
  std::vector<std::int64_t> supplemental_groups;
  std::string priority_class_name;
  std::map<std::string, std::string> labels;  // added to every object
  std::map<std::string, std::string> annotations;
  enum class Hardening { automatic, on, off } hardening = Hardening::automatic;
  struct SeLinux {
    std::string level;          // "s0:c26,c5"; empty: the cluster's choice
    std::string change_policy;  // MountOption, Recursive or empty
  } se_linux;
  std::string fs_group_change_policy;  // Always, OnRootMismatch or empty

  // Lays a values.yaml over these values. `where` names it in errors.
  Result<void> merge_yaml(std::string_view text, const std::string& where);
  // The same from a file.
  Result<void> merge_file(const std::string& path);
  // One assignment "path=value": the value is literal up to its end, its type that of the key;
  // "\." in the path is a dot within a key.
  Result<void> set(std::string_view assignment);
};

// The defaults as a commented values.yaml: what `daaa values` prints.
DAAA_EXPORT std::string documented_values();

}  // namespace daaa
