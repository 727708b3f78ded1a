#!/usr/bin/env bash
# Builds and runs the tests. On a bare Debian 12 it installs what is missing (root or sudo) and says so.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$HERE")

usage() {
  cat <<'USAGE'
usage: test/run.sh [LEVEL]

  (none)        everything that needs no cluster: unit, replay, simulation, integration and cli tests on the sandbox, packages
  unit          unit and replay tests, and the check of the include rules
  integration   the integration suite on the sandbox
  cluster       the integration suite on a real Kubernetes, which test/cluster/up.sh builds the first time (root; minutes)
  sanitizers    unit tests and simulation under AddressSanitizer with UBSan, and under ThreadSanitizer
  all           all of these; the cluster beside the others, and of the sanitizers what can be done in
                DAAA_TEST_MINUTES (no limit) from the start

The last line says `N passed, N failed`, in test cases; the exit status is 0 if none failed.
USAGE
}

# Checkouts in different places share the compiler's cache.
export CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1

level=${1-default}
case $level in
  default | unit | integration | cluster | sanitizers | all) ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

PASSED=0
FAILED=0
add_result() { # "N passed, N failed"
  [[ $1 =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] || { printf 'run.sh: no result: %s\n' "$1" >&2; FAILED=$((FAILED + 1)); return; }
  PASSED=$((PASSED + BASH_REMATCH[1]))
  FAILED=$((FAILED + BASH_REMATCH[2]))
}
failure() { printf 'run.sh: %s\n' "$*" >&2; FAILED=$((FAILED + 1)); }
step() { printf '\n== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

build() { # PRESET [TARGET...]
  local preset=$1
  shift
  step "building the preset $preset"
  cd "$ROOT"
  local log=build/$preset.log
  mkdir -p build
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    tail -n 30 "$log"
    failure "configuring $preset failed; see $log"
    return 1
  fi
  local began=$SECONDS rc=0
  ${NICE-} ${LIMIT-} cmake --build --preset "$preset" ${1+--target "$@"} >>"$log" 2>&1 </dev/null || rc=$?
  if [[ -n ${LIMIT-} && $rc -eq 124 ]]; then
    printf 'not built in the time there was; the next build goes on from there\n'
    return 1
  fi
  if ((rc)); then
    grep -nE 'error|FAILED' "$log" | head -n 30 || true
    failure "building $preset failed; see $log"
    return 1
  fi
  printf 'built in %d s\n' $((SECONDS - began))
}

run_ctest() { # PRESET [CTEST OPTION...]
  local preset=$1 ok=1
  shift
  step "ctest, preset $preset${*:+, $*}"
  cd "$ROOT"
  rm -f "build/$preset/Testing/Temporary/LastTest.log"
  # Two at a time: the integration suite waits for pods most of the time.
  ${NICE-} ctest --preset "$preset" --parallel 2 --no-tests=error "$@" </dev/null || ok=0
  local result='0 passed, 0 failed'
  [[ ! -e build/$preset/Testing/Temporary/LastTest.log ]] ||
    result=$("$HERE/count_cases.py" "build/$preset/Testing/Temporary/LastTest.log")
  local failed_before=$FAILED
  add_result "$result"
  # CTest knows failures that no test tells of: one that was not found, or none at all.
  ((ok || FAILED > failed_before)) || failure "ctest, preset $preset, failed"
}

on_cluster() {
  step "a real Kubernetes"
  local was_up='' out result
  "$HERE/cluster/ctl.sh" status >/dev/null 2>&1 && was_up=1
  out=$("$HERE/cluster/up.sh" </dev/null) || { failure "test/cluster/up.sh failed"; return; }
  local line
  while IFS= read -r line; do
    [[ $line != DAAA_CLUSTER_*=* ]] || export "${line?}"
  done <<<"$out"
  step "the integration suite on the cluster"
  local log=$ROOT/build/integration-cluster.log
  "$HERE/integration/run.py" cluster --daaa "$ROOT/build/dev/bin/daaa" </dev/null 2>&1 | tee "$log" || true
  result=$(tail -n 1 "$log")
  add_result "$result"
  [[ -n $was_up ]] || "$HERE/cluster/down.sh" </dev/null || failure "test/cluster/down.sh failed"
}

# The cluster's suite waits for kubelets most of the time, so other tests may run beside it. What it says
# comes when it is over.
BESIDE=
begin_cluster_beside() {
  local log=$ROOT/build/cluster.log
  "$HERE/cluster/ctl.sh" status >/dev/null 2>&1 && WAS_UP=1 || WAS_UP=
  trap stop_cluster_beside EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  set -m # a process group of its own, to be ended as one
  (
    set +e
    PASSED=0
    FAILED=0
    # The first time this compiles Kubernetes; tests that are timed come first.
    if nice -n 10 "$HERE/cluster/build.sh" >/dev/null; then
      on_cluster
    else
      failure "there is no Kubernetes to test against"
    fi
    printf '%d s\n%d passed, %d failed\n' "$SECONDS" "$PASSED" "$FAILED"
  ) >"$log" 2>&1 </dev/null &
  BESIDE=$!
  set +m
  printf '\nthe cluster is tested meanwhile; its log: %s\n' "$log"
}

# Where we are ended before it is.
stop_cluster_beside() {
  [[ -n $BESIDE ]] || return 0
  kill -TERM -- "-$BESIDE" 2>/dev/null || true
  wait "$BESIDE" 2>/dev/null || true
  BESIDE=
  [[ -n $WAS_UP ]] || "$HERE/cluster/down.sh" </dev/null || true
}

end_cluster_beside() {
  [[ -n $BESIDE ]] || return 0
  step "waiting for the cluster's tests"
  wait "$BESIDE" || true
  BESIDE=
  local log=$ROOT/build/cluster.log
  head -n -2 "$log"
  LEVELS+=("cluster" "$(tail -n 1 "$log")" "until $(tail -n 2 "$log" | head -n 1)")
  add_result "$(tail -n 1 "$log")"
}

# What the tests under a sanitizer take; to build them takes a quarter of an hour the first time.
SANITIZED_MINUTES=6

# A build that does not get done in DAAA_TEST_MINUTES is gone on with the next time, out of the compiler's cache.
sanitizer() { # PRESET
  local NICE='nice -n 10' LIMIT='' # the cluster's tests, which are timed, come first
  if [[ -n ${DAAA_TEST_MINUTES-} ]]; then
    local left=$(((DAAA_TEST_MINUTES - SANITIZED_MINUTES) * 60 - SECONDS))
    ((left > 60)) || { printf '\n%s: no time is left\n' "$1"; return; }
    LIMIT="timeout $left"
  fi
  build "$1" test_programs && run_ctest "$1" -L 'unit|replay|simulation'
}

sanitizers() {
  level_of asan-ubsan sanitizer asan-ubsan
  level_of tsan sanitizer tsan
}

# Runs a level and keeps what came of it for the table at the end.
LEVELS=()
level_of() { # NAME COMMAND...
  local name=$1 began=$SECONDS passed=$PASSED failed=$FAILED
  shift
  "$@" || true
  local result="$((PASSED - passed)) passed, $((FAILED - failed)) failed"
  [[ $result != "0 passed, 0 failed" ]] || result="not run"
  LEVELS+=("$name" "$result" "$((SECONDS - began)) s")
}

default_level() { build dev && run_ctest dev; }

all_levels() {
  if build dev; then
    begin_cluster_beside
    level_of default run_ctest dev
  fi
  sanitizers
  end_cluster_beside
}

"$HERE/install_packages.sh" g++ cmake ninja-build ccache pkg-config libcurl4-openssl-dev libssl-dev rapidjson-dev libyaml-cpp-dev \
  libboost-dev libboost-program-options-dev catch2 bubblewrap openssl patch python3

case $level in
  default) level_of default default_level ;;
  unit) build dev test_programs && run_ctest dev -L 'unit|replay|rules' ;;
  integration) build dev && run_ctest dev -L integration ;;
  cluster) build dev daaa_command && on_cluster ;;
  sanitizers) sanitizers ;;
  all) all_levels ;;
esac || true

printf '\n%s: %d min %d s\n' "test/run.sh $level" $((SECONDS / 60)) $((SECONDS % 60))
((${#LEVELS[@]} == 0)) || printf '%-12s %-24s %s\n' "${LEVELS[@]}"
((PASSED + FAILED)) || failure "no test was run"
printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
((FAILED == 0))
