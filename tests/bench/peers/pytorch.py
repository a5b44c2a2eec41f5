"""Times the training steps of bench_training in PyTorch, in PyTorch's best form.

    python3 tests/bench/peers/pytorch.py W2 W6 "W7 lstm" --threads 1 --repeats 9

Where a workload counts something else, as trees, so do its lines here.

A line for each workload and kind of form: `nn` is PyTorch's own layer, `eager` equations as a user
writes them, `script` and `compile` the same by torch.jit and torch.compile. In W7 these compile one
step; `compile-layer`, on request, compiles the loop over all, for a minute, and so does `compile`
of W11 fixed, W12 and W13. W1 has NumPy as well.
How the embedding's gradient is kept (dense, sparse) and how the optimizer runs (loop, foreach,
fused) is tried out first, and the fastest is taken; malloc keeps what is freed. Every measurement
is a process of its own, so that its peak memory is its own.

The interpreter that runs this decides which PyTorch it is: Debian's (apt install python3-torch) or
one in a virtual environment (pip install torch). Debian's takes its products from libblas.so.3 and
its threads from OpenMP; an OpenBLAS with threads of its own gets in their way. For more than one
thread install libopenblas0-openmp and let it be found first, as compare.py does:

    LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/openblas-openmp python3 .../pytorch.py --threads 2
"""

import argparse
import ctypes
import json
import multiprocessing
import os
import platform
import re
import statistics
import sys
import time
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Callable

SECONDS = 0.3  # at least, of timed steps
WARM_UP = 2  # steps, and for torch.jit, which profiles some before it is fast:
WARM_UP_SCRIPT = 5
TUNING_REPEATS = 3
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # as in malloc.h


def send_result(sender: Connection, function: Callable, arguments: tuple) -> None:
    try:
        sender.send((function(*arguments), None))
    except Exception as error:  # reaches the user through the parent
        sender.send((None, f"{type(error).__name__}: {error}"))


def in_own_process(function: Callable, *arguments, start: str = "fork"):
    """What function(*arguments) returns. A fork has the modules of this process, a spawn none."""
    context = multiprocessing.get_context(start)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=send_result, args=(sender, function, arguments))
    process.start()
    sender.close()
    try:
        result, error = receiver.recv()
    except EOFError:
        result, error = None, "the process ended early"
    process.join()
    if error:
        raise SystemExit(f"pytorch.py: {' '.join(map(str, arguments[:3]))}: {error}")
    return result


