// daaa-sandbox: a cluster for one command, or until it is interrupted.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "daaa/sandbox/sandbox.hpp"
#include "daaa/version.hpp"
#include "program/command.hpp"

namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using daaa::sandbox::Pods;
using daaa::sandbox::Sandbox;
using daaa::sandbox::SandboxOptions;
using daaa::sandbox::ServerVersion;

constexpr int kUsage = 120;
constexpr int kInternal = 125;

constexpr const char* kHelp = R"(daaa sandbox - a Kubernetes cluster in one process, to try workloads on

  daaa sandbox [OPTIONS] [-- COMMAND [ARG...]]

It listens on a free loopback port and runs COMMAND with KUBECONFIG set; its exit status is COMMAND's.
Without COMMAND it serves until it is interrupted. Namespace `dean` has the bound claim `dean-workspace-pvc`.

)";

constexpr const char* kHelpTail = R"(
The sandbox is for trying and testing: one node, nothing is kept. Pods run as your own user, so it cannot show
what permissions of a real file system forbid. What it does not serve it refuses.
)";

struct Arguments {
  SandboxOptions sandbox;
  bool temporary = false;  // the directory is ours to remove
  std::vector<std::string> command;
};

int complain(const std::string& what) {
  std::cerr << "daaa sandbox: " << what << "\n";
  return kUsage;
}

po::options_description described() {
  po::options_description options("Options");
  auto add = options.add_options();
  add("dir", po::value<std::string>()->value_name("DIR"),
      "where filesets lie at their own paths: /gpfs/x is DIR/gpfs/x; default: a temporary one with the "
      "chart's four filesets");
  add("workspace", po::value<std::string>()->value_name("DIR"),
      "files of the claim dean-workspace-pvc; default: DIR/workspace");
  add("port", po::value<std::uint16_t>()->value_name("N")->default_value(0),
      "loopback port; 0 takes a free one");
  add("pods", po::value<std::string>()->value_name("KIND")->default_value("process"),
      "process: real processes under bubblewrap; simulated: annotations sandbox.daaa/... say what happens");
  add("server-version", po::value<std::string>()->value_name("V")->default_value("1.36"),
      "the Kubernetes to be like: 1.20 or 1.36");
  add("failing-image", po::value<std::vector<std::string>>()->value_name("IMAGE")->default_value({}, ""),
      "an image that cannot be pulled; repeatable; registries under .invalid never can");
  add("help,h", "this text");
  add("version", "the version");
  return options;
}

// A directory of our own with what the chart's default values expect.
std::string make_temporary() {
  std::error_code error;
  const fs::path base = fs::temp_directory_path(error);
  std::string name = (error ? fs::path("/tmp") : base).string() + "/daaa-sandbox-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return {};
  for (const char* fileset : {"a2d2_cos", "a2d2_nfs", "a2d2_arc", "models/A2D2-MDL"}) {
    fs::create_directories(name + "/gpfs/ess3000_4M/" + fileset, error);
  }
  return name;
}

bool write_private(const std::string& path, const std::string& text) {
  unlink(path.c_str());
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return false;
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return close(file) == 0 && done == text.size();
}

int serve(const Arguments& arguments) {
  auto sandbox = Sandbox::start(arguments.sandbox);
  if (!sandbox) {
    std::cerr << "daaa sandbox: " << sandbox.error().to_string() << "\n";
    return sandbox.error().kind == daaa::ErrorKind::internal ? kInternal : kUsage;
  }
  const std::string kubeconfig = fs::absolute(arguments.sandbox.directory).string() + "/kubeconfig";
  if (!write_private(kubeconfig, (*sandbox)->kubeconfig())) {
    std::cerr << "daaa sandbox: cannot write " << kubeconfig << ": " << std::strerror(errno) << "\n";
    return kUsage;
  }
  int status = 0;
  if (arguments.command.empty()) {
    std::cout << "export KUBECONFIG=" << kubeconfig << std::endl;
    std::cerr << "daaa sandbox: serving " << (*sandbox)->url() << " until interrupted\n";
    daaa::sandbox::wait_for_end();
  } else {
    status = daaa::sandbox::run_command(arguments.command, kubeconfig);
  }
  sandbox->reset();
  unlink(kubeconfig.c_str());
  return status;
}

// What was asked for; an exit status where the program is done already.
int read_arguments(int argc, char** argv, Arguments& arguments, bool& done) {
  int own = 1;
  while (own < argc && std::strcmp(argv[own], "--") != 0) ++own;
  for (int i = own + 1; i < argc; ++i) arguments.command.emplace_back(argv[i]);
  const po::options_description options = described();
  po::variables_map values;
  po::store(po::command_line_parser(own, argv).options(options).positional({}).run(), values);
  po::notify(values);
  done = true;
  if (values.count("help") != 0) {
    std::cout << kHelp << options << kHelpTail;
    return 0;
  }
  if (values.count("version") != 0) {
    std::cout << "daaa-sandbox " << daaa::version() << "\n";
    return 0;
  }
  SandboxOptions& s = arguments.sandbox;
  const std::string pods = values["pods"].as<std::string>();
  if (pods != "process" && pods != "simulated")
    return complain("--pods is process or simulated, not " + pods);
  s.pods = pods == "process" ? Pods::process : Pods::simulated;
  const std::string version = values["server-version"].as<std::string>();
  if (version != "1.20" && version != "1.36")
    return complain("--server-version is 1.20 or 1.36, not " + version);
  s.version = version == "1.20" ? ServerVersion::kubernetes_1_20 : ServerVersion::kubernetes_1_36;
  s.port = values["port"].as<std::uint16_t>();
  s.images_that_fail = values["failing-image"].as<std::vector<std::string>>();
  if (values.count("workspace") != 0) s.workspace = values["workspace"].as<std::string>();
  if (own < argc && arguments.command.empty()) return complain("there is no command behind --");
  if (values.count("dir") != 0) {
    s.directory = values["dir"].as<std::string>();
    std::error_code error;
    if (!fs::is_directory(s.directory, error)) return complain("--dir " + s.directory + " is no directory");
  } else {
    s.directory = make_temporary();
    if (s.directory.empty())
      return complain(std::string("cannot make a temporary directory: ") + std::strerror(errno));
    arguments.temporary = true;
  }
  done = false;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  daaa::sandbox::block_signals();
  Arguments arguments;
  bool done = false;
  int status = 0;
  try {
    status = read_arguments(argc, argv, arguments, done);
    if (!done) status = serve(arguments);
  } catch (const po::error& error) {
    status = complain(std::string(error.what()) + "; see daaa sandbox --help");
  } catch (const std::exception& error) {
    std::cerr << "daaa sandbox: " << error.what() << "\n";
    status = kInternal;
  }
  if (arguments.temporary) {
    std::error_code ignored;
    fs::remove_all(arguments.sandbox.directory, ignored);
  }
  return status;
}
