// Runs a command and writes down what it cost: a small parent, since a process begins with the peak
// memory of the one that it was forked from.
//   bench_measure FILE COMMAND [ARG...]     FILE:
//   {"status":..,"wall":..,"user":..,"system":..,"peak_bytes":..}
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstring>

extern char** environ;

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: bench_measure FILE COMMAND [ARG...]\n", stderr);
    return 120;
  }
  const auto began = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (const int error = posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ); error != 0) {
    std::fprintf(stderr, "bench_measure: cannot start %s: %s\n", argv[2], std::strerror(error));
    return 127;
  }
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0) {
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  std::FILE* file = std::fopen(argv[1], "w");
  if (file == nullptr) {
    std::fprintf(stderr, "bench_measure: cannot write %s: %s\n", argv[1], std::strerror(errno));
    return 120;
  }
  std::fprintf(file, "{\"status\":%d,\"wall\":%.6f,\"user\":%.6f,\"system\":%.6f,\"peak_bytes\":%ld}\n", code,
               wall.count(), seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss * 1024);
  std::fclose(file);
  return code;
}
