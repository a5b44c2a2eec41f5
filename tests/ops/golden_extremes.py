"""Writes golden_extremes.json: what PyTorch makes of extreme numbers, values and gradients.

    python3 tests/ops/golden_extremes.py        # Debian: apt install python3-torch

Zeros of both signs, the smallest and the largest numbers, infinities, NaN, ones (kinks of some
functions) and ties go through each function; the gradient is that of the sum of its results.
NaN and infinities are written as strings.
"""
import itertools
import json
import math
from pathlib import Path

import torch
from torch.nn import functional as F

INF, NAN = math.inf, math.nan
NUMBERS = [0.0, -0.0, 5e-324, -5e-324, 2.3e-308, -2.3e-308, 1e308, -1e308, 1.0, -1.0, 0.5, -0.5,
           2.5, -2.5, 40.0, -40.0, 800.0, -800.0, 1e5, -1e5, INF, -INF, NAN]
OF_PAIRS = [0.0, -0.0, 5e-324, 1e308, -1e308, 1.0, -1.0, 2.0, -0.5, INF, -INF, NAN]
OF_ROWS = [0.0, 1.0, -1e308, 1e308, INF, -INF, NAN]

UNARY = {
    "abs": torch.abs, "sign": torch.sign, "sin": torch.sin, "cos": torch.cos, "exp": torch.exp,
    "expm1": torch.expm1, "log": torch.log, "log1p": torch.log1p, "sqrt": torch.sqrt,
    "square": torch.square, "erf": torch.erf, "reciprocal": torch.reciprocal,
    "negative": torch.neg, "affine": lambda x: 2 * x + 1, "sigmoid": torch.sigmoid,
    "tanh": torch.tanh, "relu": torch.relu, "leaky_relu": F.leaky_relu, "elu": F.elu,
    "silu": F.silu, "gelu": F.gelu, "softsign": F.softsign, "hard_tanh": F.hardtanh,
    "hard_sigmoid": lambda x: torch.clamp(x / 5 + 0.5, 0, 1),
    "clamp": lambda x: torch.clamp(x, -1, 0.5), "softplus": lambda x: F.softplus(x, threshold=1e9),
    "log_sigmoid": F.logsigmoid, "power_3": lambda x: x**3, "power_-1.5": lambda x: x**-1.5,
    "power_0": lambda x: x**0.0, "power_0.5": lambda x: x**0.5,
}
BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow,
    "maximum": torch.maximum, "minimum": torch.minimum, "where": lambda a, b: torch.where(a > 0, a, b),
    "greater": lambda a, b: (a > b).double(), "greater_equal": lambda a, b: (a >= b).double(),
    "equal": lambda a, b: (a == b).double(), "not_equal": lambda a, b: (a != b).double(),
}
ROWS = {
    "sum": lambda x: x.sum(1), "mean": lambda x: x.mean(1), "max": lambda x: x.amax(1),
    "min": lambda x: x.amin(1), "logsumexp": lambda x: x.logsumexp(1), "prod": lambda x: x.prod(1),
    "cumsum": lambda x: x.cumsum(1), "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(1), "argmax": lambda x: x.argmax(1).double(),
    "argmin": lambda x: x.argmin(1).double(),
}


def plain(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def tensor(t: torch.Tensor) -> dict:
    return {"shape": list(t.shape), "values": [plain(v) for v in t.flatten().tolist()]}


def case(name: str, f, inputs: dict[str, torch.Tensor]) -> dict:
    leaves = {n: t.clone().requires_grad_() for n, t in inputs.items()}
    y = f(*leaves.values())
    tensors = inputs | {"y": y}
    if y.requires_grad:
        y.sum().backward()
        tensors |= {f"grad.{n}": t.grad for n, t in leaves.items()}
    return {"name": name, "tensors": {n: tensor(t) for n, t in tensors.items()}}


def main() -> None:
    def of(values):
        return torch.tensor(values, dtype=torch.float64)

    pairs = list(itertools.product(OF_PAIRS, OF_PAIRS))
    cases = [case(name, f, {"x": of(NUMBERS)}) for name, f in UNARY.items()]
    cases += [case(name, f, {"a": of([a for a, _ in pairs]), "b": of([b for _, b in pairs])})
              for name, f in BINARY.items()]
    rows = of(list(itertools.product(OF_ROWS, repeat=2)))
    cases += [case(name, f, {"x": rows}) for name, f in ROWS.items()]
    lines = ",\n".join(json.dumps(c) for c in cases)
    origin = f"PyTorch {torch.__version__.split('+')[0]}, python3 tests/ops/golden_extremes.py"
    path = Path(__file__).with_suffix(".json")
    path.write_text(f'{{"origin": {json.dumps(origin)}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
