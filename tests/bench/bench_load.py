"""Times training steps on one thread and on two while other programs keep the machine busy.

    cmake --preset release && cmake --build --preset release --target bench_training
    python3 tests/bench/bench_load.py                            # W1, W2 and W4 beside each load
    python3 tests/bench/bench_load.py W2 --loads 0 1 2:10        # 2:10 is two programs of nice 10
    python3 tests/bench/bench_load.py --python ~/torch/bin/python

Each round runs, one after the other and beside the same programs, unroll and PyTorch on each number
of threads; what counts is the median of the rounds. The busy programs are started for a round and
ended after it. Without PyTorch its columns are empty. "last/first" is the speed on the last number
of threads by that on the first; of PyTorch the faster of its two numbers of threads is compared with.
"""

import argparse
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import compare

# Ends with the benchmark, however that ends.
BUSY = """import os, sys
os.nice(int(sys.argv[1]))
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1000000):
        pass
"""
LOADS = ["0", "1", "2", "4", "1:10", "2:10", "4:10"]
SETTLE = 0.3  # seconds until the busy programs have begun


@dataclass
class Load:
    """Programs that keep a core busy each, while this is entered."""

    programs: int
    nice: int

    @staticmethod
    def of(text: str) -> "Load":
        programs, _, nice = text.partition(":")
        try:
            load = Load(int(programs), int(nice or 0))
        except ValueError:
            load = Load(-1, 0)
        if load.programs < 0 or not 0 <= load.nice < 20:
            raise argparse.ArgumentTypeError(f"'{text}': expected PROGRAMS or PROGRAMS:NICE, as 2:10")
        return load

    def __str__(self) -> str:
        if self.programs == 0:
            return "alone"
        return f"beside {self.programs}" + (f", nice {self.nice}" if self.nice else "")

    def __enter__(self) -> None:
        command = [sys.executable, "-c", BUSY, str(self.nice)]
        self.running = [subprocess.Popen(command) for _ in range(self.programs)]
        time.sleep(SETTLE)

    def __exit__(self, *_: object) -> None:
        for program in self.running:
            program.kill()
            program.wait()


def measure(programs: compare.Programs, name: str, load: Load, options: argparse.Namespace) -> str:
    """A line of the table."""
    ours = {threads: [] for threads in options.threads}
    peers = {threads: [] for threads in options.threads}
    for _ in range(options.rounds):
        with load:
            for threads in options.threads:
                ours[threads].append(programs.ours(name, threads)["tokens_per_s"])
                if options.peer:
                    chosen = ["--kinds", options.peer, "--variant", options.variant]
                    runs = programs.peers(name, threads, options.repeats, *chosen)
                    peers[threads].append(max(run["tokens_per_s"] for run in runs))
    middle = [statistics.median(ours[threads]) for threads in options.threads]
    beside = [statistics.median(peers[threads]) for threads in options.threads if options.peer]
    cells = [name, str(load), *(f"{speed:.0f}" for speed in middle)]
    cells.append(f"{middle[-1] / middle[0]:.2f}")
    if options.peer:
        cells += [*(f"{speed:.0f}" for speed in beside), f"{middle[-1] / max(beside):.2f}"]
    return compare.markdown(cells)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", default=["W1", "W2", "W4"], help="W1 W2 W4")
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="build folder")
    parser.add_argument("--python", default=sys.executable, help="the Python that has PyTorch")
    parser.add_argument("--peer", default="nn", help="form of PyTorch, which all of the workloads have; default nn")
    parser.add_argument("--variant", default="dense/foreach", help="of that form")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default 1 2")
    parser.add_argument("--loads", type=Load.of, nargs="+", help="default " + " ".join(LOADS))
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--repeats", type=int, default=9, help="steps timed a run, default 9")
    options = parser.parse_args()
    if min([*options.threads, options.rounds, options.repeats]) < 1:
        parser.error("--threads, --rounds and --repeats are 1 or more")
    options.loads = options.loads or [Load.of(text) for text in LOADS]
    torch = subprocess.run([options.python, "-c", "import torch"], stderr=subprocess.DEVNULL)
    if torch.returncode != 0:
        print(f"{options.python} has no PyTorch: unroll alone")
        options.peer = ""
    return options


def main() -> None:
    options = parse_options()
    programs = compare.Programs(options)
    print(compare.machine())
    head = ["workload", "load", *(f"{n} thread{'s' if n > 1 else ''}" for n in options.threads)]
    head.append("last/first")
    if options.peer:
        head += [*(f"{options.peer} {n}" for n in options.threads), "unroll/peer"]
    print(f"tokens/s, median of {options.rounds}; peer: PyTorch, {options.peer or 'none'}\n")
    print(compare.markdown(head))
    print(compare.markdown(["---", "---"] + ["--:"] * (len(head) - 2)))
    for name in options.workloads:
        for load in options.loads:
            print(measure(programs, name, load, options), flush=True)


if __name__ == "__main__":
    main()
