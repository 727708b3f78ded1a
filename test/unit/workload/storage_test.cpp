// Volume sources: handles of the driver's three forms, hostPath, NFS, and paths that must not be.
#include "workload/storage.hpp"

#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

std::string mistake_of(const Values& values) {
  const auto sources = volume_sources(values);
  return sources ? std::string() : sources.error().message;
}

std::string handle(const Values& values, std::size_t index) {
  const auto sources = volume_sources(values);
  REQUIRE(sources);
  CHECK((*sources)[index].kind == "csi");
  CHECK((*sources)[index].body["driver"] == Json("spectrumscale.csi.ibm.com"));
  return (*sources)[index].body["volumeHandle"].as_string();
}

}  // namespace

TEST_CASE("volume handles have the driver's three forms", "[workload][storage]") {
  Values values;
  CHECK(handle(values, 0) == "16217308676025981087;099B6A7A:5EB99743;path=/gpfs/ess3000_4M/a2d2_cos");
  values.storage.handle_format = 4;
  CHECK(handle(values, 1) ==
        "16217308676025981087;099B6A7A:5EB99743;filesetName=a2d2_nfs;path=/gpfs/ess3000_4M/a2d2_nfs");
  CHECK(handle(values, 3) ==
        "16217308676025981087;099B6A7A:5EB99743;filesetName=models;path=/gpfs/ess3000_4M/models/A2D2-MDL");
  values.storage.handle_format = 7;
  CHECK(handle(values, 2) == "0;0;16217308676025981087;099B6A7A:5EB99743;;;/gpfs/ess3000_4M/a2d2_arc");
}

TEST_CASE("hostPath and NFS take the directories of GPFSlocal", "[workload][storage]") {
  Values values;
  values.storage.source = "hostPath";
  values.gpfs_local.cluster_id = "not used";
  CHECK((*volume_sources(values))[0].kind == "hostPath");
  CHECK((*volume_sources(values))[0].body ==
        json(R"({"path": "/gpfs/ess3000_4M/a2d2_cos", "type": "Directory"})"));
  values.storage.source = "nfs";
  values.storage.nfs.server = "10.0.0.7";
  CHECK((*volume_sources(values))[3].kind == "nfs");
  CHECK((*volume_sources(values))[3].body ==
        json(R"({"server": "10.0.0.7", "path": "/gpfs/ess3000_4M/models/A2D2-MDL"})"));
}

TEST_CASE("a volume has exactly the source that was asked for", "[workload][storage]") {
  for (const char* source : {"csi", "hostPath", "nfs"}) {
    auto workload = sample();
    workload.values.storage.source = source;
    workload.values.storage.nfs.server = "nfs.example";
    const auto run = rendered(workload);
    for (const char* kind : {"csi", "hostPath", "nfs"}) {
      CHECK((run.volumes[0].body["spec"].find(kind) != nullptr) == (std::string(kind) == source));
    }
  }
}

TEST_CASE("class and capacity reach volumes and claims, and the empty class stays one",
          "[workload][storage]") {
  auto workload = sample();
  workload.values.storage.class_name = "";
  workload.values.storage.capacity = "1.5Ti";
  const auto run = rendered(workload);
  REQUIRE(run.volumes[0].body["spec"].find("storageClassName"));
  CHECK(run.volumes[0].body["spec"]["storageClassName"] == Json(""));
  CHECK(run.claims[0].body["spec"]["storageClassName"] == Json(""));
  CHECK(run.volumes[0].body["spec"]["capacity"]["storage"] == Json("1.5Ti"));
  CHECK(run.claims[0].body["spec"]["resources"]["requests"]["storage"] == Json("1.5Ti"));
}

TEST_CASE("paths are brought into one form", "[workload][storage]") {
  Values values;
  values.gpfs_local.main_path = "/gpfs//fs1/";
  values.gpfs_local.cos_dir = "/./cos/";
  CHECK(handle(values, 0) == "16217308676025981087;099B6A7A:5EB99743;path=/gpfs/fs1/cos");
  values.gpfs_local.main_path = "/";
  CHECK(handle(values, 0) == "16217308676025981087;099B6A7A:5EB99743;path=/cos");
}

