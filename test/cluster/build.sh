#!/usr/bin/env bash
# Builds kube-apiserver, kube-controller-manager, kube-scheduler and kubelet from Debian's source package `kubernetes`
# and takes kubectl of the same version; keeps them under the cache directory. Prints that directory. Run by up.sh.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$HERE/lib.sh"

RECIPE=2     # raised when this script builds otherwise than before: what an older one built is then built again
NEED_MB=6000 # source 0.3 GB, compiled packages 4 GB, binaries 0.4 GB, some air

# Only this stamp makes a directory count, and it is written last: of a build that was cut off there is nothing to find.
# A file whose inode changed after the stamp was written (a damaged or a copied cache) is hashed, the others need not be.
complete() { # DIR
  [[ -f $1/recipe && $(<"$1/recipe") == "$RECIPE" ]] || return 1
  [[ -f $1/SHA256SUMS && $(wc -l <"$1/SHA256SUMS") -eq $((${#BINARIES[@]} + 1)) ]] || return 1
  [[ $(find "$1" -type f ! -name SHA256SUMS ! -name recipe ! -newercm "$1/SHA256SUMS" | wc -l) -eq $((${#BINARIES[@]} + 1)) ]] && return 0
  (cd "$1" && sha256sum --quiet --status -c SHA256SUMS && touch SHA256SUMS)
}

# The version of the source package, as the machine's package lists know it. A binary package rebuilt on its own
# carries its source's version in brackets.
source_version() {
  apt-cache show --no-all-versions kubernetes-client 2>/dev/null |
    awk '/^Source:/ && match($0, /\(.*\)/) { s = substr($0, RSTART + 1, RLENGTH - 2) } /^Version:/ { v = $2 }
         END { print (s != "" ? s : v) }'
}

newest_cached() {
  local d
  while read -r d; do
    if complete "$d"; then
      printf '%s' "$d"
      return 0
    fi
  done < <(find "$CACHE" -maxdepth 1 -type d -name 'kubernetes-*' ! -name '*.partial.*' 2>/dev/null | sort -rV)
  return 1
}

mkdir -p "$CACHE"
VERSION=$(source_version)
if [[ -z $VERSION ]]; then
  # Without package lists (a machine without network) what was built before is good enough.
  if DIR=$(newest_cached); then
    printf '%s\n' "$DIR"
    exit 0
  fi
  need_root
  apt_update "$CACHE/apt.log.update"
  VERSION=$(source_version)
  [[ -n $VERSION ]] || die "this machine's package sources have no package kubernetes-client; Debian 12 has"
fi
DIR=$CACHE/kubernetes-$VERSION
if complete "$DIR"; then
  printf '%s\n' "$DIR"
  exit 0
fi

need_root
exec 9>"$CACHE/build.lock"
if ! flock -n 9; then
  say "another build is running (lock $CACHE/build.lock); waiting for it"
  flock 9
  if complete "$DIR"; then
    printf '%s\n' "$DIR"
    exit 0
  fi
fi
[[ ! -e $DIR ]] || say "$DIR is damaged or was built in another way; building again"
# Under the lock nobody else builds: these are what a killed build left, whose compilers may still write there.
left_working() {
  local cwd partial
  partial=$(readlink -f "$CACHE")/kubernetes-
  for cwd in /proc/[0-9]*/cwd; do
    [[ $(readlink "$cwd") != "$partial"*.partial.* ]] || printf '%s\n' "$cwd"
  done 2>/dev/null | cut -d/ -f3
}
end=$((SECONDS + 20))
while mapfile -t pids < <(left_working) && ((${#pids[@]} && SECONDS < end)); do
  kill -KILL "${pids[@]}" 2>/dev/null || true
  sleep 0.1
done
rm -rf "$CACHE"/kubernetes-*.partial.*

free_mb=$(df -Pm "$CACHE" | awk 'NR == 2 { print $4 }')
((free_mb >= NEED_MB)) ||
  die "building Kubernetes needs about $NEED_MB MB free below $CACHE, there are $free_mb MB. Free some, or set XDG_CACHE_HOME"

need_packages golang-go gcc libc6-dev make rsync jq dpkg-dev xz-utils ca-certificates

WORK=$(mktemp -d "$CACHE/kubernetes-$VERSION.partial.XXXXXX")
LOG=$CACHE/build.log
BUILD_GROUP=
cleanup() {
  local rc=$?
  trap - EXIT
  # The build runs in a process group of its own, so that nothing of it goes on after us.
  if [[ -n $BUILD_GROUP ]]; then
    local i
    for i in {1..50}; do
      kill "-$([[ $i -le 20 ]] && echo TERM || echo KILL)" -- "-$BUILD_GROUP" 2>/dev/null || break
      sleep 0.1
    done
  fi
  chmod -R u+w "$WORK" 2>/dev/null || true
  rm -rf "$WORK"
  exit "$rc"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
broken() {
  say "the last lines of the log:"
  tail -n 15 "$LOG" >&2
  die "$1. Whole log: $LOG. Nothing of it is kept; the next up starts the build afresh"
}
: >"$LOG"

# Source packages are switched on in a copy of the machine's own sources; the machine's stay as they are.
say "fetching the source package kubernetes $VERSION"
mkdir -p "$WORK/apt/parts" "$WORK/apt/lists/partial" "$WORK/out"
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [[ -f $f ]] || continue
  sed -n 's/^[[:space:]]*deb[[:space:]]\(.*\)/deb \1\ndeb-src \1/p' "$f" >"$WORK/apt/parts/$(basename "$f" .list).list"
done
for f in /etc/apt/sources.list.d/*.sources; do
  [[ -f $f ]] || continue
  sed 's/^Types:.*/Types: deb deb-src/' "$f" >"$WORK/apt/parts/$(basename "$f")"
done
APT=(apt-get -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$WORK/apt/parts"
  -o "Dir::State::lists=$WORK/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  -o APT::Sandbox::User=root -o Acquire::Retries=2)
"${APT[@]}" -o APT::Update::Error-Mode=any update >>"$LOG" 2>&1 || broken "the source package lists cannot be read (no network?)"
(cd "$WORK" && "${APT[@]}" source --download-only "kubernetes=$VERSION") >>"$LOG" 2>&1 ||
  broken "the source package kubernetes $VERSION cannot be fetched"
(cd "$WORK" && dpkg-source --no-check -x ./*.dsc src) >>"$LOG" 2>&1 || broken "the source package cannot be unpacked"

# kubectl of the same version, taken out of its package without installing that: another kubectl may be on the machine.
client=$(apt-cache madison kubernetes-client | awk -F'|' 'NR == 1 { gsub(/ /, "", $2); print $2 }')
(cd "$WORK" && "${APT[@]}" download "kubernetes-client=$client" && dpkg-deb -x kubernetes-client_*.deb client) \
  >>"$LOG" 2>&1 || broken "the package kubernetes-client cannot be fetched"
install -m 755 "$WORK/client/usr/bin/kubectl" "$WORK/out/kubectl"

# The vendored reflect2 1.0.1 reads maps wrongly when compiled by Go 1.18 or later: the API server then crashes on lists
# that it is to print for people, as it does for every curl. Debian's package of it has the repaired 1.0.2.
# https://github.com/modern-go/reflect2/issues/26
(cd "$WORK" && "${APT[@]}" download golang-github-modern-go-reflect2-dev && dpkg-deb -x golang-github-modern-go-reflect2-dev_*.deb reflect2) \
  >>"$LOG" 2>&1 || broken "the package golang-github-modern-go-reflect2-dev cannot be fetched"
rm -rf "$WORK/src/vendor/github.com/modern-go/reflect2"
cp -r "$WORK/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2" "$WORK/src/vendor/github.com/modern-go/reflect2"

# As debian/rules does it, for the four programs only. GOFLAGS=-v makes the compiler name each package: our progress.
say "building ${BINARIES[*]} (8 to 12 minutes on two cores); log: $LOG"
cd "$WORK/src"
mkdir -p .go/src/k8s.io
ln -s ../../.. .go/src/k8s.io/kubernetes
began=$SECONDS
set -m
env -u GOROOT HOME="$WORK/home" GOPATH="$WORK/src/.go" GOCACHE="$WORK/gocache" GOFLAGS=-v GO111MODULE=off CGO_ENABLED=0 \
  TMPDIR="$WORK" PATH="/usr/lib/go/bin:$PATH" \
  make WHAT="${BINARIES[*]/#/cmd/}" >>"$LOG" 2>&1 9>&- </dev/null &
BUILD_GROUP=$!
set +m
next=30
while kill -0 "$BUILD_GROUP" 2>/dev/null; do
  sleep 1
  if ((SECONDS - began >= next)); then
    next=$((next + 30))
    say "building: $(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s, $(grep -cE '^(k8s\.io|vendor|github|golang)' "$LOG" || true) packages compiled"
  fi
done
rc=0
wait "$BUILD_GROUP" || rc=$?
((rc == 0)) || broken "the build failed (make ended with $rc)"
for b in "${BINARIES[@]}"; do
  [[ -x _output/bin/$b ]] || broken "the build left no $b"
  mv "_output/bin/$b" "$WORK/out/$b"
  "$WORK/out/$b" --version >>"$LOG" 2>&1 || broken "the $b that was built does not start"
done
(cd "$WORK/out" && sha256sum "${BINARIES[@]}" kubectl >SHA256SUMS)
printf '%s\n' "$RECIPE" >"$WORK/out/recipe"
sync -f "$WORK/out/SHA256SUMS"
# What was there stays until now: a cluster that runs uses its kubectl.
rm -rf "$DIR"
mv -T "$WORK/out" "$DIR"
say "built in $(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s, kept in $DIR"
printf '%s\n' "$DIR"
