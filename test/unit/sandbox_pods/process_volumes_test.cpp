// Volumes as a workload sees them.
#include "pods_fixture.hpp"

using namespace daaa::sandbox;
using daaa::sandbox::testing::Pods;
using daaa::sandbox::testing::Told;
namespace fs = std::filesystem;

namespace {

Mount csi(const std::string& volume, const std::string& path, const std::string& at, bool read_only) {
  Mount mount;
  mount.volume = volume;
  mount.path = at;
  mount.read_only = read_only;
  mount.source.kind = MountSource::Kind::csi;
  mount.source.path = path;
  mount.source.pv_name = "daaa-t1-" + volume + "-pv";
  return mount;
}

}  // namespace

TEST_CASE("a volume of the chart is read at its path and refuses writes", "[sandbox][pods]") {
  Pods pods;
  const std::string cos = pods.directory.path() + "/gpfs/ess3000_4M/a2d2_cos";
  fs::create_directories(cos);
  std::ofstream(cos + "/content.txt") << "a.png\n";
  auto what = Pods::shell("cat /data/cos/content.txt; echo x > /data/cos/new || echo refused");
  what.mounts = {csi("vol1", "/gpfs/ess3000_4M/a2d2_cos", "/data/cos", true)};
  const Told told = pods.finish(what);
  CHECK(told.log.find("a.png\n") == 0);
  CHECK(told.log.find("Read-only file system") != std::string::npos);
  CHECK(told.log.find("refused\n") != std::string::npos);
  CHECK_FALSE(fs::exists(cos + "/new"));
}

TEST_CASE("a model that the workload writes lies on the host and belongs to who runs the sandbox",
          "[sandbox][pods]") {
  Pods pods;
  const std::string models = pods.directory.path() + "/gpfs/models";
  fs::create_directories(models);
  auto what = Pods::shell(
      "umask 077; echo weights > /models/m.bin; stat -c %u /models/m.bin; test -O /models && echo mine");
  what.mounts = {csi("vol4", "/gpfs/models", "/models", false)};
  const Told told = pods.finish(what);
  CHECK(told.log == "1000680000\nmine\n");
  CHECK(testing::read_file(models + "/m.bin") == "weights\n");
}

TEST_CASE("an executable of the workspace and a working directory in it", "[sandbox][pods]") {
  Pods pods;
  const std::string workspace = pods.directory.path() + "/ws";
  fs::create_directories(workspace);
  std::ofstream(workspace + "/run.sh") << "#!/bin/sh\npwd; echo \"$#:$1\"\n";
  fs::permissions(workspace + "/run.sh", fs::perms::owner_all);
  auto what = Pods::shell("");
  what.command = {"/workspace/run.sh"};
  what.args = {"two words"};
  what.working_dir = "/workspace";
  Mount mount = csi("vol5", "/ws", "/workspace", false);
  what.mounts = {mount};
  CHECK(pods.finish(what).log == "/workspace\n1:two words\n");
}

TEST_CASE("containers of a pod share its emptyDir, other pods do not, and it goes with the pod",
          "[sandbox][pods]") {
  Pods pods;
  Mount mount;
  mount.volume = "cache";
  mount.path = "/cache";
  const auto with = [&](const std::string& script, const std::string& uid, const std::string& name) {
    auto what = Pods::shell(script, uid);
    what.container = name;
    what.mounts = {mount};
    return what;
  };
  pods.runtime->start(with("echo one > /cache/file", "pod-1", "init"));
  REQUIRE(pods.recorder.wait({"pod-1", "init"}, [](const Told& t) { return t.exit.has_value(); }));
  CHECK(pods.finish(with("cat /cache/file; mkdir -p /cache/a/b; chmod 0 /cache/a", "pod-1", "main")).log ==
        "one\n");
  CHECK(pods.finish(with("ls /cache", "pod-2", "main")).log.empty());
}

TEST_CASE("B24: a missing fileset is told again and again, and the container starts when it is there",
          "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("ls /data/nfs");
  what.mounts = {csi("vol2", "/gpfs/a2d2_nfs", "/data/nfs", true)};
  pods.runtime->start(what);
  const auto messages = pods.recorder.wait_for_mounts({"pod-1", "daaa-t1-vol2-pv"}, 2);
  REQUIRE(messages.size() >= 2);
  CHECK(messages[0].find("rpc error: code = Internal desc = lstat " + pods.directory.path() +
                         "/gpfs/a2d2_nfs: ") == 0);
  CHECK(messages[1] == messages[0]);
  CHECK_FALSE(pods.recorder.told({"pod-1", "main"}).running);
  fs::create_directories(pods.directory.path() + "/gpfs/a2d2_nfs/found");
  const Told told = pods.finished();
  CHECK(told.log == "found\n");
  CHECK(told.exit->exit_code == 0);
}

TEST_CASE("a container that waits for a volume takes no other container's room", "[sandbox][pods]") {
  Pods pods(1);
  auto waits = Pods::shell("echo never", "pod-w");
  waits.mounts = {csi("vol1", "/gpfs/none", "/data/cos", true)};
  pods.runtime->start(waits);
  pods.recorder.wait_for_mounts({"pod-w", "daaa-t1-vol1-pv"}, 1);
  CHECK(pods.run("echo ran").log == "ran\n");
}

TEST_CASE("a volume inside another is mounted whatever their order", "[sandbox][pods]") {
  Pods pods;
  fs::create_directories(pods.directory.path() + "/outer/inner");
  fs::create_directories(pods.directory.path() + "/other/deep");
  auto what = Pods::shell("ls /data/inner");
  what.mounts = {csi("v1", "/other", "/data/inner", true), csi("v2", "/outer", "/data", true)};
  CHECK(pods.finish(what).log == "deep\n");
}

TEST_CASE("a mount point that the read-only programs do not have is a StartError that names it",
          "[sandbox][pods]") {
  Pods pods;
  fs::create_directories(pods.directory.path() + "/v");
  auto what = Pods::shell("true");
  what.mounts = {csi("v1", "/v", "/usr/no/such/place", false)};
  const Told told = pods.finish(what);
  CHECK(told.exit->reason == "StartError");
  CHECK(told.exit->message.find("/usr/no") != std::string::npos);
}
