// The guard's shell and what it is told.
#include "guard.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "spawn.hpp"

namespace daaa::sandbox::pods {
namespace {

constexpr const char* kScript = R"(
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
)";

}  // namespace

Result<Guard> Guard::start() {
  auto words = make_pipe();
  if (!words) return std::move(words).error();
  // The shell reads with blocking calls; we never wait for it.
  if (fcntl(words->read.get(), F_SETFL, 0) != 0 || fcntl(words->write.get(), F_SETFL, O_NONBLOCK) != 0)
    return system_error("cannot set up a pipe", errno);
  auto null = open_null();
  if (!null) return std::move(null).error();
  Spawn how;
  how.argv = {"/bin/sh", "-c", kScript, "daaa-pods-guard"};
  how.descriptors = {words->read.get(), null->get(), null->get()};
  how.dies_with_caller = false;
  auto shell = spawn(how);
  if (!shell) return std::move(shell).error();
  return Guard(*shell, std::move(words->write));
}

Guard::Guard(pid_t shell, FileDescriptor words) noexcept : shell_(shell), words_(std::move(words)) {}

Guard::Guard(Guard&& other) noexcept
    : shell_(std::exchange(other.shell_, -1)), words_(std::move(other.words_)) {}

Guard::~Guard() {
  if (shell_ < 0) return;
  words_.reset();
  wait_for(shell_);
}

void Guard::forget(pid_t group) const noexcept { tell_guard(words_.get(), '-', group); }

// One write of few bytes, so that words of several processes do not mix.
void tell_guard(int descriptor, char sign, pid_t group) noexcept {
  char text[16];
  char* at = text + sizeof text;
  *--at = '\n';
  for (auto rest = static_cast<std::uint32_t>(group); rest != 0; rest /= 10)
    *--at = static_cast<char>('0' + rest % 10);
  *--at = ' ';
  *--at = sign;
  [[maybe_unused]] const ssize_t n = write(descriptor, at, static_cast<std::size_t>(text + sizeof text - at));
}

}  // namespace daaa::sandbox::pods
