"""Writes golden_truncation.json: truncated backpropagation through time, written out by hand.

The tests of the three forms of truncation compare with that file. The loops below are those of the
tutorials: forward over the steps, then backward by hand, no framework. Needs NumPy:

    python3 tests/layers/golden_truncation.py         # Debian: apt install python3-numpy

One simple recurrent network, h_t = tanh(W x_t + U h_{t-1} + b), one sequence, and the loss
sum_t sum(w_t h_t). The tensors of a case are x, h0, w, W, U, b, and the gradients dW, dU, db.
"""

import json
from pathlib import Path

import numpy as np

SEED = 11
STEPS, INPUT, HIDDEN = 9, 3, 4
STEPS_BACK = 2  # from every output
CHUNK = 4  # steps a chunk
KEEP = 0.6
GOES_ON = [1, 1, 0, 1, 1, 1, 0, 0, 1]  # the draws of the randomised form, one before each step

random = np.random.default_rng(SEED)
x = random.normal(size=(STEPS, INPUT))
h0 = random.uniform(-0.5, 0.5, HIDDEN)
w = random.normal(size=(STEPS, HIDDEN))
W = random.uniform(-0.8, 0.8, (HIDDEN, INPUT))
U = random.uniform(-0.8, 0.8, (HIDDEN, HIDDEN))
b = random.uniform(-0.5, 0.5, HIDDEN)


def forward() -> np.ndarray:
    """h[t + 1] is the state after step t, h[0] the initial one."""
    h = np.zeros((STEPS + 1, HIDDEN))
    h[0] = h0
    for t in range(STEPS):
        h[t + 1] = np.tanh(W @ x[t] + U @ h[t] + b)
    return h


class Sums:
    """The gradients, added up step by step."""

    def __init__(self) -> None:
        self.dW, self.dU, self.db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)

    def add(self, h: np.ndarray, t: int, dh: np.ndarray) -> np.ndarray:
        """One step backward: dh with respect to h[t + 1] in, with respect to h[t] out."""
        da = dh * (1 - h[t + 1] ** 2)
        self.dW += np.outer(da, x[t])
        self.dU += np.outer(da, h[t])
        self.db += da
        return U.T @ da


def from_every_output(h: np.ndarray, steps_back: int) -> Sums:
    """The WildML tutorial's loop: from each output at most `steps_back` steps further back."""
    sums = Sums()
    for t in reversed(range(STEPS)):
        dh = w[t]
        for step in reversed(range(max(0, t - steps_back), t + 1)):
            dh = sums.add(h, step, dh)
    return sums


def in_chunks(h: np.ndarray, size: int) -> Sums:
    """The whole gradient within each chunk; the state that it begins with is a constant."""
    sums = Sums()
    for begin in range(0, STEPS, size):
        dh = np.zeros(HIDDEN)
        for t in reversed(range(begin, min(begin + size, STEPS))):
            dh = sums.add(h, t, dh + w[t])
    return sums


def randomized(h: np.ndarray, goes_on: list[int], keep: float) -> Sums:
    """Backward through all steps, but between two of them the gradient stops or is scaled."""
    sums = Sums()
    dh = np.zeros(HIDDEN)
    for t in reversed(range(STEPS)):
        dh = sums.add(h, t, dh + w[t])
        dh = dh / keep if goes_on[t] else np.zeros(HIDDEN)
    return sums


def case(name: str, sums: Sums, more: dict) -> dict:
    tensors = {"x": x, "h0": h0, "w": w, "W": W, "U": U, "b": b, "dW": sums.dW, "dU": sums.dU}
    tensors |= {"db": sums.db} | {n: np.array(v, dtype=float) for n, v in more.items()}
    listed = {
        n: {"shape": list(t.shape), "values": t.flatten().tolist()} for n, t in tensors.items()
    }
    return {"name": name, "tensors": listed}


def main() -> None:
    h = forward()
    cases = [
        case("whole", from_every_output(h, STEPS), {}),
        case("from_every_output", from_every_output(h, STEPS_BACK), {"steps_back": STEPS_BACK}),
        case("chunks", in_chunks(h, CHUNK), {"size": CHUNK}),
        case("randomized", randomized(h, GOES_ON, KEEP), {"keep": KEEP, "goes_on": GOES_ON}),
    ]
    blocks = []
    for c in cases:
        lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(t)}" for n, t in c["tensors"].items())
        blocks.append(f'{{"name": {json.dumps(c["name"])}, "tensors": {{\n{lines}\n}}}}')
    origin = f"NumPy {np.__version__}, python3 tests/layers/golden_truncation.py, seed {SEED}"
    text = f'{{"origin": {json.dumps(origin)}, "cases": [\n' + ",\n".join(blocks) + "\n]}\n"
    Path(__file__).with_suffix(".json").write_text(text)


if __name__ == "__main__":
    main()
