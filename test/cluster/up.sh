#!/usr/bin/env bash
# Starts a real Kubernetes 1.20.2 on this machine's loopback for the tests, or finds it running. README.md tells more.
#
# On stdout come KEY=VALUE lines, the same as in the file `env` of the state directory; everything said is on stderr.
set -euo pipefail
umask 022
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$HERE/lib.sh"
# shellcheck source-path=SCRIPTDIR source=components.sh
source "$HERE/components.sh"

usage() {
  cat <<'USAGE'
usage: up.sh    (no arguments; parameters come from the environment)

  DAAA_CLUSTER_STATE          directory for everything that runs        /var/tmp/daaa-cluster-<uid>
  DAAA_CLUSTER_PORT           port of the API server                    a free one
  DAAA_CLUSTER_LOG_MAX_SIZE   kubelet's containerLogMaxSize             10Mi
  DAAA_CLUSTER_LOG_MAX_FILES  kubelet's containerLogMaxFiles, >= 2      5
  DAAA_CLUSTER_GOAWAY_CHANCE  API server's --goaway-chance, 0 to 0.02   0
  DAAA_CLUSTER_VERBOSITY      --v of all programs                       1
  XDG_CACHE_HOME              where the built programs are kept         ~/.cache
USAGE
}
case ${1-} in
  '') ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

VERBOSITY=${DAAA_CLUSTER_VERBOSITY:-1}
LOG_MAX_SIZE=${DAAA_CLUSTER_LOG_MAX_SIZE:-10Mi}
LOG_MAX_FILES=${DAAA_CLUSTER_LOG_MAX_FILES:-5}
GOAWAY_CHANCE=${DAAA_CLUSTER_GOAWAY_CHANCE:-0}
[[ $LOG_MAX_SIZE =~ ^[0-9]+([KMG]i?|k)?$ ]] || die "DAAA_CLUSTER_LOG_MAX_SIZE must look like 10Mi, not '$LOG_MAX_SIZE'"
[[ $LOG_MAX_FILES =~ ^([2-9]|[1-9][0-9]+)$ ]] || die "DAAA_CLUSTER_LOG_MAX_FILES must be 2 or more, not '$LOG_MAX_FILES'"
[[ $GOAWAY_CHANCE =~ ^0(\.0[0-9]*)?$ ]] || die "DAAA_CLUSTER_GOAWAY_CHANCE must be from 0 to 0.02, not '$GOAWAY_CHANCE'"
[[ $VERBOSITY =~ ^[0-9]+$ ]] || die "DAAA_CLUSTER_VERBOSITY must be a number, not '$VERBOSITY'"
[[ -z ${DAAA_CLUSTER_PORT-} ]] || [[ $DAAA_CLUSTER_PORT =~ ^[1-9][0-9]{0,4}$ && $DAAA_CLUSTER_PORT -le 65535 ]] ||
  die "DAAA_CLUSTER_PORT must be a port number, not '$DAAA_CLUSTER_PORT'"

need_root
check_state_path
take_lock
BEGAN=$SECONDS

print_env() { sed 's/^export //' "$ENV_FILE"; }

# --- a cluster that is there already ---

all_alive() {
  local c
  for c in holder etcd containerd "${BINARIES[@]}"; do
    pid_of "$c" >/dev/null || return 1
  done
}

# A started program that has died (or was killed) is started again in the cluster's namespaces; its data is on disk.
revive() {
  local c
  for c in etcd containerd kube-apiserver kube-controller-manager kube-scheduler kubelet; do
    pid_of "$c" >/dev/null && continue
    say "$c is not running; starting it"
    "start_$c"
    [[ $c != kube-apiserver ]] || wait_apiserver
  done
  wait_apiserver
  wait_node
}

if [[ -e $ENV_FILE ]] && holder_pid >/dev/null; then
  wanted="$LOG_MAX_SIZE $LOG_MAX_FILES $GOAWAY_CHANCE $VERBOSITY ${DAAA_CLUSTER_PORT-}"
  ok=
  # In a subshell, since a program that cannot be revived must not end us but lead to a fresh start.
  if (load_settings && all_alive && api_ready >/dev/null); then
    say "the cluster below $STATE is running"
    ok=1
  elif (load_settings && revive); then
    ok=1
  fi
  if [[ -n $ok ]]; then
    load_settings
    [[ $wanted == "$LOG_MAX_SIZE $LOG_MAX_FILES $GOAWAY_CHANCE $VERBOSITY "@("${DAAA_CLUSTER_PORT-}"|"$PORT") ]] ||
      say "it runs with other parameters than those asked for; these take effect after down.sh"
    print_env
    exit 0
  fi
  say "the running cluster cannot be repaired"
