#!/usr/bin/env bash
# Tries what can go wrong with up.sh, with a state and a cache directory of its own: each is said in plain words, nothing is left, and
# the next up works; and after down.sh the machine is as it was. Root, packages installed and programs built (up.sh once before);
# three to four minutes. The compiler is a stand-in. The last line is `N passed, N failed`.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
UP=$HERE/up.sh DOWN=$HERE/down.sh
KEPT=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/daaa
TOP=$(mktemp -d /var/tmp/daaa-self-test.XXXXXX)
export DAAA_CLUSTER_STATE=$TOP/state XDG_CACHE_HOME=$TOP/cache
unset "${!DAAA_CLUSTER_PORT@}" "${!DAAA_CLUSTER_LOG@}"
PASSED=0 FAILED=0

cleanup() {
  local status=$?
  trap - EXIT
  "$DOWN" 2>/dev/null || true
  umount "$TOP/small" 2>/dev/null || true
  rm -rf "$TOP"
  exit "$status"
}
trap cleanup EXIT

check() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then
    PASSED=$((PASSED + 1))
    printf 'ok      %s\n' "$what"
  else
    FAILED=$((FAILED + 1))
    printf 'FAILED  %s\n' "$what"
    sed 's/^/        /' "$TOP/said"
  fi
}

# All that a cluster could leave on the machine, but for its own directory.
traces() {
  pgrep -fa "$TOP/(state|cache|small)" || true
  cat /proc/self/mounts /etc/hosts
  ip -o link | cut -d: -f2
  ip netns
  for rules in iptables-save "nft list ruleset"; do command -v "${rules%% *}" >/dev/null && $rules 2>/dev/null | grep -v '^#'; done || true
  find /run /var/lib /var/log /var/tmp /etc -maxdepth 1
  find /sys/fs/cgroup -type d
  sysctl -e vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys net.ipv4.ip_forward 2>/dev/null
  losetup -a
}

clean() { [[ ! -e $DAAA_CLUSTER_STATE && ! -e $TOP/small/state && $(traces) == "$BEFORE" ]]; }
refused() { # TEXT COMMAND...: it fails, says this, and leaves nothing
  local text=$1
  shift
  ! "$@" </dev/null >/dev/null 2>"$TOP/said" && grep -qF -- "$text" "$TOP/said" && clean
}
works() { "$UP" </dev/null >/dev/null 2>"$TOP/said" && "$HERE/ctl.sh" status >"$TOP/said" 2>&1; }
goes() { "$DOWN" 2>"$TOP/said" && clean; }
until_said() { # TEXT
  local i
  for i in {1..600}; do
    grep -qF -- "$1" "$TOP/said" && return
    sleep 0.1
  done
  return 1
}

compiler() { # SCRIPT that stands in for make
  mkdir -p "$TOP/stub"
  printf '#!/bin/sh\necho k8s.io/kubernetes/cmd/stub\n%s\n' "$1" >"$TOP/stub/make"
  chmod 755 "$TOP/stub/make"
}
damaged() { # a program of the cache is not what was built
  printf x | dd of="$(echo "$TOP"/cache/daaa/kubernetes-*/kube-scheduler)" bs=1 seek=4096 conv=notrunc status=none
}
killed_building() {
  PATH=$TOP/stub:$PATH setsid "$UP" </dev/null >/dev/null 2>"$TOP/said" &
  local up=$! build
  until_said "building kube" || return 1
  build=$(pgrep -P "$up" -f build.sh | head -n 1)
  kill -KILL "$up" "$build" || return 1
  wait "$up" 2>/dev/null || true
  pgrep -f "$TOP/stub/make" >/dev/null
}
killed_early() { # TIMES: at moments of its first second
  local i up
  for ((i = 0; i < $1; i++)); do
    setsid "$UP" </dev/null >/dev/null 2>&1 &
    up=$!
    sleep "0.$((RANDOM % 9))$((RANDOM % 10))"
    kill -KILL "$up"
    wait "$up" 2>/dev/null || true
  done
}
down_killed() { # while it removes files
  setsid "$DOWN" </dev/null >/dev/null 2>"$TOP/said" &
  local down=$!
  until [[ ! -e $DAAA_CLUSTER_STATE/settings || ! -e $DAAA_CLUSTER_STATE/conf || ! -e $DAAA_CLUSTER_STATE/pki ]]; do :; done
  kill -KILL -- "-$down" # rm too
  wait "$down" 2>/dev/null || true
  [[ -e $DAAA_CLUSTER_STATE ]]
}
only_one_holder() {
  sleep 1
  [[ $(pgrep -fc "^bash .*/holder[.]sh $DAAA_CLUSTER_STATE ") == 1 ]]
}

touch "$TOP/said"
mkdir "$TOP/small"
mkdir -p "$TOP/cache/daaa"
cp -a "$KEPT"/kubernetes-* "$TOP/cache/daaa/"
BEFORE=$(traces)

nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$@"; }
check "up: without root" refused "needs root" nobody "$UP"
check "down: without root" refused "needs root" nobody "$DOWN"
exec 8< <(exec python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(600)')
LISTENER=$!
read -r port <&8
check "up: an occupied port" refused "port $port (DAAA_CLUSTER_PORT) is in use" env DAAA_CLUSTER_PORT="$port" "$UP"
kill "$LISTENER"
exec 8<&-
check "up: no port" refused "must be a port number, not '70000'" env DAAA_CLUSTER_PORT=70000 "$UP"
check "up: a state directory of somebody else's" refused "was not made by up.sh" env DAAA_CLUSTER_STATE=/usr/share "$UP"
check "up: a cache that cannot be written" refused "set XDG_CACHE_HOME" env XDG_CACHE_HOME=/proc/none "$UP"
mount -t tmpfs -o size=50m daaa-self-test "$TOP/small"
BEFORE=$(traces)
check "up: too little disk for the cluster" refused "needs about 1000 MB" env DAAA_CLUSTER_STATE="$TOP/small/state" "$UP"
check "up: too little disk for the build" refused "needs about 6000 MB free" env XDG_CACHE_HOME="$TOP/small" "$UP"
umount "$TOP/small"
BEFORE=$(traces)
check "up: no loopback" refused "loopback interface is down" unshare -n "$UP"
damaged
check "up: no network, and a program is damaged" refused "no network?" unshare -n sh -c "ip link set lo up; exec $UP"
compiler 'echo this does not compile; exit 2'
check "up: a build that fails half-way" refused "the build failed (make ended with 2)" env PATH="$TOP/stub:$PATH" "$UP"
# shellcheck disable=SC2016 # the stand-in's own variable
compiler 'i=0; while [ $i -lt 600 ]; do i=$((i+1)); mkdir -p _output/$i; echo x >_output/$i/x; sleep 0.1; done'
check "up: killed in the middle of the build, compilers go on" killed_building
compiler "mkdir -p _output/bin; cp '$KEPT'/kubernetes-*/kube[-l]* _output/bin/"
PATH=$TOP/stub:$PATH check "up: after that, it builds afresh" works
check "up: on a running cluster" works
check "down" goes
check "up: no network, all is built" unshare -n sh -c "ip link set lo up; $UP >/dev/null 2>'$TOP/said' && $DOWN 2>'$TOP/said'"
check "down has left nothing" clean
killed_early 20
check "up: after that" works
check "one namespace is there, not two" only_one_holder
check "down: killed while it removes files" down_killed
check "up: after that" works
check "down" goes
printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
((FAILED == 0))
