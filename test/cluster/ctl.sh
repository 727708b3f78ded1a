#!/usr/bin/env bash
# shellcheck disable=SC2119,SC2120,SC2317 # verbs are called by name, with the words that came with them
# Tools for tests on the cluster of up.sh: `ctl.sh help` lists them.
set -euo pipefail
umask 022
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$HERE/lib.sh"
# shellcheck source-path=SCRIPTDIR source=components.sh
source "$HERE/components.sh"

help() {
  cat <<'HELP'
usage: ctl.sh VERB [ARG...]     on the cluster below DAAA_CLUSTER_STATE (default /var/tmp/daaa-cluster-<uid>)

Programs. Start and restart return when the program is ready again; stop when it has ended.
  stop-apiserver [--kill | --grace S]
                                SIGTERM, and SIGKILL after S seconds (default 5): an API server that ends in order takes no
                                new connections but serves open watches and logs for up to 60 s. --kill: as if it crashed
  start-apiserver
  restart-apiserver [--kill | --grace S]
                                same port and certificates
  stop-kubelet [--kill]         containers run on
  start-kubelet                 about 7 s: it first looks for a Docker for 5 s
  restart-kubelet [--kill]
  restart-controllers [--kill]  the controller manager; returns when its Job controller is at work again
  compact-etcd [--restart]      compacts to the current revision; --restart restarts the API server after it, since 1.20
                                answers old watches out of its cache: only then does one get 410

Tokens of the service account daaa-runner
  token [--seconds N]           prints a new one. From 600 s on it comes from the TokenRequest API; a shorter one, which the
                                API server would not grant, is signed here with the cluster's key and is refused N seconds
                                from now, or up to 10 s later when it has just been used: so long a good token is remembered.
                                (Its `exp` claim lies 60 s before that: the API server allows clocks to differ so much.)
  revoke-tokens [--keep-kubeconfig]
                                deletes the account and makes it again, waits until the token in the account's kubeconfig
                                is refused, and writes a new one there, unless told to keep the dead one

Pods, in namespace dean
  rotate-log POD                rotates the log of each running container of the pod, now, as the kubelet does: rename the
                                file, have containerd open a new one
  log-limits SIZE [FILES]       sets containerLogMaxSize and containerLogMaxFiles, restarts the kubelet. It looks every
                                10 s and rotates a file that has grown larger
  evict POD                     through the eviction API
  delete-pod POD [--now]        --now: without grace period
  fill-quota                    a ResourceQuota that allows no pod at all; returns when it is in force
  clear-quota

Looking
  kubectl ARG...                kubectl 1.20 as administrator
  now                           a time stamp for requests --since
  requests [--since STAMP] [--user NAME|all] [--codes] [--list]
                                how often the user asked what, from the audit log: COUNT VERB RESOURCE[.GROUP][/SUB], with
                                --codes the answers' status codes too; --list: one line a request, in order, with its time.
                                NAME: daaa-runner (default), admin, or a full user name. STAMP: anything date(1) reads
  leftovers                     prints each volume, claim, Job and pod labelled app.kubernetes.io/name=daaa; 1 if there is any
  status                        the programs and whether they run; 1 if one does not
HELP
}

usage_error() {
  say "$1; see ctl.sh help"
  exit 2
}

pod_argument() {
  [[ ${1-} =~ ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$ ]] || usage_error "a pod's name is missing or is none: '${1-}'"
}

stop-apiserver() {
  case ${1-} in
    '') stop_process kube-apiserver TERM 5 ;;
    --kill) stop_process kube-apiserver KILL ;;
    --grace)
      [[ ${2-} =~ ^[0-9]{1,3}$ ]] || usage_error "--grace needs seconds"
      stop_process kube-apiserver TERM "$2" ;;
    *) usage_error "unknown option '$1'" ;;
  esac
}
start-apiserver() {
  pid_of kube-apiserver >/dev/null || start_kube-apiserver
  wait_apiserver
}
restart-apiserver() { stop-apiserver "$@"; start-apiserver; }

stop-kubelet() {
  case ${1-} in
    '') stop_process kubelet TERM ;;
    --kill) stop_process kubelet KILL ;;
    *) usage_error "unknown option '$1'" ;;
  esac
}
start-kubelet() {
  pid_of kubelet >/dev/null || start_kubelet
  wait_node
}
restart-kubelet() { stop-kubelet "$@"; start-kubelet; }

jobs_controlled() { tail -n "+$1" "$STATE/logs/kube-controller-manager.log" | grep -q 'Caches are synced for job'; }
restart-controllers() {
  local from
  from=$(($(wc -l <"$STATE/logs/kube-controller-manager.log") + 1))
  case ${1-} in
    '') stop_process kube-controller-manager TERM ;;
    --kill) stop_process kube-controller-manager KILL ;;
    *) usage_error "unknown option '$1'" ;;
  esac
  start_kube-controller-manager
  wait_for 60 "the controller manager's start" kube-controller-manager jobs_controlled "$from"
}

