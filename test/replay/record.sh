#!/usr/bin/env bash
# Records the whole runs anew, on the cluster of test/cluster, into test/replay/runs.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "${DAAA_CLUSTER_ENV:-/var/tmp/daaa-cluster-$UID/env}"
to=$ROOT/test/replay/runs
mkdir -p "$to"
# What other runs have left would be in every list.
"$DAAA_CLUSTER_KUBECTL" --kubeconfig "$DAAA_CLUSTER_ADMIN_KUBECONFIG" -n "$DAAA_CLUSTER_NAMESPACE" delete events --all >/dev/null
"${RECORD_RUNS:-$ROOT/build/dev/bin/record_runs}" "$to" "$DAAA_CLUSTER_KUBECONFIG" "$DAAA_CLUSTER_WORKSPACE" \
  "$DAAA_CLUSTER_KUBECTL --kubeconfig $DAAA_CLUSTER_ADMIN_KUBECONFIG" storage.source=hostPath \
  "GPFSlocal.mainPath=$DAAA_CLUSTER_MAIN_PATH" "image.name=${DAAA_CLUSTER_IMAGE%:*}" "image.tag=${DAAA_CLUSTER_IMAGE##*:}"
