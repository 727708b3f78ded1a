#!/usr/bin/env bash
# The first process of the cluster's own mount and pid namespace. Started by up.sh through `unshare`; never by hand.
#
# All of the cluster runs in here. Two things follow: when this process is killed, the kernel ends every process of the
# cluster, pods and containerd-shims too, and undoes every mount; and what Kubernetes writes at fixed places of a machine
# goes into private copies of those places, so the machine itself stays as it is.
set -euo pipefail
STATE=$1 NODE=$2

mount --make-rslave /

# /run: containerd's shim sockets, network namespaces. /var/log: kubelet's /var/log/pods. /var/lib: CNI's cache and the
# kubelet's device-plugin socket.
mount -t tmpfs -o mode=755 daaa-cluster /run
mkdir -p "$STATE/varlog" "$STATE/varlib/upper" "$STATE/varlib/work" "$STATE/sysctl"
mount --bind "$STATE/varlog" /var/log
if ! mount -t overlay -o "lowerdir=/var/lib,upperdir=$STATE/varlib/upper,workdir=$STATE/varlib/work" daaa-cluster /var/lib 2>/dev/null; then
  # Without overlay (a machine that is itself a container) nothing of the machine's /var/lib is seen in here.
  mount --bind "$STATE/varlib/upper" /var/lib
  touch "$STATE/no-overlay"
fi

# The API server finds the kubelet under the node's name.
{ grep -v "[[:space:]]$NODE\$" /etc/hosts || true; printf '127.0.0.1 %s\n' "$NODE"; } >"$STATE/conf/hosts"
mount --bind "$STATE/conf/hosts" /etc/hosts

# The kubelet sets these kernel parameters of the whole machine. It finds them set already, in files of our own.
while read -r key value; do
  [[ -e /proc/sys/$key ]] || continue
  f=$STATE/sysctl/${key//\//.}
  printf '%s\n' "$value" >"$f"
  mount --bind "$f" "/proc/sys/$key"
done <<'KEYS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
KEYS

touch "$STATE/holder-ready"
# Bash waits for every orphan that the kernel hands to this process. Without its state directory a cluster is of no use
# to anybody, and nothing else would end it.
while [[ -e $STATE/.daaa-cluster ]]; do
  sleep 2 &
  wait $! || true
done
