#!/usr/bin/env bash
# Installs those of the named Debian packages that are missing, and says which. Root or sudo; nothing is asked.
#   install_packages.sh NAME...
# DAAA_NO_INSTALL=1: install nothing, whatever is missing.
set -euo pipefail

say() { printf 'install_packages: %s\n' "$*" >&2; }

[[ -z ${DAAA_NO_INSTALL-} ]] || exit 0
if ! command -v dpkg-query >/dev/null; then
  say "this is no Debian. What it calls $* has to be installed by hand; then set DAAA_NO_INSTALL=1"
  exit 1
fi
missing=()
for name in "$@"; do
  [[ $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null || true) == 'install ok installed' ]] || missing+=("$name")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { say "missing: ${missing[*]}; installing them needs root or sudo"; exit 1; }
  as_root=(sudo)
fi
say "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
# A fresh machine has no package lists, and an old one may have lists of packages that are gone.
if ! apt install --no-install-recommends "${missing[@]}"; then
  if ! apt update || ! apt install --no-install-recommends "${missing[@]}"; then
    tail -n 20 "$log" >&2
    say "cannot install ${missing[*]}; the end of apt-get's output is above"
    exit 1
  fi
fi
say "installed"
