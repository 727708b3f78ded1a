// Stands in for libFuzzer where the compiler has none, and in CTest: every seed as it is, then damaged copies
// of the seeds. What it does follows from its arguments alone.
//   FUZZ [--iterations N] [--seed S] [--max-bytes N] FILE|DIRECTORY...
// On a broken promise or a crash it prints how to come there again and writes the input to ./crash-input.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "support/mutate.hpp"

namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::uint64_t iterations = 10000;
  std::uint32_t seed = 1;
  std::size_t max_bytes = 1U << 16;
  std::vector<fs::path> places;
};

// What the handler tells of; plain data, since it may run at any time.
const char* g_input = nullptr;
std::size_t g_size = 0;
char g_where[256];

extern "C" void on_crash(int signal) {
  const int file = open("crash-input", O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (file >= 0 && g_input != nullptr) (void)!write(file, g_input, g_size);
  (void)!write(2, g_where, std::char_traits<char>::length(g_where));
  ::signal(signal, SIG_DFL);
  raise(signal);
}

bool read_arguments(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.compare(0, 2, "--") != 0) {
      arguments.places.emplace_back(word);
      continue;
    }
    if (++i == argc) return false;
    const auto number = std::strtoull(argv[i], nullptr, 10);
    if (word == "--iterations") {
      arguments.iterations = number;
    } else if (word == "--seed") {
      arguments.seed = static_cast<std::uint32_t>(number);
    } else if (word == "--max-bytes") {
      arguments.max_bytes = number;
    } else {
      return false;
    }
  }
  return !arguments.places.empty();
}

std::vector<fs::path> files_in(const std::vector<fs::path>& places) {
  std::vector<fs::path> files;
  for (const auto& place : places) {
    if (!fs::is_directory(place)) {
      files.push_back(place);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void run(const std::string& input, const std::string& where) {
  std::snprintf(g_where, sizeof g_where, "input: %s; it is in ./crash-input\n", where.c_str());
  g_input = input.data();
  g_size = input.size();
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!read_arguments(argc, argv, arguments)) {
    std::fputs("usage: FUZZ [--iterations N] [--seed S] [--max-bytes N] FILE|DIRECTORY...\n", stderr);
    return 120;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(signal, on_crash);
  std::vector<std::string> seeds;
  for (const auto& path : files_in(arguments.places)) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    run(text, path.string());
    if (text.size() <= arguments.max_bytes) seeds.push_back(std::move(text));
  }
  if (seeds.empty()) {
    std::fputs("there is no seed\n", stderr);
    return 120;
  }
  for (std::uint64_t i = 0; i < arguments.iterations; ++i) {
    const auto at = static_cast<std::uint32_t>(arguments.seed * 1000003U + i);
    std::string input = daaa::testing::mutate(seeds[at % seeds.size()], at);
    // Now and then the beginning of one and the end of another.
    if (i % 7 == 0) {
      const std::string& other = seeds[(at / 7) % seeds.size()];
      input = input.substr(0, input.size() / 2) + other.substr(other.size() / 2);
    }
    run(input, "--seed " + std::to_string(arguments.seed) + ", iteration " + std::to_string(i));
  }
  std::printf("%zu seeds, %llu damaged copies: every promise kept\n", seeds.size(),
              static_cast<unsigned long long>(arguments.iterations));
  return 0;
}
