"""Holds `translate bleu` against sacreBLEU on texts that are made up. The program is the one
argument. Where the package sacrebleu is missing, the exit status is 77, which ctest takes as
skipped."""

import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import sacrebleu
except ImportError:
    print(f"skipped: {sys.executable} has no package sacrebleu (pip install sacrebleu)")
    sys.exit(77)

WORDS = ["a", "The", "dog", "don't", "well-known", "3,000", "4.5", "1990-2000", "U.S.", "end.", "(so)", "...", ",,",
         "5.", ".5", "über", "&quot;", "&amp;lt;", "€5", "<skipped>", "a/b", "x,y", "-", "--", "„ja“", "1-", "2,.3", "ÄÖ"]


def sentence(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 15)))


def altered(text, rng):
    words = [w for w in text.split() if rng.random() > 0.1]
    return " ".join(w if rng.random() > 0.2 else rng.choice(WORDS) for w in words) or "a"


def check(program, folder, seed):
    rng = random.Random(seed)
    references = [sentence(rng) for _ in range(rng.randrange(1, 40))]
    translations = [altered(text, rng) for text in references]
    if seed % 3 == 0:
        rng.shuffle(references)
    (folder / "t").write_text("".join(t + "\n" for t in translations))
    (folder / "r").write_text("".join(r + "\n" for r in references))
    for lower in [False, True]:
        command = [program, "bleu", folder / "t", folder / "r", *(["--lowercase"] if lower else [])]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        wanted = sacrebleu.corpus_bleu(translations, [references], lowercase=lower)
        precisions = " ".join(f"{p:.1f}" for p in wanted.precisions)
        expected = (f"BLEU {wanted.score:.2f} ({precisions}, brevity {wanted.bp:.3f}, "
                    f"{wanted.sys_len:,} of {wanted.ref_len:,} tokens)\n")
        assert found == expected, (seed, lower, found, expected)


with tempfile.TemporaryDirectory() as name:
    for seed in range(60):
        check(sys.argv[1], pathlib.Path(name), seed)
print("the same as sacreBLEU on 120 made up corpora")
