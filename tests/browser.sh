#!/usr/bin/env bash
# Opens the pages of write_view() in headless Chromium: steps, clicks, folds, and compares the numbers
# that are shown with the tape's. Where Chromium cannot be installed this is said, and nothing is checked.
#   bash tests/browser.sh            all checks
#   bash tests/browser.sh FOLDER     and pictures of the pages in FOLDER
set -euo pipefail
shots=${1:+$(realpath -m "$1")}
cd "$(dirname "$0")/.."
source .ci/setup.sh
if ! (install_packages chromium python3); then
  echo "browser: left out, Chromium is not installed and cannot be"
  exit 0
fi
echo "== browser"
mkdir -p build
{ cmake --preset release && cmake --build --preset release --target view_pages; } >build/log.txt 2>&1 ||
  { cat build/log.txt; exit 1; }
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
build/release/tests/view_pages "$pages"
python3 tests/browser/check.py "$(command -v chromium)" "$pages" ${shots:+--shots "$shots"}
