#!/usr/bin/env bash
# Every public declaration has a comment, and the manual builds without warnings. Needs Doxygen; where
# that cannot be installed this is said, and nothing is checked.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/setup.sh
if ! (install_packages doxygen python3); then
  echo "docs: left out, Doxygen is not installed and cannot be"
  exit 0
fi
echo "== docs"
mkdir -p build
cmake --preset release >build/log.txt 2>&1 || { cat build/log.txt; exit 1; }
cmake --build --preset release --target docs
