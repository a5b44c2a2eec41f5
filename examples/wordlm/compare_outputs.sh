#!/usr/bin/env bash
# Prints one table: a model with each output layer, trained on the same text by one thread; the best
# perplexity of the part held out within equal epochs and within equal minutes, and words a second.
#   compare_outputs.sh                              the built-in comments, then tiny Shakespeare
#   compare_outputs.sh --data FILE --stream ...     options of a text instead
# EPOCHS (5), MINUTES (1), HIDDEN (256), OPTIONS (of wordlm train) and OUTPUTS change what is trained;
# SHAKESPEARE names the file of tiny Shakespeare, which is left out where it is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wordlm=${WORDLM:-$here/../../build/release/examples/wordlm/wordlm}
[ -x "$wordlm" ] || { echo "build wordlm first: bash examples/run.sh --help" >&2; exit 1; }
shakespeare=${SHAKESPEARE:-$here/../../../shared/data/tinyshakespeare.txt}
export UNROLL_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
epochs=${EPOCHS:-5} minutes=${MINUTES:-1} hidden=${HIDDEN:-256}

# The perplexities, or with 2 the words a second, of the epochs that a training has printed.
column() { sed -n 's/^epoch *[1-9][0-9]*: .*perplexity \([0-9.]*\),.* \([0-9]*\) words\/s$/\1 \2/p' "$folder/log" | cut -d' ' -f"$1"; }
# The best of the first so many.
best() { column 1 | head -n "$1" | sort -n | head -n 1; }

rows() {
  local text=$1 output speeds within
  shift
  for output in ${OUTPUTS:-full adaptive class hierarchical sampled}; do
    # As many epochs as the minutes hold; then what is missing of those that are asked for.
    timeout -s INT "$((60 * minutes))" "$wordlm" train --output "$output" --hidden "$hidden" \
      --embedding "$hidden" --epochs 100000 --samples 0 --save "$folder/m" ${OPTIONS:---optimizer adam --lr 0.002} "$@" \
      >"$folder/log" || [ $? -eq 124 ]
    within=$(column 1 | wc -l)
    [ "$within" -ge "$epochs" ] ||
      "$wordlm" train --load "$folder/m" --save "$folder/m" --epochs "$epochs" --samples 0 >>"$folder/log"
    speeds=$(column 2 | wc -l)
    printf '| %s | %s | %s | %s | %s (%s) |\n' "$text" "$output" \
      "$(column 2 | sort -n | sed -n "$(((speeds + 1) / 2))p")" "$(best "$epochs")" "$(best "$within")" "$within"
  done
}

echo "| text | output | words/s | perplexity of $epochs epochs | of $minutes min (epochs) |"
echo '| --- | --- | --- | --- | --- |'
if [ $# -gt 0 ]; then
  rows 'as given' "$@"
  exit
fi
rows 'built-in comments' --comments 10000
if [ -f "$shakespeare" ]; then
  rows 'tiny Shakespeare' --data "$shakespeare" --stream --dropout 0.2
else
  echo "compare_outputs: left out tiny Shakespeare, $shakespeare is missing" >&2
fi
