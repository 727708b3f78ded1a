#!/usr/bin/env bash
# shellcheck disable=SC2317 # tell and bkill are called by traps
# A stand-in for LSF, to try job scripts with: fake_lsf.sh COMMAND...
# The command runs in a process group of its own with the variables that LSF sets. To this script send
#   USR1    as `bkill`: SIGINT, then SIGTERM, then SIGKILL, JOB_TERMINATE_INTERVAL (10) seconds apart, to the whole group
#   USR2    as the run limit's warning: SIGUSR2
#   TSTP    as `bstop`: SIGSTOP, or SIGTSTP with LSB_SIGSTOP=TSTP, as for parallel jobs;  CONT, as `bresume`: SIGCONT
# It ends with the command's status, after POST_EXEC has run, if that is set. REQUEUE_EXIT_VALUES="122 ...": a job that ends
# with one of these is started again, up to REQUEUE_MAX (5) times, its post-exec first.
set -u
[[ $# -gt 0 ]] || { sed -n '3,10s/^# //p' "$0" >&2; exit 2; }
export LSB_JOBID=${LSB_JOBID:-4711} LSB_JOBINDEX=${LSB_JOBINDEX:-0} LSB_QUEUE=${LSB_QUEUE:-normal}
export LSB_JOBNAME=${LSB_JOBNAME:-job} LSB_BATCH_JID=${LSB_BATCH_JID:-$LSB_JOBID} LSB_HOSTS=${LSB_HOSTS:-$(uname -n)}
interval=${JOB_TERMINATE_INTERVAL:-10}

tell() { # SIGNAL
  printf 'fake_lsf: SIG%s\n' "$1" >&2
  kill -s "$1" -- "-$job" 2>/dev/null
}
bkill() {
  local number
  for number in INT TERM KILL; do
    tell "$number" || return
    [[ $number == KILL ]] && return
    for ((tenth = 0; tenth < interval * 10; tenth++)); do
      kill -0 "$job" 2>/dev/null || return
      sleep 0.1
    done
  done
}
trap bkill USR1
trap 'tell USR2' USR2
trap 'tell "${LSB_SIGSTOP:-STOP}"' TSTP
trap 'tell CONT' CONT
dispatch() {
  # Job control gives the command a process group and leaves SIGINT as it is.
  set -m
  "$@" &
  job=$!
  set +m
  # wait returns early when a signal for us comes in.
  while :; do
    wait "$job"
    status=$?
    kill -0 "$job" 2>/dev/null || break
  done
  # The status of a job that ended while a trap ran is still to be had.
  local last
  wait "$job" 2>/dev/null
  last=$?
  [[ $last == 127 ]] || status=$last
  printf 'fake_lsf: the job ended with %d\n' "$status" >&2
  [[ -n ${POST_EXEC-} ]] || return
  (cd /tmp && PATH=/bin:/usr/bin:/sbin:/usr/sbin LSB_JOBEXIT_STAT=$((status << 8)) "$POST_EXEC" </dev/null >/dev/null 2>&1)
  printf 'fake_lsf: post-exec ended with %d\n' $? >&2
}
dispatch "$@"
for ((again = 0; again < ${REQUEUE_MAX:-5}; again++)); do
  [[ " ${REQUEUE_EXIT_VALUES-} " == *" $status "* ]] || break
  printf 'fake_lsf: requeued\n' >&2
  dispatch "$@"
done
exit "$status"
