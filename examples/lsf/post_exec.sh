#!/usr/bin/env bash
# LSF's post-exec for analytics jobs: removes what a run left behind when it was killed before it could clean up (SIGKILL, a node
# that went down). After a run that ended by itself there is nothing to do. The data is never touched.
#
# LSF runs it with a short PATH, in /tmp, without standard streams; the JOBID is what stands behind "runAnalytics_" in the job's name.
# Not for jobs that leave their run on purpose (daaa submit, --on-interrupt detach): it would end them.
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$HERE:/usr/local/bin:$PATH
name=${LSB_JOBNAME-}
name=${name%%\[*}
id=${name#runAnalytics_}
[[ -n $id && $id != "$name" ]] || exit 0

# The namespace stands in the file that LSF_ARGS names; daaa knows how to find it.
namespace=$(daaa render "$id" --lsf --config "$HERE/daaa_config" --output yaml | sed -n 's/^  namespace: *//p' | tail -n 1)
[[ -n $namespace ]] || exit 0
[[ ${LSB_JOBINDEX-0} == 0 ]] || id=$id-$LSB_JOBINDEX
exec daaa delete "$id" --namespace "$namespace" --quiet
