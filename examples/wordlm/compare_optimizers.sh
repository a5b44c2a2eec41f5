#!/usr/bin/env bash
# Trains the built-in comments with every optimizer and prints the loss held out after each epoch as
# a table, the least last loss first.
#   compare_optimizers.sh [options of wordlm train]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wordlm=${WORDLM:-$here/../../build/release/examples/wordlm/wordlm}
[ -x "$wordlm" ] || { echo "build wordlm first: bash examples/run.sh --help" >&2; exit 1; }
export UNROLL_THREADS=1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The error for an optimizer that there is not names those there are.
names=$({ "$wordlm" train --optimizer none 2>&1 || true; } | sed -n 's/.*there are: //p' | tr -d ,)
for name in $names; do
  "$wordlm" train --optimizer "$name" --samples 0 --threads 1 "$@" >"$scratch/$name" 2>"$scratch/errors"
  losses=$(sed -n 's/^epoch *[1-9][0-9]*: held-out loss \([0-9]*\.[0-9]\{4\}\).*/ \1 |/p' "$scratch/$name")
  echo "| $name |" $losses
done >"$scratch/rows"

epochs=$(head -1 "$scratch/rows" | tr -cd '|' | wc -c)
header="| optimizer |" line="| --- |"
for ((i = 1; i <= epochs - 2; ++i)); do header+=" epoch $i |" line+=" --- |"; done
echo "$header"
echo "$line"
sort -t'|' -k$((epochs)),$((epochs)) "$scratch/rows"
