#!/usr/bin/env bash
# Prints one table: a model with each output layer, trained on the same text by one thread; the
# perplexity of the part held out after equal epochs and after equal minutes, and words a second.
#   compare_outputs.sh                              the built-in comments, then tiny Shakespeare
#   compare_outputs.sh --data FILE --stream ...     options of a text instead
# EPOCHS (5), MINUTES (1), HIDDEN (256) and RATE (1, of SGD) change what is trained; SHAKESPEARE
# names the file of tiny Shakespeare, which is left out where it is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wordlm=${WORDLM:-$here/../../build/release/examples/wordlm/wordlm}
[ -x "$wordlm" ] || { echo "build wordlm first: bash examples/run.sh --help" >&2; exit 1; }
shakespeare=${SHAKESPEARE:-$here/../../../shared/data/tinyshakespeare.txt}
export UNROLL_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
epochs=${EPOCHS:-5} minutes=${MINUTES:-1} hidden=${HIDDEN:-256}
outputs=${OUTPUTS:-full adaptive class hierarchical sampled}

# What one training prints after each epoch: its number, perplexity and words/s.
epochs_of() { sed -n 's/^epoch *\([1-9][0-9]*\): .*perplexity \([0-9.]*\),.* \([0-9]*\) words\/s$/\1 \2 \3/p' "$1"; }

# The best perplexity of the epochs that ended within the minutes, and after so many epochs.
best() { awk -v last="$1" 'NR <= last && (b == "" || $2 + 0 < b) { b = $2 + 0 } END { print b == "" ? "-" : sprintf("%.2f", b) }'; }

rows() {
  local text=$1 output words
  shift
  for output in $outputs; do
    # As many epochs as are asked for, and then as many more as the minutes hold.
    "$wordlm" train --output "$output" --hidden "$hidden" --embedding "$hidden" --epochs 100000 \
      --optimizer sgd --lr "${RATE:-1}" --samples 0 --save "$folder/m" "$@" \
      > >(while IFS= read -r line; do printf '%s %s\n' "$(date +%s.%N)" "$line"; done >"$folder/timed") \
      2>"$folder/errors" &
    local training=$! begun
    begun=$(date +%s.%N)
    while kill -0 "$training" 2>/dev/null; do
      sleep 0.2
      local seconds ended
      seconds=$(awk -v a="$begun" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')
      ended=$(grep -c '^[0-9.]* epoch *[1-9][0-9]*: .*perplexity' "$folder/timed" || true)
      awk -v s="$seconds" -v m="$minutes" -v e="$ended" -v n="$epochs" 'BEGIN { exit !(s >= 60 * m && e >= n) }' &&
        kill -INT "$training" 2>/dev/null || true
    done
    wait "$training" || [ $? -eq 130 ] || { cat "$folder/errors" >&2; exit 1; }
    sleep 0.2
    # Time counts from the measurement before the first epoch on.
    awk -v m="$minutes" '/epoch +0:/ { begun = $1 }
      /epoch +[1-9][0-9]*: .*perplexity/ { if ($1 - begun <= 60 * m) ++n } END { print n + 0 }' \
      "$folder/timed" >"$folder/within"
    cut -d' ' -f2- "$folder/timed" >"$folder/log"
    epochs_of "$folder/log" >"$folder/epochs"
    words=$(awk '{ print $3 }' "$folder/epochs" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
    printf '| %s | %s | %s | %s | %s (%s) |\n' "$text" "$output" "$words" \
      "$(best "$epochs" <"$folder/epochs")" "$(best "$(cat "$folder/within")" <"$folder/epochs")" \
      "$(cat "$folder/within")"
  done
}

echo "| text | output | words/s | perplexity after $epochs epochs | after $minutes minutes (epochs) |"
echo '| --- | --- | --- | --- | --- |'
if [ $# -gt 0 ]; then
  rows 'the text given' "$@"
  exit
fi
rows 'built-in comments'
if [ -f "$shakespeare" ]; then
  rows 'tiny Shakespeare' --data "$shakespeare" --stream --bptt 20 --vocabulary 100000 --min-count 1
else
  echo "compare_outputs: left out tiny Shakespeare, $shakespeare is missing" >&2
fi