TEST_CASE("volumes that share a directory are refused by the names of their keys", "[workload][storage]") {
  Values values;
  values.gpfs_local.nfs_dir = "./a2d2_cos/";
  for (const char* source : {"csi", "hostPath"}) {
    values.storage.source = source;
    CHECK(
        mistake_of(values) ==
        R"(GPFSlocal.cosDir and GPFSlocal.nfsDir are both "/gpfs/ess3000_4M/a2d2_cos": a pod whose volumes share a directory never starts; give each its own)");
  }
}

TEST_CASE("a path that would end within the handle is refused", "[workload][storage]") {
  Values values;
  values.gpfs_local.arc_dir = "a;b";
  for (const int format : {3, 4, 7}) {
    values.storage.handle_format = format;
    CHECK(
        mistake_of(values) ==
        R"(GPFSlocal.arcDir makes the path "/gpfs/ess3000_4M/a;b": ";" would end it within the volume handle)");
  }
  values.gpfs_local.arc_dir = "arc";
  values.gpfs_local.main_path = "/gpfs/a=b";
  values.storage.handle_format = 3;
  CHECK(
      mistake_of(values) ==
      R"(GPFSlocal.mainPath makes the path "/gpfs/a=b/a2d2_cos": "=" would end it within the volume handle; storage.handleFormat 7 allows it)");
  values.storage.handle_format = 7;
  CHECK(mistake_of(values).empty());
  values.storage.source = "hostPath";
  values.gpfs_local.main_path = "/gpfs/a;b";
  CHECK(mistake_of(values).empty());
}

TEST_CASE("every mistake in a volume's source is told with its key", "[workload][storage]") {
  const auto with = [](auto change) {
    Values values;
    change(values);
    return mistake_of(values);
  };
  CHECK(with([](Values& v) { v.storage.source = "gpfs"; }) ==
        R"(storage.source "gpfs": csi, hostPath or nfs is needed)");
  CHECK(with([](Values& v) { v.storage.source = "nfs"; }) ==
        "storage.nfs.server is empty; storage.source nfs needs the server's name or address");
  CHECK(with([](Values& v) {
          v.storage.source = "nfs";
          v.storage.nfs.server = "host:/export";
        }) == R"(storage.nfs.server "host:/export": a host name or an address is needed, without a path)");
  CHECK(with([](Values& v) { v.gpfs_local.cluster_id = "1.6e19"; }) ==
        R"(GPFSlocal.clusterID "1.6e19": a decimal number is needed, as mmlscluster shows it)");
  CHECK(with([](Values& v) { v.gpfs_local.file_system_id = "099B6A7A-5EB99743"; }) ==
        R"(GPFSlocal.fileSystemID "099B6A7A-5EB99743": the form XXXXXXXX:XXXXXXXX in hexadecimal is needed)");
  CHECK(with([](Values& v) { v.storage.handle_format = 5; }) ==
        "storage.handleFormat 5: the driver knows handles of 3, 4 and 7 fields");
  CHECK(with([](Values& v) { v.gpfs_local.main_path = "gpfs/x"; }) ==
        R"(GPFSlocal.mainPath "gpfs/x": an absolute path is needed, as /gpfs/fs1)");
  CHECK(with([](Values& v) { v.gpfs_local.cos_dir = "a/../b"; }) ==
        R"(GPFSlocal.cosDir "a/../b": ".." is not allowed; write the path that is meant)");
  CHECK(with([](Values& v) { v.gpfs_local.mod_dir = "/"; }) ==
        "GPFSlocal.modDir is empty; name a directory below GPFSlocal.mainPath");
  CHECK(with([](Values& v) { v.gpfs_local.nfs_dir = "a\nb"; }) ==
        R"(GPFSlocal.nfsDir "a\nb": control characters are not allowed)");
}

TEST_CASE("a run with IBM's sample cluster id on CSI is warned about", "[workload][storage]") {
  auto workload = sample();
  REQUIRE(warnings_for(workload).size() == 1);
  CHECK(warnings_for(workload)[0].find("GPFSlocal.clusterID is 16217308676025981087, the sample") == 0);
  workload.values.gpfs_local.cluster_id = "7118073361626808055";
  CHECK(warnings_for(workload).empty());
  workload.values = Values();
  workload.values.storage.source = "hostPath";
  CHECK(warnings_for(workload).empty());
}

}  // namespace daaa::workload
