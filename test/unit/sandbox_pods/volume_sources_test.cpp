// Where volumes lie, and what is said of those that are not there.
#include "pods/volume_sources.hpp"

#include "pods_fixture.hpp"

using namespace daaa::sandbox;
using daaa::sandbox::pods::remove_tree;
using daaa::sandbox::pods::VolumeSources;
namespace fs = std::filesystem;

namespace {

struct Places {
  testing::TemporaryDirectory directory, scratch;
  VolumeSources sources{directory.path(), scratch.path()};

  std::string error(const Mount& mount) const {
    const auto path = sources.resolve("uid-1", mount);
    REQUIRE_FALSE(path.has_value());
    return path.error().message;
  }
};

Mount csi(const std::string& path) {
  Mount mount;
  mount.volume = "vol1";
  mount.path = "/data/cos";
  mount.source.kind = MountSource::Kind::csi;
  mount.source.path = path;
  mount.source.pv_name = "daaa-t1-cos-pv";
  return mount;
}

Mount host(const std::string& path, const std::string& type = "") {
  Mount mount;
  mount.volume = "ws";
  mount.path = "/workspace";
  mount.source.kind = MountSource::Kind::host_path;
  mount.source.path = path;
  mount.source.host_type = type;
  return mount;
}

}  // namespace

TEST_CASE("a Spectrum Scale handle's path lies under the sandbox's directory", "[sandbox][pods]") {
  const Places places;
  fs::create_directories(places.directory.path() + "/gpfs/ess3000_4M/a2d2_cos");
  const auto path = places.sources.resolve("uid-1", csi("/gpfs/ess3000_4M/a2d2_cos"));
  REQUIRE(path.has_value());
  CHECK(*path == places.directory.path() + "/gpfs/ess3000_4M/a2d2_cos");
}

TEST_CASE("B24: a fileset that is not there is a failed mount that names the directory", "[sandbox][pods]") {
  const Places places;
  const std::string why = places.error(csi("/gpfs/none"));
  CHECK(why.find("rpc error: code = Internal desc = "
                 "lstat " +
                 places.directory.path() + "/gpfs/none: no such file or directory") == 0);
}

TEST_CASE("a volume's path cannot leave the sandbox's directory", "[sandbox][pods]") {
  const Places places;
  CHECK(places.error(csi("/gpfs/../../etc")).find("without `..`") != std::string::npos);
  CHECK(places.error(csi("gpfs")).find("must be absolute") != std::string::npos);
  CHECK(places.error(csi("")).find("must be absolute") != std::string::npos);
}

TEST_CASE("a hostPath is this machine's, checked by its type", "[sandbox][pods]") {
  const Places places;
  const std::string there = places.directory.path(), missing = there + "/missing";
  CHECK(places.sources.resolve("u", host(there)).has_value());
  CHECK(places.sources.resolve("u", host(there, "Directory")).has_value());
  CHECK(places.error(host(missing, "Directory")) ==
        "hostPath type check failed: " + missing + " is not a directory");
  CHECK(places.error(host(there, "File")).find(there + " is not a file") != std::string::npos);
  CHECK(places.error(host(missing)).find("stat " + missing + ": no such file or directory") !=
        std::string::npos);
  CHECK_FALSE(fs::exists(missing));
}

TEST_CASE("a hostPath is made only where its type asks for it", "[sandbox][pods]") {
  const Places places;
  const std::string directory = places.directory.path() + "/new/dir",
                    file = places.directory.path() + "/file";
  CHECK(places.sources.resolve("u", host(directory, "DirectoryOrCreate")).has_value());
  CHECK(fs::is_directory(directory));
  CHECK(places.sources.resolve("u", host(file, "FileOrCreate")).has_value());
  CHECK(fs::is_regular_file(file));
}

TEST_CASE("a subPath is made inside its volume and cannot leave it", "[sandbox][pods]") {
  const Places places;
  Mount mount = host(places.directory.path());
  mount.sub_path = "runs/t1";
  const auto path = places.sources.resolve("u", mount);
  REQUIRE(path.has_value());
  CHECK(fs::is_directory(places.directory.path() + "/runs/t1"));
  mount.sub_path = "../other";
  CHECK(places.error(mount).find("must stay inside the volume") != std::string::npos);
}

TEST_CASE("an emptyDir is shared by a pod's containers and goes with the pod", "[sandbox][pods]") {
  const Places places;
  Mount mount;
  mount.volume = "cache";
  const auto first = places.sources.resolve("uid-1", mount), again = places.sources.resolve("uid-1", mount);
  const auto other = places.sources.resolve("uid-2", mount);
  REQUIRE((first && again && other));
  CHECK(*first == *again);
  CHECK(*first != *other);
  places.sources.forget("uid-1");
  CHECK_FALSE(fs::exists(*first));
  CHECK(fs::exists(*other));
}

TEST_CASE("a tree whose rights were taken away is removed all the same", "[sandbox][pods]") {
  const testing::TemporaryDirectory directory;
  const std::string tree = directory.path() + "/tree";
  fs::create_directories(tree + "/a/b");
  std::ofstream(tree + "/a/b/file") << "x";
  fs::permissions(tree + "/a/b", fs::perms::none);
  fs::permissions(tree + "/a", fs::perms::none);
  remove_tree(tree);
  CHECK_FALSE(fs::exists(tree));
}