compact-etcd() {
  [[ ${1-} == @(|--restart) ]] || usage_error "unknown option '$1'"
  local revision
  revision=$(etcdctl3 endpoint status -w json | jq -r '.[0].Status.header.revision')
  etcdctl3 compact "$revision" >/dev/null
  say "etcd is compacted to revision $revision"
  [[ ${1-} != --restart ]] || restart-apiserver
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# What the API server would put into a token, for a life as short as a test needs.
sign_token() { # SECONDS
  local now uid claims signed
  now=$(date +%s)
  uid=$(kc -n "$NAMESPACE" get sa "$RUNNER" -o 'jsonpath={.metadata.uid}')
  claims=$(jq -nc --arg iss "$ISSUER" --arg ns "$NAMESPACE" --arg sa "$RUNNER" --arg uid "$uid" \
    --argjson now "$now" --argjson s "$1" '{aud: [$iss], iss: $iss, sub: "system:serviceaccount:\($ns):\($sa)",
      iat: ($now - 60), nbf: ($now - 60), exp: ($now + $s - 60),
      "kubernetes.io": {namespace: $ns, serviceaccount: {name: $sa, uid: $uid}}}')
  signed=$(printf '{"alg":"RS256","typ":"JWT"}' | base64url).$(printf '%s' "$claims" | base64url)
  printf '%s.%s\n' "$signed" "$(printf '%s' "$signed" | openssl dgst -sha256 -sign "$PKI/sa.key" -binary | base64url)"
}

token() {
  local seconds=3600
  case ${1-} in
    '') ;;
    --seconds) seconds=${2-} ;;
    *) usage_error "unknown option '$1'" ;;
  esac
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || usage_error "--seconds needs a number"
  if ((seconds < 600)); then sign_token "$seconds"; else request_token "$seconds"; fi
}

revoke-tokens() {
  [[ ${1-} == @(|--keep-kubeconfig) ]] || usage_error "unknown option '$1'"
  local end=$((SECONDS + 30)) code token
  kc -n "$NAMESPACE" delete sa "$RUNNER" --ignore-not-found >/dev/null
  apply_rbac
  # A good token is remembered for ten seconds; a test wants to know when it is dead. The token does not go on a command
  # line, where others could read it.
  token=$(sed -n 's/.*token: \([^}]*\)}.*/\1/p' "$STATE/kubeconfigs/runner")
  while :; do
    code=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
      curl -s -o /dev/null -w '%{http_code}' --cacert "$PKI/ca.crt" -K - "https://127.0.0.1:$PORT/api" || true)
    [[ $code != 401 ]] || break
    ((SECONDS < end)) || die "the old token is still accepted after 30 s (answer $code)"
    sleep 0.2
  done
  [[ -n ${1-} ]] || write_runner_kubeconfig
}

# ReopenContainerLog of the CRI, spoken with curl: gRPC is HTTP/2, and the one message is one string.
reopen_log() { # CONTAINER-ID
  local out
  out=$(printf '\0\0\0\0\102\012\100%s' "$1" |
    curl -s -D - -o /dev/null --http2-prior-knowledge --unix-socket "$STATE/containerd.sock" --max-time 10 \
      -H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- \
      http://localhost/runtime.v1alpha2.RuntimeService/ReopenContainerLog) || true
  grep -qi '^grpc-status: 0' <<<"$out" || die "containerd did not reopen the log of $1: $(tr -d '\r' <<<"$out" | grep -i grpc || echo no answer)"
}

rotate-log() {
  pod_argument "${1-}"
  local uid name id restarts log count=0
  uid=$(kc -n "$NAMESPACE" get pod "$1" -o 'jsonpath={.metadata.uid}')
  while read -r name restarts id; do
    id=${id#containerd://}
    [[ $id =~ ^[0-9a-f]{64}$ ]] || continue
    log=$STATE/varlog/pods/${NAMESPACE}_$1_$uid/$name/$restarts.log
    [[ -f $log ]] || continue
    mv "$log" "$log.$(date -u +%Y%m%d-%H%M%S)"
    reopen_log "$id"
    count=$((count + 1))
  done < <(kc -n "$NAMESPACE" get pod "$1" -o json |
    jq -r '.status.containerStatuses[]? | select(.state.running) | "\(.name) \(.restartCount) \(.containerID)"')
  ((count)) || die "pod $1 has no running container"
}

log-limits() {
  [[ ${1-} =~ ^[0-9]+([KMG]i?|k)?$ && ${2-5} =~ ^([2-9]|[1-9][0-9]+)$ ]] || usage_error "log-limits SIZE [FILES], FILES at least 2"
  LOG_MAX_SIZE=$1 LOG_MAX_FILES=${2-$LOG_MAX_FILES}
  sed -i "s/LOG_MAX_SIZE=[^ ]* LOG_MAX_FILES=[^ ]*/LOG_MAX_SIZE=$LOG_MAX_SIZE LOG_MAX_FILES=$LOG_MAX_FILES/" "$STATE/settings"
  write_kubelet_config
  restart-kubelet
}

evict() {
  pod_argument "${1-}"
  printf '{"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":"%s","namespace":"%s"}}' "$1" "$NAMESPACE" |
    kc create --raw "/api/v1/namespaces/$NAMESPACE/pods/$1/eviction" -f - >/dev/null
}

delete-pod() {
  pod_argument "${1-}"
  local -a now=()
  case ${2-} in
    '') ;;
    --now) now=(--grace-period=0 --force) ;;
    *) usage_error "unknown option '$2'" ;;
  esac
  kc -n "$NAMESPACE" delete pod "$1" --wait=false "${now[@]}" 2> >(grep -v 'Immediate deletion' >&2) >/dev/null
}

