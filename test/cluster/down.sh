#!/usr/bin/env bash
# Takes the cluster of up.sh down and leaves nothing: no process, mount, network device, control group or file. What was
# built stays in the cache directory.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$HERE/lib.sh"

(($# == 0)) || die "usage: down.sh    (the cluster is the one below DAAA_CLUSTER_STATE, default $STATE)"
need_root
check_state_path
take_lock
if [[ ! -e $STATE && ! -e /sys/class/net/$(bridge_name) ]]; then
  say "no cluster below $STATE; nothing to do"
  exit 0
fi
say "taking down the cluster below $STATE"
take_down
say "down; nothing is left"
