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

"$wordlm" train --data "$data" --first 100 --held-out 0 --cell rnn --embedding 0 --hidden 100 \
  --vocabulary 8000 --bptt 4 --lr 0.005 --batch 1 --clip 0 --in-order --epochs "$epochs" --double \
  --samples 0 --save-start "$scratch/start.safetensors" --save-sentences "$scratch/sentences.txt" \
  >"$scratch/wordlm.txt"
for precision in "" --float32; do
  # shellcheck disable=SC2086
  "$python" "$here/wildml_numpy.py" --weights "$scratch/start.safetensors" $precision \
    --sentences "$scratch/sentences.txt" --lr 0.005 --bptt 4 --epochs "$epochs" \
    >"$scratch/numpy$precision.txt"
done

echo "epoch   wordlm    NumPy"
join <(sed -n 's/^epoch *\([0-9]*\): training loss \([0-9.]*\).*/\1 \2/p' "$scratch/wordlm.txt" | sort) \
     <(sed -n 's/^epoch *\([0-9]*\): loss \([0-9.]*\).*/\1 \2/p' "$scratch/numpy.txt" | sort) |
  sort -n | awk '{ printf "%5d  %7.4f  %7.4f\n", $1, $2, $3
                   d = $2 - $3; if (d < 0) d = -d; if (d > worst) worst = d }
       END { if (NR == 0) { print "no losses to compare"; exit 1 }
             printf "largest difference: %.6f (%s)\n", worst,
                    worst < 0.00005 ? "they agree" : "THEY DIFFER"; exit !(worst < 0.00005) }'
echo "words a second while training, f64 (last epoch):"
sed -n 's/.* \([0-9]*\) words\/s/  wordlm: \1/p' "$scratch/wordlm.txt" | tail -1
words=$(awk '{ n += NF - 1 } END { print n / NR }' "$scratch/sentences.txt")
for precision in "" --float32; do
  sed -n 's/\([0-9.]*\) ms a sentence.*/\1/p' "$scratch/numpy$precision.txt" |
    awk -v words="$words" -v name="NumPy${precision:- --float64}" \
      '{ printf "  %s: %.0f (%s ms a sentence)\n", name, words * 1000 / $1, $1 }'
done