fill-quota() {
  kc -n "$NAMESPACE" apply -f - >/dev/null <<'YAML'
apiVersion: v1
kind: ResourceQuota
metadata: {name: daaa-test-full}
spec: {hard: {pods: "0"}}
YAML
  in_force() { [[ $(kc -n "$NAMESPACE" get resourcequota daaa-test-full -o 'jsonpath={.status.hard.pods}') == 0 ]]; }
  wait_for 30 "the quota" kube-controller-manager in_force
}
clear-quota() { kc -n "$NAMESPACE" delete resourcequota daaa-test-full --ignore-not-found --wait >/dev/null; }

kubectl() { kc "$@"; }
now() { date -u +%Y-%m-%dT%H:%M:%S.%6NZ; }

requests() {
  local since='' user=daaa-runner codes=false list=false
  while (($#)); do
    case $1 in
      --since) since=$(date -u -d "${2-}" +%Y-%m-%dT%H:%M:%S.%6NZ 2>/dev/null) || usage_error "--since: '${2-}' is no time"; shift ;;
      --user) user=${2-}; shift ;;
      --codes) codes=true ;;
      --list) list=true ;;
      *) usage_error "unknown option '$1'" ;;
    esac
    shift || usage_error "a value is missing"
  done
  case $user in
    daaa-runner) user=system:serviceaccount:$NAMESPACE:$RUNNER ;;
    admin) user=daaa-admin ;;
  esac
  # The last answers may be with the client a moment before they are in the log.
  sleep 0.3
  # A watch or a followed log has two entries, at its start and at its end; one identifier. A line half written is left out.
  { cat "$STATE"/logs/audit-*.log 2>/dev/null || true; cat "$STATE/logs/audit.log"; } |
    jq -Rnr --arg since "$since" --arg user "$user" --argjson codes "$codes" --argjson list "$list" '
      reduce (inputs | fromjson? | select(.requestReceivedTimestamp >= $since and ($user == "all" or .user.username == $user))) as $e
        ({}; .[$e.auditID] = $e)
      | [.[]] | sort_by(.requestReceivedTimestamp)
      | map({at: .requestReceivedTimestamp, what: (.verb + " "
          + (if .objectRef.resource then .objectRef.resource
               + (if .objectRef.apiGroup then "." + .objectRef.apiGroup else "" end)
               + (if .objectRef.subresource then "/" + .objectRef.subresource else "" end)
             else (.requestURI | split("?")[0]) end)
          + (if $codes then " \(.responseStatus.code // "-")" else "" end)),
          name: (.objectRef.name // "")})
      | if $list then .[] | "\(.at) \(.what) \(.name)"
        else group_by(.what)[] | "\(length) \(.[0].what)" end'
}

leftovers() {
  local found
  found=$(kc get pv,pvc,jobs,pods --all-namespaces -l app.kubernetes.io/name=daaa -o json |
    jq -r '.items[] | [.kind, .metadata.namespace // "-", .metadata.name,
      (.status.phase // ((.status.conditions // [])[-1].type) // "-"),
      (if .metadata.deletionTimestamp then "being deleted, finalizers: \(.metadata.finalizers // [] | join(","))" else "" end)] | join(" ")')
  [[ -n $found ]] || return 0
  printf '%s\n' "$found"
  return 1
}

status() {
  local c pid rc=0
  for c in holder etcd containerd "${BINARIES[@]}"; do
    if pid=$(pid_of "$c"); then
      printf '%s running %s\n' "$c" "$pid"
    else
      printf '%s stopped\n' "$c"
      rc=1
    fi
  done
  return $rc
}

verb=${1-help}
shift || true
case $verb in
  help | -h | --help) help; exit 0 ;;
  stop-apiserver | start-apiserver | restart-apiserver | stop-kubelet | start-kubelet | restart-kubelet | restart-controllers | compact-etcd | \
    token | revoke-tokens | rotate-log | log-limits | evict | delete-pod | fill-quota | clear-quota | kubectl | now | requests | leftovers | status) ;;
  *) usage_error "there is no verb '$verb'" ;;
esac
need_root
load_settings
holder_pid >/dev/null || die "the cluster below $STATE is not running; start it with $HERE/up.sh"
"$verb" "$@"
