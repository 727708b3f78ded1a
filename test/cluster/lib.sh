# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is used by those who source this
# Shared by up.sh, down.sh, build.sh and ctl.sh: paths, messages, pids, packages. Sourced, never run.

: "${HERE:?set by the script that sources this}"
STATE=${DAAA_CLUSTER_STATE:-/var/tmp/daaa-cluster-$UID}
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/daaa
ENV_FILE=$STATE/env
NAMESPACE=dean
RUNNER=daaa-runner
NODE=node1
BINARIES=(kube-apiserver kube-controller-manager kube-scheduler kubelet)

# Everything that is said goes to stderr: stdout belongs to the key=value lines and to what a verb prints.
say() { printf 'cluster: %s\n' "$*" >&2; }
die() {
  printf 'cluster: error: %s\n' "$*" >&2
  exit 1
}

need_root() {
  [[ $UID -eq 0 ]] || die "this needs root: it makes mount, pid and network namespaces. Run it as root (sudo $0)"
}

# The state directory is removed as a whole by down.sh, so it has to be one that nobody else could mean.
check_state_path() {
  [[ $STATE == /* ]] || die "DAAA_CLUSTER_STATE must be an absolute path, not '$STATE'"
  [[ $STATE =~ ^[A-Za-z0-9._/@+-]+$ ]] || die "DAAA_CLUSTER_STATE may hold letters, digits and ._/@+- only: '$STATE'"
  # Inside the cluster's mount namespace these directories are replaced by private ones.
  case $STATE/ in
    /run/* | /var/run/* | /var/lib/* | /var/log/* | /proc/* | /sys/* | /dev/* | /etc/*)
      die "DAAA_CLUSTER_STATE cannot lie below ${STATE%/*}: the cluster replaces that directory for itself" ;;
  esac
  [[ $(tr -cd / <<<"${STATE%/}" | wc -c) -ge 2 ]] || die "DAAA_CLUSTER_STATE '$STATE' is too near to the root"
  # A unix socket's path may have 107 bytes.
  [[ ${#STATE} -le 70 ]] || die "DAAA_CLUSTER_STATE is too long for unix sockets (70 bytes at most): $STATE"
  if [[ -e $STATE && ! -e $STATE/.daaa-cluster && -n $(ls -A "$STATE" 2>/dev/null) ]]; then
    die "$STATE exists and was not made by up.sh; set DAAA_CLUSTER_STATE to another directory"
  fi
}

# --- processes: a pid is only ours while its start time is the one that was recorded ---

start_time() { # PID -> clock ticks since boot; field 22, after the command name, which may hold blanks
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  stat=${stat##*) }
  local -a f
  read -ra f <<<"$stat"
  [[ ${f[0]} != Z ]] || return 1
  printf '%s' "${f[19]}"
}

record_pid() { # NAME PID
  local t
  t=$(start_time "$2") || return 1
  printf '%s %s\n' "$2" "$t" >"$STATE/pids/$1.tmp"
  mv "$STATE/pids/$1.tmp" "$STATE/pids/$1"
}

pid_of() { # NAME -> pid, when that process still lives
  local pid when
  { read -r pid when <"$STATE/pids/$1"; } 2>/dev/null || return 1
  [[ $pid =~ ^[0-9]+$ && $(start_time "$pid") == "$when" ]] || return 1
  printf '%s' "$pid"
}

stop_process() { # NAME SIGNAL [SECONDS]: signal, wait, and kill what does not go
  local pid end=$((SECONDS + ${3:-15}))
  pid=$(pid_of "$1") || { rm -f "$STATE/pids/$1"; return 0; }
  kill "-$2" "$pid" 2>/dev/null || true
  while pid_of "$1" >/dev/null; do
    if ((SECONDS >= end)); then
      kill -KILL "$pid" 2>/dev/null || true
      end=$((SECONDS + 10))
    fi
    sleep 0.05
  done
  rm -f "$STATE/pids/$1"
}

# --- packages, by name, from where the machine already gets its own ---

APT_UPDATED=
apt_update() {
  [[ -z $APT_UPDATED ]] || return 0
  APT_UPDATED=1
  say "refreshing the package lists"
  apt-get -qq -o Acquire::Retries=2 update >"$1" 2>&1 ||
    { tail -n 5 "$1" >&2; die "apt-get update failed: no network, or no package mirror. Log: $1"; }
}


need_packages() { # NAME...
  local -a missing=()
  local p log have
  have=" $(dpkg-query -W -f='${Package}/${db:Status-Status} ' "$@" 2>/dev/null || true)"
  for p in "$@"; do [[ $have == *" $p/installed "* ]] || missing+=("$p"); done
  ((${#missing[@]})) || return 0
  log=$CACHE/apt.log
  mkdir -p "$CACHE"
  say "installing ${missing[*]}"
  local -a install=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends
    -o DPkg::Lock::Timeout=300 install)
  if ! "${install[@]}" "${missing[@]}" >"$log" 2>&1; then
    apt_update "$log.update"
    "${install[@]}" "${missing[@]}" >"$log" 2>&1 || {
      tail -n 5 "$log" >&2
      die "cannot install ${missing[*]}. Log: $log"
    }
  fi
}

# --- one up or down at a time for one state directory; the lock lies in the cache, so that down leaves no file ---

take_lock() {
  mkdir -p "$CACHE" || die "cannot write below $CACHE, where what is built is kept; set XDG_CACHE_HOME to another place"
  local lock
  lock=$CACHE/cluster-$(cksum <<<"$STATE" | cut -d' ' -f1).lock
  exec 9>"$lock"
  if ! flock -n 9; then
    say "another up or down is at work on $STATE; waiting for it"
    flock 9
  fi
}

# --- taking a cluster down, whole or broken ---

bridge_name() { printf 'daaa%x' "$(cksum <<<"$STATE" | cut -d' ' -f1)"; }

# Containers are killed with the namespace; their control groups are the one thing that the kernel keeps.
remove_cgroups() {
  local id dir
  local -a match=()
  for id in "$STATE/containerd-state/io.containerd.runtime.v2.task/k8s.io"/*; do
    [[ ${id##*/} =~ ^[0-9a-f]{64}$ ]] && match+=(-o -name "${id##*/}")
  done
  if ((${#match[@]})); then
    while read -r dir; do
      find "$dir" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done < <(find /sys/fs/cgroup -maxdepth 4 -type d \( "${match[@]:1}" \) -prune 2>/dev/null)
  fi
  # containerd's parent directories of them: rmdir takes only what nobody uses.
  find /sys/fs/cgroup -maxdepth 3 -type d -name k8s.io -exec rmdir {} + 2>/dev/null || true
}

# The namespaces' first process, and what started it, of this state directory.
holders() {
  ps -ww -eo pid=,args= | awk -v tail="/holder.sh $STATE $NODE" 'substr($0, length($0) - length(tail) + 1) == tail { print $1 }'
}

take_down() {
  local f name link bridge end
  local -a pids
  bridge=$(bridge_name)
  if [[ -d $STATE/pids ]]; then
    # The namespace's first process takes every other with it, pods and shims included.
    stop_process holder KILL
    for f in "$STATE"/pids/*; do
      [[ -e $f && $f != *.tmp ]] || continue
      name=${f##*/}
      stop_process "$name" TERM
    done
  fi
  # One that was started in the moment in which its up was killed is recorded nowhere.
  end=$((SECONDS + 10))
  while mapfile -t pids < <(holders) && ((${#pids[@]} && SECONDS < end)); do
    kill -KILL "${pids[@]}" 2>/dev/null || true
    sleep 0.05
  done
  if [[ -d /sys/class/net/$bridge ]]; then
    # The kernel removes the pods' ends of their cables a moment after the pods.
    end=$((SECONDS + 5))
    while [[ -n $(ls "/sys/class/net/$bridge/brif" 2>/dev/null) ]] && ((SECONDS < end)); do sleep 0.05; done
    for link in "/sys/class/net/$bridge/brif"/*; do
      [[ ! -e $link ]] || ip link delete "${link##*/}" 2>/dev/null || true
    done
    ip link delete "$bridge" 2>/dev/null || true
  fi
  remove_cgroups
  if grep -q " $STATE/" /proc/self/mounts; then
    die "something is still mounted below $STATE: $(grep -m1 -o " $STATE/[^ ]*" /proc/self/mounts)"
  fi
  [[ -e $STATE ]] || return 0
  # The mark goes last: what is left of it by somebody who was killed here is still known as ours.
  find "$STATE" -mindepth 1 -maxdepth 1 ! -name .daaa-cluster -exec rm -rf --one-file-system {} +
  rm -rf --one-file-system "$STATE"
}
