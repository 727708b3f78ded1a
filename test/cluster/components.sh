# shellcheck shell=bash
# How each program of the cluster is started and known to be up. Sourced by up.sh and ctl.sh after lib.sh.

# Written by up.sh: ports, directories and parameters, so that a program restarted later is started as before.
load_settings() {
  [[ -f $STATE/settings ]] || die "no cluster below $STATE; start one with $HERE/up.sh"
  # shellcheck source=/dev/null
  source "$STATE/settings"
}

holder_pid() { pid_of holder; }

start_holder() {
  rm -f "$STATE/holder-ready"
  # In a session of its own, so that Ctrl-C at up.sh's terminal later does not reach the cluster.
  setsid unshare --mount --pid --fork --mount-proc --propagation slave -- \
    bash "$HERE/holder.sh" "$STATE" "$NODE" >"$STATE/logs/holder.log" 2>&1 </dev/null 9>&- &
  local wrapper=$! child='' end=$((SECONDS + 15))
  record_pid holder-wrapper "$wrapper" || true
  until [[ -e $STATE/holder-ready ]]; do
    [[ -n $child ]] || { child=$(pgrep -P "$wrapper" | head -n 1) && record_pid holder "$child"; } || true
    if ((SECONDS > end)) || ! kill -0 "$wrapper" 2>/dev/null; then
      tail -n 5 "$STATE/logs/holder.log" >&2
      die "cannot make mount and pid namespaces (log: $STATE/logs/holder.log). A container needs --privileged for this"
    fi
    sleep 0.02
  done
  [[ -n $child ]] || record_pid holder "$(pgrep -P "$wrapper" | head -n 1)"
}

# Runs a program in the namespaces, in the background, with an environment that holds nothing of the caller's (no proxy
# settings, no credentials; and the kubelet must not look for a cloud's metadata server), and records the pid that it
# has out here.
launch() { # NAME PROGRAM ARG...
  local name=$1 holder wrapper child='' exe end=$((SECONDS + 10))
  shift
  holder=$(holder_pid) || die "the cluster's namespaces are gone; run $HERE/up.sh"
  setsid nsenter --target "$holder" --mount --pid -- env -i \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$STATE" TMPDIR="$STATE/tmp" AWS_EC2_METADATA_DISABLED=true \
    "$@" >>"$STATE/logs/$name.log" 2>&1 </dev/null 9>&- &
  wrapper=$!
  while :; do
    child=$(pgrep -P "$wrapper" | head -n 1) || true
    if [[ -n $child ]]; then
      exe=$(readlink "/proc/$child/exe" 2>/dev/null) || true
      [[ -z $exe || $exe == */nsenter || $exe == */env ]] || break
    fi
    kill -0 "$wrapper" 2>/dev/null || return 1
    ((SECONDS <= end)) || return 1
    sleep 0.01
  done
  record_pid "$name" "$child"
}

# A program that ends while it is waited for has said why in its log.
died() { # NAME
  tail -n 8 "$STATE/logs/$1.log" >&2 2>/dev/null || true
  die "$1 ended while it was starting. Log: $STATE/logs/$1.log"
}

wait_for() { # SECONDS WHAT PROGRAM COMMAND...: until COMMAND succeeds, as long as PROGRAM lives
  local end=$((SECONDS + $1)) what=$2 program=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    pid_of "$program" >/dev/null || died "$program"
    if ((SECONDS > end)); then
      tail -n 8 "$STATE/logs/$program.log" >&2 || true
      die "$what took too long. Log: $STATE/logs/$program.log"
    fi
    sleep 0.1
  done
}

# The cluster's own cache directory, so that ~/.kube is neither read nor written.
kc() { env -u KUBECONFIG "$KUBECTL" --kubeconfig="$STATE/kubeconfigs/admin" --cache-dir="$STATE/kube-cache" "$@"; }

start_etcd() {
  launch etcd /usr/bin/etcd --name=daaa --data-dir="$STATE/etcd" \
    --listen-client-urls="https://127.0.0.1:$ETCD_PORT" --advertise-client-urls="https://127.0.0.1:$ETCD_PORT" \
    --listen-peer-urls="https://127.0.0.1:$ETCD_PEER_PORT" \
    --initial-advertise-peer-urls="https://127.0.0.1:$ETCD_PEER_PORT" \
    --initial-cluster="daaa=https://127.0.0.1:$ETCD_PEER_PORT" \
    --client-cert-auth --trusted-ca-file="$PKI/ca.crt" --cert-file="$PKI/server.crt" --key-file="$PKI/server.key" \
    --peer-client-cert-auth --peer-trusted-ca-file="$PKI/ca.crt" --peer-cert-file="$PKI/server.crt" --peer-key-file="$PKI/server.key" \
    --logger=zap --log-level=warn || died etcd
}

etcdctl3() {
  ETCDCTL_API=3 etcdctl --endpoints="https://127.0.0.1:$ETCD_PORT" \
    --cacert="$PKI/ca.crt" --cert="$PKI/server.crt" --key="$PKI/server.key" "$@"
}

