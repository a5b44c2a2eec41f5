#!/usr/bin/env bash
# Prints a table: n-grams, the window model, recurrent ones and a mixture, each trained on the same
# text, and the perplexity of the part that was held out.
#   compare_models.sh                               the built-in comments
#   compare_models.sh --data FILE --stream ...      options of the text
set -euo pipefail
wordlm=$(dirname "$0")/../../build/release/examples/wordlm/wordlm
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
epochs=${EPOCHS:-6}

row() { printf '| %s | %s |\n' "$1" "$2"; }
perplexity() { "$wordlm" eval --load "$1" --held-out | sed -n 's/^perplexity: //p'; }

echo '| model | perplexity |'
echo '| --- | --- |'
for order in 1 2 3 5; do
  "$wordlm" ngram --order $order --save "$folder/n$order" "$@" >/dev/null
  row "$order-grams" "$(perplexity "$folder/n$order")"
done
train() {
  local name=$1
  shift
  "$wordlm" train --epochs "$epochs" --optimizer adam --lr 0.002 --hidden "${HIDDEN:-200}" --embedding "${HIDDEN:-200}" \
    --dropout "${DROPOUT:-0}" --samples 0 --quiet --save "$folder/$name" "$@" >/dev/null
}
train window --model window --order 5 "$@"
row 'window of 4 words' "$(perplexity "$folder/window")"
for cell in rnn lstm gru; do
  train $cell --cell $cell "$@"
  row "$cell" "$(perplexity "$folder/$cell")"
done
mixed=$("$wordlm" eval --load "$folder/gru" --held-out --mix "$folder/n5" | sed -n 's/^mixture.*perplexity //p')
row 'gru and 5-grams, mixed' "$mixed"