fi
if [[ -e $STATE || -e /sys/class/net/$(bridge_name) ]]; then
  say "clearing away what an earlier run left below $STATE"
  take_down
fi

# --- a fresh one ---

PORTS=()
port_busy() { # PORT: somebody listens on it, on any address
  local hex
  printf -v hex ':%04X' "$1"
  awk -v p="$hex" '$4 == "0A" && substr($2, length($2) - 4) == p { found = 1 } END { exit !found }' \
    /proc/net/tcp*
}
# Below the range from which the kernel takes ports for outgoing connections.
free_port() {
  local p
  while :; do
    p=$((20000 + RANDOM % 12000))
    [[ " ${PORTS[*]-} " != *" $p "* ]] && ! port_busy "$p" && break
  done
  PORTS+=("$p")
}
if [[ -n ${DAAA_CLUSTER_PORT-} ]]; then
  ! port_busy "$DAAA_CLUSTER_PORT" ||
    die "port $DAAA_CLUSTER_PORT (DAAA_CLUSTER_PORT) is in use; choose another or leave it unset for a free one"
  PORTS+=("$DAAA_CLUSTER_PORT")
else
  free_port
fi
free_port; free_port; free_port

need_packages etcd-server etcd-client containerd runc containernetworking-plugins busybox-static \
  openssl jq curl iproute2 procps python3 ca-certificates
[[ -n $(ip -o link show dev lo up) ]] || die "the loopback interface is down (ip link set lo up): everything here talks through it"

# Half a cluster helps nobody: whatever goes wrong, what was started is ended. The logs are kept aside for reading.
failed() {
  local rc=$?
  trap - EXIT
  [[ $rc -ne 0 ]] || exit 0
  [[ $rc -lt 129 ]] || say "interrupted; ending what was started"
  if [[ -d $STATE/logs ]]; then
    rm -rf "$CACHE/failed-logs"
    cp -r "$STATE/logs" "$CACHE/failed-logs" 2>/dev/null || true
    say "the logs are kept in $CACHE/failed-logs"
  fi
  local job
  for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
  take_down || true
  exit "$rc"
}
trap failed EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir -p "$STATE"
touch "$STATE/.daaa-cluster"
free_mb=$(df -Pm "$STATE" | awk 'NR == 2 { print $4 }')
((free_mb >= 1000)) || die "the cluster needs about 1000 MB below $STATE, there are $free_mb MB"

PKI=$STATE/pki
ISSUER=https://daaa-cluster.test
mkdir -p "$STATE"/{conf,logs,pids,tmp,kubeconfigs,kubelet,cni,volume-plugins,kube-cache,workspace,ess3000_4M}
install -d -m 700 "$PKI" "$STATE/etcd"

# The programs: checked, and built the first time. In the background, beside what does not need them.
"$HERE/build.sh" >"$STATE/tmp/bin" 9>&- &
BUILD_JOB=$!

make_certificates() {
  cd "$PKI"
  openssl ecparam -name prime256v1 -genkey -noout -out ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 30 -subj "/CN=daaa test cluster CA" -out ca.crt \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"
  openssl genrsa -out sa.key 2048
  openssl rsa -in sa.key -pubout -out sa.pub
  certificate() { # FILE SUBJECT EXTENSIONS
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
    openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
    # Valid from an hour ago: the tests play with clocks.
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 30 -out "$1.crt" \
      -extfile <(printf 'keyUsage=critical,digitalSignature\n%s\n' "$3")
    rm "$1.csr"
  }
  local both="extendedKeyUsage=serverAuth,clientAuth" client="extendedKeyUsage=clientAuth"
  certificate server "/CN=daaa-cluster" "$both
subjectAltName=IP:127.0.0.1,IP:::1,IP:10.96.0.1,DNS:localhost,DNS:$NODE,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  certificate admin "/O=system:masters/CN=daaa-admin" "$client"
  certificate kubelet-client "/O=system:masters/CN=kube-apiserver" "$client"
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE" "$client"
  certificate controller-manager "/CN=system:kube-controller-manager" "$client"
  certificate scheduler "/CN=system:kube-scheduler" "$client"
}

