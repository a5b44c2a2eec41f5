"""Compares the words of examples/text with those of NLTK's TreebankWordTokenizer, and sorts what differs.

    python3 tests/examples/text/compare_nltk.py build/release/tests/split_text COMMENTS.csv

NLTK gets the same sentences. Its quotes `` and '' count as ". Every difference has to be of one of
the KINDS below, where our answer is the better one and the reason says why; the program fails
where one is of none. Without NLTK (pip install nltk) or the file it says so and exits with 77,
which ctest takes for a skipped test.
"""

import argparse
import difflib
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

SKIPPED = 77
FACE = re.compile(r"[:;=]['o^-]?[()\[\]{}/\\|DPpOoSsXx3]+$|<3$|\^\^$")
ADDRESS = re.compile(r"(https?://|ftp://|www\.)\S|\S@\w+\.\w", re.IGNORECASE)
NAME = re.compile(r"[^\W_]#$|\w\+\+\w*$|\w&\w|[<>=!:+*/%|&-]{2,}$")
RUN = re.compile(r"^(\W)\1+$")
PLAIN = str.maketrans("‘’“”„`´", "''\"\"\"''")
MARKUP = str.maketrans("", "", "*_~\\^")
SIGNS = "+=~|/^<>@-"

Words = list[str]


def joined(words: Words) -> str:
    return "".join(words)


def without_markup(ours: Words, theirs: Words) -> bool:
    marked = joined(theirs)
    plain = marked.translate(MARKUP)
    return len(plain) < len(marked) and plain == joined(ours).translate(MARKUP)


def typographic(ours: Words, theirs: Words) -> bool:
    plain = joined(theirs).translate(PLAIN)
    return plain != joined(theirs) and plain == joined(ours)


def opening_quote(ours: Words, theirs: Words) -> bool:
    begins = re.compile(r"('?)(.+)", re.DOTALL)
    return ours == [part for word in theirs for part in begins.fullmatch(word).groups() if part]


def period(ours: Words, theirs: Words) -> bool:
    ends = re.compile(r"(\.*)(.*?)(\.*)", re.DOTALL)
    return ours == [part for word in theirs for part in ends.fullmatch(word).groups() if part]


def sign(ours: Words, theirs: Words) -> bool:
    def parted(mark: str) -> Words:
        return [part for word in theirs for part in re.split(f"({re.escape(mark)}+)", word) if part]

    return any(ours == parted(mark) for mark in SIGNS)


def other_script(ours: Words, theirs: Words) -> bool:
    mark = re.compile(r"([^\x00-\x7f\w])")
    return ours == [part for word in theirs for part in mark.split(word) if part]


def whole(pattern: re.Pattern[str], ours: Words, theirs: Words) -> bool:
    return joined(ours) == joined(theirs) and any(
        pattern.search(word) and word not in theirs for word in ours)


# What differs, why our answer is better, and whether a difference is of that kind.
KINDS = {
    "Markdown": ("emphasis, superscripts and backslashes are no words", without_markup),
    "typographic quotes": ("they mean the same as ASCII ones, contractions too", typographic),
    "addresses": ("a URL is one thing", lambda a, b: whole(ADDRESS, a, b)),
    "emoticons": ("a face is one thing", lambda a, b: whole(FACE, a, b)),
    "periods": ("NLTK parts them from a word only where the text ends", period),
    "runs of a mark": ("### and ---- are one mark", lambda a, b: whole(RUN, a, b)),
    "names and operators": ("AT&T, C# and -> are one thing each", lambda a, b: whole(NAME, a, b)),
    "spaced ellipses": (". . . is ...", lambda a, b: a == ["..."] and set(b) == {"."}),
    "abbreviations that end a sentence": (
        "the abbreviation is the same word as elsewhere",
        lambda a, b: len(a) == len(b) == 1 and a[0] == b[0] + "."),
    "quotes that open": ("NLTK leaves a single quote at the word behind it", opening_quote),
    "signs": ("they are no part of words and numbers", sign),
    "other scripts": ("their punctuation stands apart, too", other_script),
}


def kind_of(ours: Words, theirs: Words) -> str | None:
    return next((kind for kind, (_, test) in KINDS.items() if test(ours, theirs)), None)


def differences(ours: Words, theirs: Words) -> list[tuple[Words, Words]]:
    """The stretches in which the words differ. One of no kind is joined with the next one where few
    words stand between: those are the same by chance."""
    few = 2
    stretches: list[tuple[int, int, int, int]] = []
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        if stretches:
            first, last, their_first, their_last = stretches[-1]
            is_open = kind_of(ours[first:last], theirs[their_first:their_last]) is None
            if is_open and i - last <= few:
                stretches.pop()
                i, k = first, their_first
        stretches.append((i, j, k, m))
    return [(ours[i:j], theirs[k:m]) for i, j, k, m in stretches]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("split_text", help="the program of that name")
    parser.add_argument("comments", type=Path, help="a .csv file of comments")
    parser.add_argument("--show", type=int, default=3, help="examples of each kind")
    options = parser.parse_args()
    try:
        from nltk.tokenize import TreebankWordTokenizer
    except ImportError:
        print("skipped: there is no NLTK")
        return SKIPPED
    if not options.comments.exists():
        print(f"skipped: there is no {options.comments}")
        return SKIPPED

    tokenizer = TreebankWordTokenizer()
    lines = subprocess.run([options.split_text, options.comments], check=True, capture_output=True)
    found: dict[str | None, list[tuple[Words, Words]]] = defaultdict(list)
    total, different = 0, 0
    for line in lines.stdout.decode().splitlines():
        sentence = json.loads(line)
        ours = sentence["words"]
        theirs = ['"' if w in ("``", "''") else w for w in tokenizer.tokenize(sentence["text"])]
        total += len(ours)
        for a, b in differences(ours, theirs):
            found[kind_of(a, b)].append((a, b))
            different += len(a)

    print(f"{total - different} of {total} words are those of NLTK; differences:")
    for kind, (reason, _) in KINDS.items():
        print(f"{len(found[kind]):5} {kind}: {reason}")
        for ours, theirs in found[kind][: options.show]:
            print(f"          {' '.join(ours)[:50]!r} for {' '.join(theirs)[:50]!r}")
    for ours, theirs in found[None]:
        print(f"of no kind: {ours} for {theirs}")
    return 1 if found[None] or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
