#!/usr/bin/env bash
# Makes the pictures of the lessons, those that README.md shows:
#
#     examples/bptt/make_pictures.sh build/release/examples/bptt/bptt
#
# With --check behind the program nothing is changed: the pictures are made in another place and compared.
# Lines and curves have to lie within two points of where they lie; texts are drawings of letters and
# depend on the fonts that are installed. What depends on the processor to the last bit (what was trained,
# rounding errors) or on the compiler (bytes) is made, and not compared.
set -euo pipefail
program=$(realpath "${1:?the program bptt is needed}")
mode=${2:-}
cd "$(dirname "$0")"
depends_on_the_machine=" check explode gates memory names truncate-training vanish-trained "

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
shown=$(grep -o 'pictures/[a-z-]*\.svg' README.md | sed 's|pictures/||; s|\.svg||' | sort -u)
# A picture is called as its chapter, or begins with its name and a hyphen.
mapfile -t chapters < <(cut -d- -f1 <<<"$shown" | sort -u)
"$program" "${chapters[@]}" --out "$made" >/dev/null

# The paths of all strokes, one a line.
strokes() { grep 'stroke-width' "$1" | sed 's|.* d="\([^"]*\)".*|\1|'; }

failed=0
for name in $shown; do
  if [[ ! -f $made/$name.svg ]]; then
    echo "README.md shows pictures/$name.svg, which bptt does not draw"
    failed=1
  elif [[ $mode != --check ]]; then
    cp "$made/$name.svg" "pictures/$name.svg"
  elif [[ ! -f pictures/$name.svg ]]; then
    echo "pictures/$name.svg is missing: make_pictures.sh makes it"
    failed=1
  elif [[ $depends_on_the_machine != *" $name "* ]] &&
       ! paste -d' ' <(strokes "pictures/$name.svg" | tr ' ' '\n') \
                     <(strokes "$made/$name.svg" | tr ' ' '\n') |
         awk '$1 != $2 && ($1 - $2 > 2 || $2 - $1 > 2 || $1 + 0 != $1) { exit 1 }'; then
    echo "pictures/$name.svg differs from what bptt draws: make_pictures.sh makes it anew"
    failed=1
  fi
done
for picture in pictures/*.svg; do
  name=$(basename "$picture" .svg)
  if ! grep -qx "$name" <<<"$shown"; then
    echo "$picture is in no lesson of README.md"
    failed=1
  fi
done
exit $failed