make_filesets() {
  local main=$STATE/ess3000_4M d
  chmod 777 "$STATE/workspace"
  for d in a2d2_cos a2d2_nfs a2d2_arc; do
    mkdir -p "$main/$d/camera/20180807"
    printf 'frame 1 of %s\n' "$d" >"$main/$d/camera/20180807/frame_000001.txt"
    printf 'frame 2 of %s\n' "$d" >"$main/$d/camera/20180807/frame_000002.txt"
    printf '{"name": "%s", "bicycles": 950}\n' "$d" >"$main/$d/labels.json"
    # What the original's caching step leaves in a fileset: the relative path of every file in it.
    printf '%s\n' camera/20180807/frame_000001.txt camera/20180807/frame_000002.txt labels.json >"$main/$d/content.txt"
  done
  mkdir -p "$main/models/A2D2-MDL"
  chmod 777 "$main/models/A2D2-MDL"
}

# A busybox root file system as an image archive that `ctr images import` reads, under all the names it is to have.
make_image() {
  local root=$STATE/tmp/root image=$STATE/tmp/image diff
  mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,etc,root,tmp,dev,proc,sys,var/tmp} "$image"
  chmod 1777 "$root/tmp" "$root/var/tmp"
  cp /bin/busybox "$root/bin/busybox"
  chmod 755 "$root/bin/busybox"
  chroot "$root" /bin/busybox --install -s
  [[ -L $root/bin/sh ]] || ln -s /bin/busybox "$root/bin/sh"
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
  tar -C "$root" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$image/layer.tar" .
  diff=$(sha256sum "$image/layer.tar" | cut -d' ' -f1)
  cat >"$image/config.json" <<JSON
{"architecture":"$(dpkg --print-architecture)","os":"linux","created":"1970-01-01T00:00:00Z",
 "config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["/bin/sleep","2147483647"]},
 "rootfs":{"type":"layers","diff_ids":["sha256:$diff"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"up.sh"}]}
JSON
  printf '[{"Config":"config.json","RepoTags":[%s],"Layers":["layer.tar"]}]\n' \
    '"daaa.test/busybox:1","daaa.test/pause:1","docker.io/library/alpine:3.12","docker.io/library/busybox:latest"' \
    >"$image/manifest.json"
  tar -C "$image" -cf "$STATE/tmp/image.tar" manifest.json config.json layer.tar
}

write_configs() {
  local snapshotter=overlayfs bridge
  bridge=$(bridge_name)
  [[ ! -e $STATE/no-overlay ]] || snapshotter=native
  : >"$STATE/conf/resolv.conf"
  cat >"$STATE/conf/containerd.toml" <<TOML
version = 2
root = "$STATE/containerd-root"
state = "$STATE/containerd-state"
temp = "$STATE/tmp"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$STATE/containerd.sock"
[ttrpc]
  address = "$STATE/containerd.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "$STATE/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "daaa.test/pause:1"
  # Without CAP_SYS_RESOURCE, as in many virtual machines, scores cannot be lowered.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$snapshotter"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$STATE/cni"
TOML
  # Pods see each other and nothing else: no gateway, so no forwarding and no firewall rule is needed on the machine.
  cat >"$STATE/cni/10-daaa.conflist" <<JSON
{"cniVersion":"0.4.0","name":"daaa","plugins":[
  {"type":"bridge","bridge":"$bridge","isGateway":false,"ipMasq":false,
   "ipam":{"type":"host-local","dataDir":"$STATE/cni-ipam","ranges":[[{"subnet":"10.88.0.0/16"}]]}}]}
JSON
  # Who asked what, so that tests can count a run's requests. The cluster's own programs would only fill it.
  cat >"$STATE/conf/audit-policy.yaml" <<YAML
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler", "system:node:$NODE"]
- level: None
  userGroups: ["system:serviceaccounts:kube-system"]
- level: Metadata
YAML
  write_kubelet_config
  local u
  for u in admin kubelet controller-manager scheduler; do
    write_kubeconfig "$u" "client-certificate: $PKI/$u.crt, client-key: $PKI/$u.key"
  done
}

