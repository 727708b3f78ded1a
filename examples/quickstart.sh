#!/usr/bin/env bash
# Shows a whole run on this machine: builds daaa, starts the sandbox with the four filesets and a workspace, and trains a small
# model on the data in them. On a bare Debian 12 it installs what is missing (root or sudo) and says so.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$HERE")
BIN=$ROOT/build/release/bin
FILESYSTEM=gpfs/ess3000_4M # where the chart's own values expect it

title() { printf '\n== %s\n' "$*"; }
show() {
  printf '$ %s\n' "$*"
  "$@"
}

build() {
  title "building daaa (build/release; minutes the first time)"
  mkdir -p "$ROOT/build"
  local log=$ROOT/build/quickstart.log
  cd "$ROOT"
  if ! { cmake --preset release && cmake --build --preset release; } >"$log" 2>&1 </dev/null; then
    grep -nE 'error|FAILED' "$log" | head -n 20 || tail -n 20 "$log"
    printf 'quickstart: the build failed; all of it is in %s\n' "$log"
    exit 1
  fi
  printf 'built in %d s: %s\n' "$SECONDS" "$("$BIN/daaa" version)"
}

# What DAAA's earlier steps would have done: data in the filesets, a script in the user's workspace.
stage() { # DIRECTORY
  mkdir -p "$1/workspace" "$1/$FILESYSTEM"/{a2d2_cos,a2d2_nfs,a2d2_arc,models/A2D2-MDL}
  cp "$HERE/train.sh" "$1/workspace/"
  # What an administrator writes once: the site's cluster and file system, as mmlscluster and mmlsfs tell them.
  printf 'GPFSlocal: {clusterID: "7118073361626808055", fileSystemID: "09762E69:5D36FE8D"}\n' >"$1/site.yaml"
  # Rides of 400 days: they rise with the temperature, fall with the rain; and some noise, the same each time.
  awk 'BEGIN { seed = 7; print "temperature,rain,rides"
               for (i = 0; i < 400; i++) { t = r() * 35 - 5; w = r() * 20; printf "%.2f,%.2f,%.1f\n", t, w, 1200 + 85 * t - 40 * w + (r() - 0.5) * 200 } }
       function r() { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }' >"$1/$FILESYSTEM/a2d2_cos/rides.csv"
  echo rides.csv >"$1/$FILESYSTEM/a2d2_cos/content.txt"
}

# Runs inside the sandbox, where KUBECONFIG leads to it.
inside() { # DIRECTORY
  title "a run: four volumes, four claims, a Job; its log; its end; everything removed"
  show daaa run quickstart --namespace dean --pvc dean-workspace-pvc --command train.sh -f "$1/site.yaml" -- rides.csv 300
  printf 'daaa ended with the status of the workload: %d\n' $?
  title "what it wrote to /models and to /workspace"
  show cat "$1/$FILESYSTEM/models/A2D2-MDL/rides.model"
  show cat "$1/workspace/report.txt"
  title "what is left on the cluster"
  show daaa list --namespace dean
  [[ $(daaa list --namespace dean --output json 2>/dev/null) == '[]' ]] || { echo 'quickstart: something is left'; return 1; }
  if command -v kubectl >/dev/null; then
    show kubectl get pv,pvc,jobs,pods --all-namespaces --selector app.kubernetes.io/name=daaa
  fi
}

if [[ ${1-} == inside ]]; then
  inside "$2"
  exit
fi
[[ $# == 0 ]] || { echo 'usage: examples/quickstart.sh' >&2; exit 2; }

"$ROOT/test/install_packages.sh" g++ cmake ninja-build ccache pkg-config libcurl4-openssl-dev libssl-dev rapidjson-dev libyaml-cpp-dev \
  libboost-dev libboost-program-options-dev bubblewrap ca-certificates
build
DIRECTORY=$(mktemp -d)
trap 'rm -rf "$DIRECTORY"' EXIT
chmod 755 "$DIRECTORY"
stage "$DIRECTORY"
export PATH=$BIN:$PATH
title "starting the sandbox: a cluster in one process"
show daaa sandbox --dir "$DIRECTORY" --workspace "$DIRECTORY/workspace" -- "${BASH_SOURCE[0]}" inside "$DIRECTORY"
printf '\nquickstart: all of it took %d s. Next: README.md, "daaa help", "daaa sandbox --help"\n' "$SECONDS"
