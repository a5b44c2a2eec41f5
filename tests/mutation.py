"""How strong are the tests? Changes single lines of the sources and looks whether a test fails.

    python3 tests/mutation.py --count 150            # hours on two cores; by hand, not in CI
    python3 tests/mutation.py --only 'core/plan/*'   # of some files
    python3 tests/mutation.py --list                 # show the mutations and leave
    python3 tests/mutation.py --summary              # what was found so far

Works in a copy of the tree (--copy), which is built once and then again for each mutation. Which
lines are changed, and how, depends on --seed alone. Results are added to --results, a file of JSON
lines: what stands there is not run again, so that a run may be interrupted. A mutation counts as
killed where a test fails, crashes, or takes too long.
"""
import argparse
import fnmatch
import json
import pathlib
import random
import re
import resource
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What is changed in which files, and which test programs see it, the quickest first.
AREAS = [
    ("core/plan/*.cpp", ["core_tests", "layers_tests"]),
    ("core/run/*.cpp", ["core_tests", "ops_tests", "layers_tests"]),
    ("core/*.cpp", ["core_tests", "layers_tests", "wordlm_tests"]),
    ("ops/*.cpp", ["ops_tests", "core_tests", "layers_tests"]),
    ("optim/*.cpp", ["optim_tests"]),
    ("examples/text/*.cpp", ["text_tests", "wordlm_tests"]),
    ("examples/wordlm/*.cpp", ["wordlm_tests"]),
]

# A pattern, and what stands for its match. Each match of each line is a mutation.
RULES = [
    (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" == ", " != "), (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
    (r"(?<=[\w)\]]) \+ (?=[\w(])", " - "), (r"(?<=[\w)\]]) - (?=[\w(])", " + "),
    (r" / (?=\w)", " * "), (r" % (?=\w)", " / "), (r" \+= ", " -= "),
    (r"\bstd::max\b", "std::min"), (r"\bstd::min\b", "std::max"),
    (r"\bstd::lcm\b", "std::max"), (r"(?<=[( ])!(?=\w)", ""),
    (r"\breturn true;", "return false;"), (r"\breturn false;", "return true;"),
    (r"(?<== )0;", "1;"), (r"(?<== )1;", "0;"),
    (r"\bcontinue;", ";"), (r"\bbreak;", ";"),
    # A statement left out: a call, or a value given to something that is there already.
    (r"^ +(?!\.|return|delete|throw|using|const|auto|static|constexpr|case|fail)[\w.\->\[\]():]+"
     r"(\(.*\)| [+|]?= .*);$", ";"),
]

# Lines that no test could see changed: errors nobody can make, sizes that only cost time or memory.
SKIPPED = re.compile(
    r"^\s*(//|#|namespace|template|using|static_assert|\"|[A-Z_]+\()|fail<|UNROLL_CHECK|reserve\("
    r"|HWY_|constexpr (Index|std::size_t|double) k[A-Z]|operator|noexcept|prefetch|Prefetch")

# Mutations that change nothing one could see: file, part of the line, and why.
EQUIVALENT = [
]


def area_of(path):
    return next((tests for pattern, tests in AREAS if fnmatch.fnmatch(path, pattern)
                 and path.count("/") == pattern.count("/")), None)


def mutations_of(path):
    """All mutations of a file: path, line number, the line before and after."""
    whole = True  # the line begins a statement
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        begins, code = whole, line.split("  //")[0]
        whole = not code.strip() or code.rstrip().endswith((";", "{", "}", ":"))
        if SKIPPED.search(line):
            continue
        for pattern, by in RULES:
            if pattern.startswith("^") and not begins:
                continue
            if pattern == " < " and "for (" in code:  # reads beyond an end: for the sanitizers
                continue
            for match in re.finditer(pattern, code):
                if code[:match.start()].count('"') % 2 == 1:  # in a text
                    continue
                after = code[:match.start()] + by + code[match.end():]
                yield {"file": path, "line": number, "before": line.strip(), "after": after}


def is_equivalent(mutation):
    return any(mutation["file"] == file and part in mutation["before"]
               for file, part, _ in EQUIVALENT)


def choose(count, seed, only):
    """A sample, from each area in proportion to the square root of what there is in it."""
    by_area = {}
    for path in sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("**/*.cpp")):
        if path.startswith("build/") or not fnmatch.fnmatch(path, only):
            continue
        if tests := area_of(path):
            found = [m for m in mutations_of(path) if not is_equivalent(m)]
            by_area.setdefault(path.rsplit("/", 1)[0], []).extend(found)
            for mutation in found:
                mutation["tests"] = tests
    generator = random.Random(seed)
    total = sum(len(found) ** 0.5 for found in by_area.values())
    chosen = []
    for area in sorted(by_area):
        found = by_area[area]
        share = min(len(found), round(count * len(found) ** 0.5 / total))
        chosen += generator.sample(found, share)
    generator.shuffle(chosen)
    return chosen


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def run(command, cwd, seconds):
    """Whether a command succeeds in time, and what it printed."""
    try:
        done = subprocess.run(command, cwd=cwd, timeout=seconds, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              preexec_fn=limit_memory)
    except subprocess.TimeoutExpired:
        return False, "took too long"
    return done.returncode == 0, done.stdout