start_kube-apiserver() {
  launch kube-apiserver "$BIN/kube-apiserver" --v="$VERBOSITY" --profiling=false \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$PORT" --endpoint-reconciler-type=none \
    --etcd-servers="https://127.0.0.1:$ETCD_PORT" \
    --etcd-cafile="$PKI/ca.crt" --etcd-certfile="$PKI/server.crt" --etcd-keyfile="$PKI/server.key" \
    --client-ca-file="$PKI/ca.crt" --tls-cert-file="$PKI/server.crt" --tls-private-key-file="$PKI/server.key" \
    --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-preferred-address-types=Hostname \
    --kubelet-client-certificate="$PKI/kubelet-client.crt" --kubelet-client-key="$PKI/kubelet-client.key" \
    --service-account-issuer="$ISSUER" --service-account-key-file="$PKI/sa.pub" \
    --service-account-signing-key-file="$PKI/sa.key" --service-cluster-ip-range=10.96.0.0/16 \
    --authorization-mode=Node,RBAC --goaway-chance="$GOAWAY_CHANCE" \
    --audit-policy-file="$STATE/conf/audit-policy.yaml" --audit-log-path="$STATE/logs/audit.log" \
    --audit-log-maxsize=500 --audit-log-maxbackup=2 || died kube-apiserver
}

api_ready() { kc get --raw /readyz --request-timeout=5s; }
wait_apiserver() { wait_for 60 "the API server's start" kube-apiserver api_ready; }

start_kube-controller-manager() {
  launch kube-controller-manager "$BIN/kube-controller-manager" --v="$VERBOSITY" --profiling=false \
    --kubeconfig="$STATE/kubeconfigs/controller-manager" --leader-elect=false --port=0 --secure-port=0 \
    --root-ca-file="$PKI/ca.crt" --service-account-private-key-file="$PKI/sa.key" \
    --use-service-account-credentials=true --flex-volume-plugin-dir="$STATE/volume-plugins" || died kube-controller-manager
}

start_kube-scheduler() {
  launch kube-scheduler "$BIN/kube-scheduler" --v="$VERBOSITY" --profiling=false \
    --kubeconfig="$STATE/kubeconfigs/scheduler" --leader-elect=false --port=0 --secure-port=0 || died kube-scheduler
}

start_containerd() {
  launch containerd /usr/bin/containerd --config "$STATE/conf/containerd.toml" || died containerd
}

CTR() { ctr --address "$STATE/containerd.sock" --namespace k8s.io "$@"; }

write_kubelet_config() {
  cat >"$STATE/conf/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $KUBELET_PORT
readOnlyPort: 0
healthzPort: 0
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: $PKI/ca.crt}
authorization: {mode: AlwaysAllow}
tlsCertFile: $PKI/server.crt
tlsPrivateKeyFile: $PKI/server.key
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failSwapOn: false
oomScoreAdj: 0
makeIPTablesUtilChains: false
resolvConf: $STATE/conf/resolv.conf
# No DNS server is there; without an address the kubelet adds a warning event to every pod.
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
volumePluginDir: $STATE/volume-plugins
serializeImagePulls: false
# Images come by hand and from no registry: none may be collected. And a full disk must not evict test pods by itself.
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%", nodefs.inodesFree: "1%"}
containerLogMaxSize: $LOG_MAX_SIZE
containerLogMaxFiles: $LOG_MAX_FILES
YAML
}

start_kubelet() {
  launch kubelet "$BIN/kubelet" --v="$VERBOSITY" --config="$STATE/conf/kubelet.yaml" \
    --kubeconfig="$STATE/kubeconfigs/kubelet" --root-dir="$STATE/kubelet" --cert-dir="$STATE/kubelet/pki" \
    --hostname-override="$NODE" --container-runtime=remote \
    --container-runtime-endpoint="unix://$STATE/containerd.sock" || died kubelet
}

node_ready() {
  [[ $(kc get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}{.spec.taints}' 2>/dev/null) == True ]]
}
# A kubelet that was killed leaves its node Ready for 40 s, so it is asked itself, too.
kubelet_answers() {
  curl -sf --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "https://127.0.0.1:$KUBELET_PORT/healthz"
}
wait_node() {
  wait_for 60 "the kubelet's start" kubelet kubelet_answers
  wait_for 90 "the node's becoming Ready" kubelet node_ready
}

# A bound token of the run's service account; the API server grants none for less than ten minutes.
request_token() { # SECONDS
  printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":%d}}' "$1" |
    kc create --raw "/api/v1/namespaces/$NAMESPACE/serviceaccounts/$RUNNER/token" -f - | jq -r .status.token
}

write_kubeconfig() { # NAME USER-FIELDS [NAMESPACE]
  (umask 077; cat >"$STATE/kubeconfigs/$1.tmp" <<YAML
apiVersion: v1
kind: Config
clusters:
- name: daaa
  cluster: {server: "https://127.0.0.1:$PORT", certificate-authority: $PKI/ca.crt}
contexts:
- name: daaa
  context: {cluster: daaa, user: $1, namespace: ${3:-default}}
current-context: daaa
users:
- name: $1
  user: {$2}
YAML
  mv "$STATE/kubeconfigs/$1.tmp" "$STATE/kubeconfigs/$1")
}

# Thirty days: a cluster left running keeps a kubeconfig that works.
write_runner_kubeconfig() {
  local token
  token=$(request_token 2592000)
  [[ $token == *.*.* ]] || die "the API server gave no token for $RUNNER"
  write_kubeconfig runner "token: $token" "$NAMESPACE"
}

apply_rbac() { kc apply -k "$HERE/../../manifests/rbac" >/dev/null; }
