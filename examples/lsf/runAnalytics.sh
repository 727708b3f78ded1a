#!/usr/bin/env bash
# Stands in for IBM's runAnalytics.sh: the same argument, files and headings, with daaa doing the work.
#   runAnalytics.sh JOBID
# Put it where the original lies, /usr/local/bin/DAAA, beside daaa_config and helm/daaa/values.yaml; it reads them as they are,
# and LSF_ARGS with -oc_namespace=, -oc_pvc= and -oc_path_exec=. No oc, no helm.
#
# It ends with the workload's status, which the original never did; docs/operations.md says what that means for jobs that
# follow with `bsub -w`. DAAA_EXIT_ZERO=1: end with 0 wherever a Job was made, as the original.
# DAAA_OPTIONS: further words for `daaa run`, for instance "--timeout 4h".
set -eu
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ -n ${1-} ]] || { echo 'usage: runAnalytics.sh JOBID' >&2; exit 120; }
daaa=$HERE/daaa
[[ -x $daaa ]] || daaa=daaa
read -r -a options <<<"${DAAA_OPTIONS-}"
[[ -z ${DAAA_EXIT_ZERO-} ]] || options+=(--exit-zero)
# exec: LSF's signals reach daaa itself, which has ten seconds from SIGINT to SIGTERM and ten more to SIGKILL.
exec "$daaa" run "$1" --lsf --config "$HERE/daaa_config" --output classic ${options[@]+"${options[@]}"}