def make_copy(copy):
    if not copy.exists():
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("build", ".git"))
    for command in (["cmake", "--preset", "release"], ["cmake", "--build", "build/release"]):
        good, text = run(command, copy, 3600)
        if not good:
            raise SystemExit(f"the copy in {copy} cannot be built:\n{text[-2000:]}")


def failing_test(text):
    found = re.findall(r"TEST CASE:\s*(.*)", text)
    return found[0] if found else text.strip().splitlines()[-1][-60:] if text.strip() else "crash"


def judge(mutation, copy):
    """Builds and tests one mutation; returns what came of it."""
    source = copy / mutation["file"]
    original = source.read_text()
    lines = original.splitlines()
    lines[mutation["line"] - 1] = mutation["after"]
    source.write_text("\n".join(lines) + "\n")
    try:
        for test in mutation["tests"]:
            good, _ = run(["cmake", "--build", "build/release", "--target", test], copy, 900)
            if not good:
                return "does not build", ""
            good, text = run([f"build/release/tests/{test}", "--abort-after=1"], copy, 240)
            if not good:
                return "killed", f"{test}: {failing_test(text)}"
        return "survived", ""
    finally:
        source.write_text(original)


def summary(results):
    ran = [r for r in results if r["outcome"] != "does not build"]
    killed = sum(r["outcome"] == "killed" for r in ran)
    for r in ran:
        if r["outcome"] == "survived":
            print(f"survived: {r['file']}:{r['line']}\n    {r['before']}\n    {r['after'].strip()}")
    if ran:
        print(f"{killed} of {len(ran)} killed, {100 * killed / len(ran):.1f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--copy", type=pathlib.Path, default=pathlib.Path("/tmp/unroll-mutation"))
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("mutation.jsonl"))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--summary", action="store_true")
    arguments = parser.parse_args()
    chosen = choose(arguments.count, arguments.seed, arguments.only)
    if arguments.list:
        for m in chosen:
            print(f"{m['file']}:{m['line']}\n    {m['before']}\n    {m['after'].strip()}")
        return
    results = []
    if arguments.results.exists():
        results = [json.loads(line) for line in arguments.results.read_text().splitlines()]
    known = {(r["file"], r["line"], r["after"]) for r in results}
    if not arguments.summary:
        make_copy(arguments.copy)
        for i, mutation in enumerate(chosen):
            if (mutation["file"], mutation["line"], mutation["after"]) in known:
                continue
            outcome, by = judge(mutation, arguments.copy)
            results.append({**mutation, "outcome": outcome, "by": by})
            with arguments.results.open("a") as file:
                file.write(json.dumps(results[-1]) + "\n")
            print(f"{i + 1}/{len(chosen)} {mutation['file']}:{mutation['line']}: {outcome} {by}",
                  flush=True)
    summary(results)


if __name__ == "__main__":
    main()
