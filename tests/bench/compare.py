"""Times training steps in unroll and in PyTorch, turn by turn, and prints the table with ratios.

    cmake --preset release && cmake --build --preset release --target bench_training
    python3 tests/bench/compare.py                               # W1 ... W6 and W8
    python3 tests/bench/compare.py W7 --threads 1 2              # every cell, and a table of them
    python3 tests/bench/compare.py W2 --python ~/torch/bin/python  # another PyTorch
    python3 tests/bench/compare.py shapes                # W10 ... W19: trees, attention, ...
    python3 tests/bench/compare.py layers --threads 1 2          # W9, beside oneDNN

A round runs bench_training once and then every form of peers/pytorch.py once, each in a process of
its own; what counts is the median of the rounds. Both have the same number of threads. Where
Debian's OpenBLAS with OpenMP threads is installed (libopenblas0-openmp), PyTorch is given it, since
its own threads are of that kind. Parameters have to be as many on both sides, and losses of the
first step alike, or the table is followed by what differs and the exit status is 1.

time/bound is how much longer a step of unroll takes than its matrix products at the rate of large
ones; "at most" is what unroll/peer would be if it took no longer. MB are peaks of resident memory.

W10 is counted in trees and W16 in steps, as their cells of the table say.

Several cells of W7 are followed by a table of their own, a line a cell: its time/bound beside that
of the LSTM, its tokens/s beside the equations as a user of PyTorch writes them (eager) and beside
PyTorch's best form. With --best only the latter is timed.

The peer of W9, LSTM layers alone, is oneDNN's primitive: onednn_lstm, a target where oneDNN is
installed (libdnnl-dev). It begins with W9's weights and holds its gradients against unroll's.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PEER = Path(__file__).resolve().parent / "peers" / "pytorch.py"
SHORT = ["W1", "W2", "W3", "W4", "W5", "W6", "W8"]
LAYERS, ZOO = "W9", "W7 "
LOSS_TOLERANCE = 0.06  # of losses that are both near ln(vocabulary), from other random weights
HEAD = [
    "workload",
    "threads",
    "unroll tokens/s",
    "time/bound",
    "peer",
    "peer tokens/s",
    "unroll/peer",
    "at most",
    "unroll MB",
    "peer MB",
]


CELLS_HEAD = [
    "cell",
    "threads",
    "time/bound",
    "of the LSTM's",
    "unroll tokens/s",
    "eager tokens/s",
    "unroll/eager",
    "best",
    "best tokens/s",
    "unroll/best",
]
TEXTS = ("workload", "peer", "cell", "best")  # columns that are no numbers


def median(runs: list[dict], key: str) -> float:
    return statistics.median(run[key] for run in runs)


@dataclass
class Row:
    """What one form of one workload did in all rounds."""

    ours: list[dict]
    peers: list[dict]

    def cells(self) -> list[str]:
        ours, peers = self.ours, self.peers
        first = peers[0]
        speeds = median(ours, "tokens_per_s"), median(peers, "tokens_per_s")
        unit = "" if ours[0]["unit"] == "tokens" else " " + ours[0]["unit"]
        return [
            first["name"],
            str(first["threads"]),
            f"{speeds[0]:.0f}{unit}",
            f"{median(ours, 'ratio'):.2f}",
            " ".join(filter(None, (first["kind"], first["variant"]))),
            f"{speeds[1]:.0f}{unit}",
            f"{speeds[0] / speeds[1]:.2f}",
            f"{speeds[0] / speeds[1] * median(ours, 'ratio'):.2f}",
            f"{median(ours, 'peak_mb'):.0f}",
            f"{median(peers, 'peak_mb'):.0f}",
        ]

    def difference(self) -> str:
        """What is not the same arithmetic; empty where all is well."""
        ours, peer = self.ours[0], self.peers[0]
        where = f"{peer['name']} ({peer['kind']})"
        if peer["parameters"] and ours["parameters"] != peer["parameters"]:
            return f"{where}: {ours['parameters']} parameters here, {peer['parameters']} there"
        if peer["loss"] and abs(ours["loss"] / peer["loss"] - 1) > LOSS_TOLERANCE:
            return f"{where}: the first loss is {ours['loss']:.4f} here, {peer['loss']:.4f} there"
        return ""


def json_lines(command: list[str], environment: dict[str, str] | None = None) -> list[dict]:
    """What a program prints, one JSON object a line; leaves where it fails."""
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(f"compare.py: this failed: {' '.join(command)}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def built(build: Path, target: str) -> Path:
    """The program of a target; leaves where it is not built."""
    program = build / "tests" / target
    if not program.exists():
        raise SystemExit(f"no {program}: cmake --build --preset release --target {target}")
    return program


class Programs:
    """How all are run."""

    def __init__(self, options: argparse.Namespace):
        self.build = options.build
        self.bench = built(self.build, "bench_training")
        self.python, self.repeats = options.python, options.repeats
        self.environment = dict(os.environ)
        folders = [str(f) for f in sorted(Path("/usr/lib").glob("*/openblas-openmp"))]
        if folders:
            folders += filter(None, [os.environ.get("LD_LIBRARY_PATH")])
            self.environment["LD_LIBRARY_PATH"] = ":".join(folders)

    def ours(self, name: str, threads: int) -> dict:
        command = [str(self.bench), name, "--json"]
        (run,) = json_lines(command + self.numbers(threads, self.repeats))
        return run

    def peers(self, name: str, threads: int, repeats: int, *more: str) -> list[dict]:
        command = [self.python, str(PEER), name, "--json", *more]
        about, *runs = json_lines(command + self.numbers(threads, repeats), self.environment)
        return [run | about for run in runs]

    def layers(self, threads: int) -> dict:
        command = [str(built(self.build, "onednn_lstm"))]
        (run,) = json_lines(command + self.numbers(threads, self.repeats))
        about = f"{run['kind']}, {threads} thread{'s' if threads > 1 else ''}"
        return run | {"about": about, "warning": ""}

    def zoo(self) -> list[str]:
        """The workloads of W7, one for each cell."""
        return [name for name in self.listed() if name.startswith("W7")]

    def shapes(self) -> list[str]:
        """The workloads from W10 on: what does not look like a language model of LSTM."""
        return [name for name in self.listed() if re.match(r"W\d\d", name)]

    def listed(self) -> list[str]:
        command = [self.bench, "--list"]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines()

    def numbers(self, threads: int, repeats: int) -> list[str]:
        return ["--threads", str(threads), "--repeats", str(repeats)]


def compare(programs: Programs, name: str, threads: int, options: argparse.Namespace) -> list[Row]:
    """All rounds of one workload; the first look at the peer chooses among its forms."""
    if name == LAYERS:
        row = Row([], [])
        for _ in range(options.rounds):
            row.ours.append(programs.ours(name, threads))
            row.peers.append(programs.layers(threads))
        return [row]
    kinds = ["--kinds", *options.kinds] if options.kinds else []
    forms = programs.peers(name, threads, 3, *kinds)
    if options.best:
        forms = [min(forms, key=lambda run: run["ms"])]
    rows = [Row([], []) for _ in forms]
    for _ in range(options.rounds):
        ours = programs.ours(name, threads)
        for form, row in zip(forms, rows):
            chosen = ["--kinds", form["kind"]]
            if form["variant"]:
                chosen += ["--variant", form["variant"]]
            (peer,) = programs.peers(name, threads, options.repeats, *chosen)
            row.ours.append(ours)
            row.peers.append(peer)
    return rows


def machine() -> str:
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} CPUs"


def markdown(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def workload_names(asked: list[str], programs: Programs) -> list[str]:
    """W7 means all its cells, layers W9, shapes W10 and all that follow."""
    groups = {"W7": programs.zoo(), "layers": [LAYERS], "shapes": programs.shapes()}
    return [one for name in asked or SHORT for one in groups.get(name, [name])]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", help='W1 ... W19, "W7 lstm"; W7, shapes')
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="build folder")
    parser.add_argument("--python", default=sys.executable, help="the Python that has PyTorch")
    parser.add_argument("--threads", type=int, nargs="+", default=[1], help="default 1")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--repeats", type=int, default=9, help="steps timed a round, default 9")
    parser.add_argument("--kinds", nargs="+", help="kinds of forms, see peers/pytorch.py --help")
    parser.add_argument("--best", action="store_true", help="only the fastest form of the peer")
    options = parser.parse_args()
    if min([*options.threads, options.rounds, options.repeats]) < 1:
        parser.error("--threads, --rounds and --repeats are 1 or more")
    return options


def print_table_head(head: list[str]) -> None:
    print()
    print(markdown(head))
    print(markdown(["---" if h in TEXTS else "--:" for h in head]))


def print_head(facts: dict) -> None:
    print(f"\n{facts['about']}")
    if facts["warning"]:
        print(f"warning: {facts['warning']}")
    print_table_head(HEAD)


def print_cells(rows_of: dict[str, list[Row]]) -> None:
    """A line for each cell of W7, where there are several: all forms of the peer in one."""
    cells = {name: rows for name, rows in rows_of.items() if name.startswith(ZOO)}
    if len(cells) < 2:
        return
    print_table_head(CELLS_HEAD)
    lstm = cells.get(ZOO + "lstm")
    for name, rows in cells.items():
        ours = rows[0].ours
        bound, speed = median(ours, "ratio"), median(ours, "tokens_per_s")
        speeds = {row.peers[0]["kind"]: median(row.peers, "tokens_per_s") for row in rows}
        best = max(speeds, key=lambda kind: speeds[kind])
        eager = speeds.get("eager")
        line = [name.removeprefix(ZOO), str(ours[0]["threads"]), f"{bound:.2f}"]
        line.append(f"{bound / median(lstm[0].ours, 'ratio'):.2f}" if lstm else "")
        line.append(f"{speed:.0f}")
        line += [f"{eager:.0f}", f"{speed / eager:.2f}"] if eager else ["", ""]
        print(markdown([*line, best, f"{speeds[best]:.0f}", f"{speed / speeds[best]:.2f}"]))


def main() -> None:
    options = parse_options()
    programs = Programs(options)
    names = workload_names(options.workloads, programs)
    print(machine())
    differences = []
    for threads in options.threads:
        rows_of = {}
        for name in names:
            rows_of[name] = rows = compare(programs, name, threads, options)
            if name == names[0]:
                print_head(rows[0].peers[0])
            for row in rows:
                print(markdown(row.cells()), flush=True)
                differences.append(row.difference())
        print_cells(rows_of)
    for difference in filter(None, differences):
        print(f"NOT THE SAME: {difference}")
    raise SystemExit(1 if any(differences) else 0)


if __name__ == "__main__":
    main()
