#!/bin/bash
# Each file here is a mistake in a cell. It does not compile, the first error is the sentence of its
# first line, and all that the compiler says is at most ten lines.
#   run.sh COMPILER INCLUDE_FOLDER
cd "$(dirname "$0")" || exit 1
failed=0
for file in *.cpp; do
  wanted=$(sed -n '1s|^// error: ||p' "$file")
  said=$("$1" -std=c++20 -fsyntax-only -DFMT_SHARED -I "$2" "$file" 2>&1)
  first=$(grep -m1 'error:' <<<"$said")
  if [[ "$first" != *"$wanted"* ]]; then
    printf '%s: "%s" was expected first, the compiler says\n%s\n' "$file" "$wanted" "$said"
    failed=1
  elif (($(wc -l <<<"$said") > 10)); then
    printf '%s: %s lines\n%s\n' "$file" "$(wc -l <<<"$said")" "$said"
    failed=1
  fi
done
exit $failed
