#!/usr/bin/env bash
# The tutorial's experiment twice: by wordlm, and by the tutorial's loop in NumPy (hand-written
# backpropagation through time) from the same weights and sentences. Prints the losses side by side,
# whether they agree to four decimals, and the speed of both.
#   compare_wildml.sh comments.csv [epochs]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$(realpath "$1")
epochs=${2:-10}
wordlm=$here/../../../build/release/examples/wordlm/wordlm
python=${PYTHON:-python3}
"$python" -c 'import numpy' 2>/dev/null || {
  echo "$python has no NumPy: apt-get install python3-numpy, or PYTHON=/path/to/another/python" >&2
  exit 1
}
[ -x "$wordlm" ] || { echo "build wordlm first: bash examples/run.sh --help" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

run_wordlm() {
  "$wordlm" train --data "$data" --first 100 --held-out 0 --cell rnn --embedding 0 --hidden 100 \
    --vocabulary 8000 --bptt 4 --lr 0.005 --batch 1 --clip 0 --in-order --epochs "$epochs" \
    --samples 0 "$@"
}
run_wordlm --double --save-start "$scratch/start.safetensors" \
  --save-sentences "$scratch/sentences.txt" >"$scratch/wordlm--float64.txt"
run_wordlm >"$scratch/wordlm--float32.txt"
for option in "" --float32; do
  # shellcheck disable=SC2086
  "$python" "$here/wildml_numpy.py" --weights "$scratch/start.safetensors" $option \
    --sentences "$scratch/sentences.txt" --lr 0.005 --bptt 4 --epochs "$epochs" \
    >"$scratch/numpy${option:---float64}.txt"
done

echo "epoch   wordlm    NumPy"
join <(sed -n 's/^epoch *\([0-9]*\): training loss \([0-9.]*\).*/\1 \2/p' "$scratch/wordlm--float64.txt" | sort) \
     <(sed -n 's/^epoch *\([0-9]*\): loss \([0-9.]*\).*/\1 \2/p' "$scratch/numpy--float64.txt" | sort) |
  sort -n | awk '{ printf "%5d  %7.4f  %7.4f\n", $1, $2, $3
                   d = $2 - $3; if (d < 0) d = -d; if (d > worst) worst = d }
       END { if (NR == 0) { print "no losses to compare"; exit 1 }
             printf "largest difference: %.6f (%s)\n", worst,
                    worst < 0.00005 ? "they agree" : "THEY DIFFER"; exit !(worst < 0.00005) }'
echo "words a second while training, median of the epochs for wordlm:"
words=$(awk '{ n += NF - 1 } END { print n / NR }' "$scratch/sentences.txt")
for precision in float64 float32; do
  wordlm_speed=$(sed -n 's/.*, \([0-9]*\) words\/s/\1/p' "$scratch/wordlm--$precision.txt" | sort -n |
    awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }')
  numpy_ms=$(sed -n 's/\([0-9.]*\) ms a sentence.*/\1/p' "$scratch/numpy--$precision.txt")
  awk -v p="$precision" -v w="$wordlm_speed" -v ms="$numpy_ms" -v words="$words" 'BEGIN {
    printf "  %s: wordlm %d (%.1f ms a sentence), NumPy %d (%.1f ms): %.1f times\n", p, w,
           1000 * words / w, words * 1000 / ms, ms, w * ms / (1000 * words) }'
done
