"""Writes golden_optim.json: steps of PyTorch's optimisers and examples of gradient clipping.

The tests of the optimisers compare with that file, so only this script needs PyTorch:

    python3 tests/optim/golden_optim.py         # Debian: apt install python3-torch

Two parameters, p0 (3, 5) and p1 (7), minimise the sum over both of sum(sin(p) a + (p - b)^2), so
the gradient is cos(p) a + 2 (p - b). An optimiser's case holds its settings, a and b, and the
parameters before the first step (`p0.step0`) and after some of the steps (`p0.step20`); that of
ASGD their running mean after the last, too. The forms that PyTorch lacks: golden_optim_numpy.py.
"""

import json
from pathlib import Path

import torch
from torch import Tensor, optim
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

SEED = 7
SHAPES = {"p0": (3, 5), "p1": (7,)}
STORED_STEPS = (0, 1, 2, 5, 20)

BETAS = {"betas": (0.9, 0.999), "eps": 1e-8}
MOMENTUM = {"lr": 0.05, "momentum": 0.9}

# Those of the library's list by their names there, with the settings it gives them by default.
LISTED = [
    ("sgd", optim.SGD, {"lr": 0.05}),
    ("momentum", optim.SGD, MOMENTUM),
    ("nesterov", optim.SGD, MOMENTUM | {"nesterov": True}),
    ("rmsprop", optim.RMSprop, {"lr": 0.01, "alpha": 0.95, "eps": 1e-8}),
    ("adadelta", optim.Adadelta, {"lr": 1.0, "rho": 0.95, "eps": 1e-6}),
    ("adam", optim.Adam, {"lr": 0.01} | BETAS),
    ("adamw", optim.AdamW, {"lr": 0.01} | BETAS | {"weight_decay": 0.0}),
    ("adagrad", optim.Adagrad, {"lr": 0.1, "eps": 1e-10}),
]
WITH_DECAY = [
    (f"{name}-decay", kind, settings | {"weight_decay": 0.1}) for name, kind, settings in LISTED
]
OTHERS = [
    ("rmsprop-momentum", optim.RMSprop, MOMENTUM | {"lr": 0.01, "alpha": 0.9, "eps": 1e-5}),
    # PyTorch adds epsilon after the root; 1e-30 is the same on either side.
    (
        "rmsprop-centred",
        optim.RMSprop,
        MOMENTUM | {"lr": 0.001, "alpha": 0.95, "eps": 1e-30, "centered": True},
    ),
    # The mean begins with the second step. ASGD keeps its rate in f32: one that is exact there.
    ("averaged", optim.ASGD, {"lr": 0.0625, "lambd": 0.0, "alpha": 0.0, "t0": 0.0}),
]


def random() -> dict[str, Tensor]:
    return {name: torch.randn(*shape, dtype=torch.float64) for name, shape in SHAPES.items()}


def case(name: str, settings: dict, tensors: dict[str, Tensor]) -> dict:
    listed = {
        n: {"shape": list(t.shape), "values": t.detach().flatten().tolist()}
        for n, t in tensors.items()
    }
    return {"name": name, "settings": settings, "tensors": listed}


def trajectory(name: str, kind: type[optim.Optimizer], settings: dict) -> dict:
    p, a, b = random(), random(), random()
    parameters = [tensor.requires_grad_() for tensor in p.values()]
    optimiser = kind(parameters, **settings)
    tensors = {f"{n}.{letter}": t[n] for n in SHAPES for letter, t in (("a", a), ("b", b))}
    for step in range(max(STORED_STEPS) + 1):
        if step > 0:
            optimiser.zero_grad()
            sum((p[n].sin() * a[n] + (p[n] - b[n]) ** 2).sum() for n in SHAPES).backward()
            optimiser.step()
        if step in STORED_STEPS:
            tensors |= {f"{n}.step{step}": p[n].detach().clone() for n in SHAPES}
    if kind is optim.ASGD:
        tensors |= {f"{n}.mean": optimiser.state[p[n]]["ax"].clone() for n in SHAPES}
    return case(name, settings, tensors)


def clipping(name: str, settings: dict) -> dict:
    """The gradients before and after clipping, and the norm over all of them before."""
    p = random()
    for parameter, gradient in zip(p.values(), random().values()):
        parameter.grad = gradient
    tensors = {f"{n}.before": p[n].grad.clone() for n in SHAPES}
    if "max_norm" in settings:
        tensors["norm"] = clip_grad_norm_(p.values(), **settings)
    else:
        clip_grad_value_(p.values(), **settings)
    tensors |= {f"{n}.after": p[n].grad for n in SHAPES}
    return case(name, settings, tensors)


def write_json(path: Path, origin: str, cases: list[dict]) -> None:
    """Writes one tensor a line; Python's repr of a double reads back exactly."""
    blocks = []
    for c in cases:
        lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(t)}" for n, t in c["tensors"].items())
        head = f'"name": {json.dumps(c["name"])}, "settings": {json.dumps(c["settings"])}'
        blocks.append(f'{{{head}, "tensors": {{\n{lines}\n}}}}')
    start = f'{{"origin": {json.dumps(origin)}, "cases": [\n'
    path.write_text(start + ",\n".join(blocks) + "\n]}\n")


def main() -> None:
    torch.manual_seed(SEED)
    cases = [trajectory(*optimiser) for optimiser in LISTED + WITH_DECAY + OTHERS]
    cases += [
        clipping("clip_norm", {"max_norm": 1.5}),
        clipping("clip_norm_inactive", {"max_norm": 100.0}),
        clipping("clip_value", {"clip_value": 0.6}),
    ]
    version = torch.__version__.split("+")[0]
    origin = f"PyTorch {version}, python3 tests/optim/golden_optim.py, seed {SEED}"
    write_json(Path(__file__).with_suffix(".json"), origin, cases)


if __name__ == "__main__":
    main()
