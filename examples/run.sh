#!/usr/bin/env bash
# The main job: trains a word language model on built-in comments, about a minute, and lets it write
# ten sentences. Installs what is missing, configures, builds, runs. Arguments go to the program:
#   bash examples/run.sh train --data comments.csv --save model.safetensors
set -euo pipefail
call_from=$PWD
cd "$(dirname "$0")/.."
source .ci/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target wordlm
program=$PWD/build/release/examples/wordlm/wordlm
cd "$call_from"
exec "$program" "$@"
