#!/usr/bin/env bash
# Reads bytes that libFuzzer makes up, under the sanitizers: files of tensors, comments, sentences and
# words, settings, files of ids.
#   bash tests/fuzz.sh        for 60 seconds each
#   bash tests/fuzz.sh 3600   for an hour each
# What it finds is written into build/fuzz/findings. Where Clang cannot be installed, on a machine
# without a network, that is said and nothing is read.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/setup.sh
seconds=${1:-60}
if ! (install_packages clang libomp-dev); then
  echo "fuzz: left out, Clang is not installed and cannot be"
  exit 0
fi
echo "== fuzz"
mkdir -p build
log=$PWD/build/log.txt
cmake --preset fuzz >"$log" 2>&1 || { cat "$log"; exit 1; }
cmake --build --preset fuzz --target fuzz_readers >"$log" 2>&1 || { cat "$log"; exit 1; }

readers=$PWD/tests/fuzz/readers
findings=$PWD/build/fuzz/findings
mkdir -p "$findings"
read_bytes() {
  local reader=$1
  local corpus=$PWD/build/fuzz/corpus_$reader
  mkdir -p "$corpus"
  "build/fuzz/tests/fuzz_$reader" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=4096 -dict="$readers/$reader.dict" -artifact_prefix="$findings/$reader-" \
    "$corpus" "$readers/corpus/$reader" >"build/fuzz/$reader.log" 2>&1 || {
    tail -40 "build/fuzz/$reader.log"
    return 1
  }
  echo "$reader: $(grep -o 'Done [0-9]* runs' "build/fuzz/$reader.log"), nothing found"
}
export -f read_bytes
export readers findings seconds
printf '%s\n' safetensors comments text settings ids |
  xargs -P "$(nproc)" -I{} bash -euo pipefail -c 'read_bytes {}'
