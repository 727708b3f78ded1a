#!/usr/bin/env bash
# Takes what the command prints now as what it should print: approve.sh [PROGRAM]. Read the difference before you commit it.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$HERE/golden.py" --daaa "${1-$HERE/../../build/dev/bin/daaa}" --approve
