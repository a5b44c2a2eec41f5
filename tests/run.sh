#!/usr/bin/env bash
# Runs all tests: installs what is missing, configures, builds, runs.
#   bash tests/run.sh                     the release build
#   bash tests/run.sh release asan tsan   these presets, one after the other
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/setup.sh
# Tests of several processes, which are left out without it: 12 MB to download, 52 MB on disk.
install_packages openmpi-bin libopenmpi-dev || echo "without MPI: tests of several processes are left out"
[ $# -gt 0 ] || set -- release
mkdir -p build
log=$PWD/build/log.txt
for preset in "$@"; do
  echo "== $preset"
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log"; exit 1; }
  cmake --build --preset "$preset" >"$log" 2>&1 || { cat "$log"; exit 1; }
  # GCC 12 warns of the sanitizers' own code; the plain build has to be free of warnings.
  if [ "$preset" = release ] && grep -E 'warning:' "$log"; then
    echo "the build has warnings"
    exit 1
  fi
  ctest --preset "$preset" -j "$(nproc)"
  # How many operations the registry's tests have walked through.
  "build/$preset/tests/ops_tests" --test-case='registry: names*' | grep -o '[0-9]* operations'
done