def keep_freed_memory() -> None:
    """Lets glibc's malloc keep what is freed, as unroll keeps the memory of a step.

    By default large tensors go back to the system after each step, to be zeroed and mapped again.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1)):  # -1: the largest there is
            mallopt(option, value)


def peak_mb() -> int:
    (kilobytes,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) // 1024


def loaded_blas() -> str:
    """The file that plain products come from, where it is a library of its own."""
    files = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    found = sorted(f for f in files if re.search(r"openblas|libblas|blis|mkl_rt", Path(f).name))
    openblas = [f for f in found if "openblas" in Path(f).name and "numpy" not in f]
    return (openblas or found or [""])[0]


def about(threads: int) -> dict:
    """Version, threads and BLAS, in words, and what is unfair about them if anything is."""
    import torch

    torch.set_num_threads(threads)
    torch.ones(64, 64) @ torch.ones(64, 64)
    blas = loaded_blas()
    if torch.backends.mkl.is_available():
        (version,) = re.findall(r"Math Kernel Library Version ([\d.]+)", torch.__config__.show())
        blas = f"MKL {version}"
    text = (
        f"PyTorch {torch.__version__}, Python {platform.python_version()}, "
        f"{torch.get_num_threads()} thread{'s' if threads > 1 else ''}, BLAS {blas or 'unknown'}"
    )
    unfair = ""
    if threads > 1 and "pthread" in blas:
        unfair = "OpenBLAS with threads of its own disturbs PyTorch's: see --help"
    return {"about": text, "warning": unfair}


def measure(
    name: str, kind: str, variant: str, threads: int, repeats: int, plain_malloc: bool
) -> dict:
    """Runs one form in this process."""
    if not plain_malloc:
        keep_freed_memory()
    if kind.startswith("numpy"):
        import numpy_rnn

        step, parameters = numpy_rnn.training_step(kind)
        tokens, unit, has_loss = lambda: numpy_rnn.STEPS, "tokens", True
    else:
        import torch
        import torch_models

        warnings.simplefilter("ignore", FutureWarning)  # torch.jit is to go
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # a shape is a number
        torch.set_num_threads(threads)
        training = torch_models.training(name, kind, variant)
        step, parameters, tokens = training.step, training.parameters, training.tokens
        unit, has_loss = training.unit, training.has_loss
    loss = step()
    loss = float(loss) if has_loss and loss is not None else None
    for _ in range(WARM_UP_SCRIPT if kind == "script" else WARM_UP):
        step()
    times, times_a_token = [], []
    while len(times) < repeats or sum(times) < SECONDS:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
        times_a_token.append(times[-1] / tokens())
    seconds = statistics.median(times)
    return {
        "name": name,
        "kind": kind,
        "variant": variant,
        "ms": 1e3 * seconds,
        "unit": unit,
        "tokens_per_s": 1 / statistics.median(times_a_token),
        "peak_mb": peak_mb(),
        "threads": threads,
        "parameters": parameters,
        "loss": loss,
    }


def fastest_variant(name: str, kind: str, options: argparse.Namespace) -> str:
    import torch_models

    tried = [
        in_own_process(
            measure, name, kind, variant, options.threads, TUNING_REPEATS, options.plain_malloc
        )
        for variant in torch_models.variants_of(name)
    ]
    return min(tried, key=lambda m: m["ms"])["variant"]


def run(name: str, options: argparse.Namespace) -> None:
    import numpy_rnn
    import torch_models

    torch_kinds = torch_models.kinds_of(name)
    kinds = torch_kinds + (numpy_rnn.KINDS if name == "W1" else [])
    allowed = kinds + torch_models.slow_kinds_of(name)
    variant = options.variant
    for kind in options.kinds or kinds:
        if kind not in allowed:
            raise SystemExit(f"pytorch.py: {name} has no {kind}; there are: {', '.join(allowed)}")
        if kind in numpy_rnn.KINDS:
            used, start = "", "spawn"  # whose memory is not PyTorch's
        else:
            variant = variant or fastest_variant(name, torch_kinds[0], options)
            used, start = variant, "fork"
        how = options.threads, options.repeats, options.plain_malloc
        m = in_own_process(measure, name, kind, used, *how, start=start)
        if options.json:
            print(json.dumps(m), flush=True)
            continue
        print(
            f"{name:<22} {kind + ' ' + used:<22} {m['ms']:>9.2f} ms {m['tokens_per_s']:>9.0f} "
            f"{m['unit']}/s   peak {m['peak_mb']:>5} MB"
            + (f"   first loss {m['loss']:.4f}" if m["loss"] else ""),
            flush=True,
        )


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", help='W1 ... W17, "W7 lstm"; without any all')
    parser.add_argument("--threads", type=int, default=1, help="default 1")
    parser.add_argument("--repeats", type=int, default=9, help="steps that are timed, at least; default 9")
    parser.add_argument("--kinds", nargs="+", help="only these: nn, eager, script, compile, ...")
    parser.add_argument("--variant", help="do not try them out: sparse/foreach, for example")
    parser.add_argument(
        "--json", action="store_true", help="JSON: a line about PyTorch, then one a form"
    )
    parser.add_argument(
        "--plain-malloc", action="store_true", help="let malloc give memory back after each step"
    )
    parser.add_argument("--check", action="store_true", help="check the cells and leave")
    options = parser.parse_args()
    if options.threads < 1 or options.repeats < 1:
        parser.error("--threads and --repeats are 1 or more")
    return options


def main() -> None:
    options = parse_options()
    for library in ("OMP", "OPENBLAS", "MKL"):  # read when the libraries are loaded
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
    try:
        import torch_cells
        import torch_models
        import torch_structures
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{sys.executable} has no {error.name}: apt install python3-torch python3-numpy and "
            "run this by /usr/bin/python3, or pip install torch numpy in a virtual environment"
        ) from error
    if options.check:
        in_own_process(torch_cells.check)
        in_own_process(torch_structures.check)
        return
    facts = in_own_process(about, options.threads)
    print(json.dumps(facts) if options.json else facts["about"], flush=True)
    if facts["warning"] and not options.json:
        print(f"warning: {facts['warning']}", file=sys.stderr)
    known = torch_models.workload_names()
    unknown = [n for n in options.workloads if n not in known]
    if unknown:
        raise SystemExit(f"no workload {unknown[0]!r}; there are: {', '.join(known)}")
    for name in options.workloads or known:
        run(name, options)


if __name__ == "__main__":
    main()
