#!/usr/bin/env bash
# Installs what was built and uses it from outside: find_package, pkg-config, add_subdirectory.
# usage: package_test.sh SOURCE BUILD
set -euo pipefail
SOURCE=$1
BUILD=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '== %s\n' "$*"; }

say "installing"
cmake --install "$BUILD" --prefix "$work/prefix" >"$work/install.log"
test -x "$work/prefix/bin/daaa"
"$work/prefix/bin/daaa" version

say "find_package: the examples"
cmake -S "$SOURCE/examples" -B "$work/examples" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_STANDARD=17 >"$work/configure.log"
cmake --build "$work/examples" >"$work/build.log" || { tail -n 30 "$work/build.log"; exit 1; }
for example in 01_one_run 02_many_runs 03_client; do
  status=0
  "$work/examples/$example" || status=$?
  [[ $status == 120 ]] || { echo "$example without arguments ended with $status instead of 120"; exit 1; }
done

say "pkg-config"
export PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name daaa.pc)")
# shellcheck disable=SC2046
c++ -std=c++17 "$SOURCE/test/package/outside/main.cpp" -o "$work/by_pkg_config" $(pkg-config --cflags --libs daaa)
[[ $("$work/by_pkg_config") == "$(pkg-config --modversion daaa) daaa-t1" ]]

say "add_subdirectory"
cmake -S "$SOURCE/test/package/outside" -B "$work/sub" -DDAAA_SOURCE="$SOURCE" -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" >"$work/sub.log"
cmake --build "$work/sub" --target outside -j2 >"$work/sub-build.log" || { tail -n 30 "$work/sub-build.log"; exit 1; }
[[ $("$work/sub/outside") == "$(pkg-config --modversion daaa) daaa-t1" ]]
say "done"
