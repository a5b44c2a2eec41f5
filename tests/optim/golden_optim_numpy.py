"""Writes golden_optim_numpy.json: steps of the forms of RMSProp that PyTorch lacks, in NumPy.

    python3 tests/optim/golden_optim_numpy.py         # Debian: apt install python3-numpy

The loss, the tensors and the file are those of golden_optim.py. Every formula is written as its
source has it: the one of the WildML tutorial with the cache in one line and the step in the next;
Graves' with his names (n, g, delta: his equations 38 to 41).
"""

import json
from pathlib import Path

import numpy as np

SEED = 7
SHAPES = {"p0": (3, 5), "p1": (7,)}
STORED_STEPS = (0, 1, 2, 5, 20)


def wildml(settings: dict):
    """mW = decay * mW + (1 - decay) * dW ** 2;  W -= lr * dW / np.sqrt(mW + 1e-6)"""
    cache = {}

    def step(name: str, p: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        dW = gradient + settings["weight_decay"] * p
        decay = settings["alpha"]
        cache[name] = decay * cache.get(name, 0.0) + (1 - decay) * dW**2
        return p - settings["lr"] * dW / np.sqrt(cache[name] + settings["eps"])

    return step


def graves(settings: dict):
    """n = .95 n + .05 e^2;  g = .95 g + .05 e
    delta = .9 delta - 1e-4 e / sqrt(n - g^2 + 1e-4);  w += delta"""
    n, g, delta = {}, {}, {}

    def step(name: str, w: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        e = gradient + settings["weight_decay"] * w
        decay = settings["alpha"]
        n[name] = decay * n.get(name, 0.0) + (1 - decay) * e * e
        g[name] = decay * g.get(name, 0.0) + (1 - decay) * e
        deviation = np.sqrt(n[name] - g[name] ** 2 + settings["eps"])
        before = settings["momentum"] * delta.get(name, 0.0)
        delta[name] = before - settings["lr"] * e / deviation
        return w + delta[name]

    return step


WILDML = {"lr": 0.01, "alpha": 0.9, "eps": 1e-6, "weight_decay": 0.0}
GRAVES = {"lr": 0.001, "alpha": 0.95, "eps": 1e-4, "momentum": 0.9, "weight_decay": 0.0}
CASES = [
    ("rmsprop-inside", wildml, WILDML),
    ("rmsprop-inside-decay", wildml, WILDML | {"weight_decay": 0.1}),
    ("rmsprop-graves", graves, GRAVES),
    ("rmsprop-graves-decay", graves, GRAVES | {"weight_decay": 0.1}),
    ("rmsprop-graves-still", graves, GRAVES | {"momentum": 0.0}),
]


def listed(tensor: np.ndarray) -> dict:
    return {"shape": list(tensor.shape), "values": tensor.ravel().tolist()}


def trajectory(random: np.random.Generator, name: str, kind, settings: dict) -> dict:
    p, a, b = ({n: random.standard_normal(shape) for n, shape in SHAPES.items()} for _ in range(3))
    step = kind(settings)
    tensors = {f"{n}.{letter}": t[n] for n in SHAPES for letter, t in (("a", a), ("b", b))}
    for count in range(max(STORED_STEPS) + 1):
        if count > 0:
            p = {n: step(n, p[n], np.cos(p[n]) * a[n] + 2 * (p[n] - b[n])) for n in SHAPES}
        if count in STORED_STEPS:
            tensors |= {f"{n}.step{count}": p[n] for n in SHAPES}
    return {
        "name": name,
        "settings": settings,
        "tensors": {n: listed(t) for n, t in tensors.items()},
    }


def main() -> None:
    random = np.random.default_rng(SEED)
    blocks = []
    for case in (trajectory(random, *one) for one in CASES):
        tensors = case["tensors"].items()
        lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(t)}" for n, t in tensors)
        head = f'"name": {json.dumps(case["name"])}, "settings": {json.dumps(case["settings"])}'
        blocks.append(f'{{{head}, "tensors": {{\n{lines}\n}}}}')
    version = np.__version__
    origin = f"NumPy {version}, python3 tests/optim/golden_optim_numpy.py, seed {SEED}"
    start = f'{{"origin": {json.dumps(origin)}, "cases": [\n'
    path = Path(__file__).with_suffix(".json")
    path.write_text(start + ",\n".join(blocks) + "\n]}\n")


if __name__ == "__main__":
    main()