PORT=${PORTS[0]} ETCD_PORT=${PORTS[1]} ETCD_PEER_PORT=${PORTS[2]} KUBELET_PORT=${PORTS[3]}
say "starting Kubernetes below $STATE, API server on 127.0.0.1:$PORT"
make_certificates >"$STATE/logs/openssl.log" 2>&1 &
CERT_JOB=$!
make_filesets
make_image &
IMAGE_JOB=$!
start_holder
write_configs
wait "$CERT_JOB" || { tail -n 5 "$STATE/logs/openssl.log" >&2; die "openssl cannot make the certificates"; }
start_containerd
wait "$BUILD_JOB" || exit 1
BIN=$(tail -n 1 "$STATE/tmp/bin")
KUBECTL=$BIN/kubectl
[[ -x $KUBECTL ]] || die "build.sh gave no directory of programs"
cat >"$STATE/settings" <<SETTINGS
PKI=$PKI BIN=$BIN KUBECTL=$KUBECTL ISSUER=$ISSUER
PORT=$PORT ETCD_PORT=$ETCD_PORT ETCD_PEER_PORT=$ETCD_PEER_PORT KUBELET_PORT=$KUBELET_PORT
VERBOSITY=$VERBOSITY LOG_MAX_SIZE=$LOG_MAX_SIZE LOG_MAX_FILES=$LOG_MAX_FILES GOAWAY_CHANCE=$GOAWAY_CHANCE
SETTINGS
start_etcd
start_kube-apiserver
# The kubelet spends its first five seconds asking for a Docker that is not there, and then tries until the server answers.
wait_for 30 "containerd's start" containerd CTR version
start_kubelet
wait "$IMAGE_JOB" || die "the image cannot be made"
CTR images import "$STATE/tmp/image.tar" >>"$STATE/logs/image.log" 2>&1 ||
  { tail -n 3 "$STATE/logs/image.log" >&2; die "the image cannot be imported"; }
wait_apiserver
start_kube-controller-manager
start_kube-scheduler

kc apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: $NAMESPACE}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: dean-workspace-pv}
spec:
  storageClassName: workspace
  capacity: {storage: 100Gi}
  accessModes: [ReadWriteMany]
  persistentVolumeReclaimPolicy: Retain
  claimRef: {namespace: $NAMESPACE, name: dean-workspace-pvc}
  hostPath: {path: $STATE/workspace, type: Directory}
YAML
apply_rbac
write_runner_kubeconfig

# A claim that the binder sees before its volume would wait 15 s for the next look.
volume_ready() { [[ $(kc get pv dean-workspace-pv -o 'jsonpath={.status.phase}') == @(Available|Bound) ]]; }
wait_for 60 "the workspace volume" kube-controller-manager volume_ready
kc apply -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: dean-workspace-pvc, namespace: $NAMESPACE}
spec:
  storageClassName: workspace
  volumeName: dean-workspace-pv
  accessModes: [ReadWriteMany]
  resources: {requests: {storage: 100Gi}}
YAML
claim_bound() { [[ $(kc -n "$NAMESPACE" get pvc dean-workspace-pvc -o 'jsonpath={.status.phase}') == Bound ]]; }
account_ready() { [[ -n $(kc -n "$NAMESPACE" get sa default -o 'jsonpath={.secrets}') ]]; }
wait_for 60 "binding of dean-workspace-pvc" kube-controller-manager claim_bound
wait_for 60 "the namespace's default service account" kube-controller-manager account_ready
wait_node

cat >"$ENV_FILE.tmp" <<ENV
export DAAA_CLUSTER_ADMIN_KUBECONFIG=$STATE/kubeconfigs/admin
export DAAA_CLUSTER_KUBECONFIG=$STATE/kubeconfigs/runner
export DAAA_CLUSTER_STATE=$STATE
export DAAA_CLUSTER_MAIN_PATH=$STATE/ess3000_4M
export DAAA_CLUSTER_WORKSPACE=$STATE/workspace
export DAAA_CLUSTER_NAMESPACE=$NAMESPACE
export DAAA_CLUSTER_CLAIM=dean-workspace-pvc
export DAAA_CLUSTER_IMAGE=daaa.test/busybox:1
export DAAA_CLUSTER_SERVICE_ACCOUNT=$RUNNER
export DAAA_CLUSTER_NODE=$NODE
export DAAA_CLUSTER_SERVER=https://127.0.0.1:$PORT
export DAAA_CLUSTER_CA=$PKI/ca.crt
export DAAA_CLUSTER_KUBECTL=$KUBECTL
export DAAA_CLUSTER_LOGS=$STATE/logs
export DAAA_CLUSTER_AUDIT_LOG=$STATE/logs/audit.log
export DAAA_CLUSTER_ENV=$ENV_FILE
ENV
mv "$ENV_FILE.tmp" "$ENV_FILE"
rm -rf "$STATE/tmp/root" "$STATE/tmp/image" "$STATE/tmp/image.tar" "$STATE/tmp/bin"
trap - EXIT
say "ready after $((SECONDS - BEGAN)) s"
print_env
