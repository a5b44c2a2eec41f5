#!/usr/bin/env bash
# Runs all tests: installs what is missing, configures, builds, runs.
#   bash tests/run.sh                     the release build
#   bash tests/run.sh release asan tsan   these presets, one after the other
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/setup.sh
[ $# -gt 0 ] || set -- release
for preset in "$@"; do
  echo "== $preset"
  cmake --preset "$preset" >build-log.txt 2>&1 || { cat build-log.txt; exit 1; }
  cmake --build --preset "$preset" >build-log.txt 2>&1 || { cat build-log.txt; exit 1; }
  grep -E 'warning:' build-log.txt && { echo "the build has warnings"; exit 1; }
  rm -f build-log.txt
  ctest --preset "$preset" -j "$(nproc)" --progress
done
