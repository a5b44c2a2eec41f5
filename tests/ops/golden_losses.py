"""Writes golden_losses.json: losses and their gradients, computed by PyTorch.

    python3 tests/ops/golden_losses.py        # Debian: apt install python3-torch
"""
import json
from pathlib import Path

import torch
from torch.nn import functional as F

ROWS, CLASSES = 6, 5
STEPS, BATCH, SYMBOLS = 9, 4, 6


def tensor(t: torch.Tensor) -> dict:
    return {"shape": list(t.shape), "values": t.detach().flatten().tolist()}


def case(name: str, f, leaves: dict, constants: dict | None = None) -> dict:
    leaves = {n: t.clone().requires_grad_() for n, t in leaves.items()}
    loss = f(*leaves.values())
    loss.backward()
    tensors = leaves | (constants or {}) | {"loss": loss}
    tensors |= {f"grad.{n}": t.grad for n, t in leaves.items()}
    return {"name": name, "tensors": {n: tensor(t) for n, t in tensors.items()}}


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def ctc(name: str, lengths: list[int], targets: list[list[int]], blank: int) -> dict:
    flat = torch.tensor([s for t in targets for s in t])
    sizes = torch.tensor([len(t) for t in targets])
    steps = torch.tensor(lengths)

    def loss(logits):
        log_p = logits.log_softmax(-1)
        return F.ctc_loss(log_p, flat, steps, sizes, blank=blank, reduction="sum")

    return case(name, loss, {"logits": random(STEPS, BATCH, SYMBOLS)})


def main() -> None:
    torch.manual_seed(3)
    y, target = random(ROWS, CLASSES), random(ROWS, CLASSES)
    logits = random(ROWS, CLASSES)
    targets = torch.tensor([0, 4, 2, 2, 1, 3])
    weights = torch.rand(CLASSES, dtype=torch.float64) + 0.5
    shares = torch.rand(ROWS, CLASSES, dtype=torch.float64)
    p = torch.rand(ROWS, CLASSES, dtype=torch.float64).softmax(-1)
    pair = {"y": y, "target": target}
    classes = {"targets": targets.double(), "weights": weights}
    cases = [
        case("mse", F.mse_loss, pair),
        case("l1", F.l1_loss, pair),
        case("huber", lambda a, b: F.huber_loss(a, b, delta=0.7), pair),
        case("binary_cross_entropy_with_logits",
             lambda x: F.binary_cross_entropy_with_logits(x, shares), {"logits": 3 * logits},
             {"shares": shares}),
        case("kl_divergence", lambda q: F.kl_div(q.log_softmax(-1), p, reduction="batchmean"),
             {"logits": logits}, {"p": p}),
        case("nll", lambda x: F.nll_loss(x.log_softmax(-1), targets), {"logits": logits}, classes),
        case("weighted",
             lambda x: F.cross_entropy(x, targets, weight=weights, ignore_index=2),
             {"logits": logits}, classes),
        case("smooth",
             lambda x: F.cross_entropy(x, targets, ignore_index=2, label_smoothing=0.3),
             {"logits": logits}, classes),
        case("weighted_smooth",
             lambda x: F.cross_entropy(x, targets, weight=weights, ignore_index=2,
                                       label_smoothing=0.3, reduction="mean"),
             {"logits": logits}, classes),
        # Repeated symbols, an empty target, sequences that end early.
        ctc("ctc", [9, 5, 7, 3], [[1, 1, 2], [3], [], [4, 5]], 0),
        ctc("ctc_blank_last", [9, 9, 9, 9], [[0, 1, 0, 1], [2, 2], [3, 4, 0], [1]], 5),
    ]
    lines = ",\n".join(json.dumps(c) for c in cases)
    origin = f"PyTorch {torch.__version__.split('+')[0]}, python3 tests/ops/golden_losses.py"
    path = Path(__file__).with_suffix(".json")
    path.write_text(f'{{"origin": {json.dumps(origin)}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
