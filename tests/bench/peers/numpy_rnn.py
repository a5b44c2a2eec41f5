"""W1 in NumPy: the tutorial's loop as it is, and the workload itself as NumPy is fastest.

The tutorial's loop goes four steps back and has no bias in its output, so it is no measure of the
same arithmetic: of what a reader of the tutorial has.
"""

from typing import Callable

import numpy as np

from wildml_numpy import VanillaRnn

VOCABULARY, HIDDEN, STEPS = 8000, 100, 30
LEARNING_RATE = 0.1
STEPS_BACK = 4  # of the tutorial
KINDS = ["numpy-tutorial", "numpy"]


def zipf_ids(random: np.random.Generator, count: int) -> np.ndarray:
    ids = np.exp(random.uniform(size=count) * np.log(VOCABULARY + 1)).astype(int) - 1
    return np.clip(ids, 0, VOCABULARY - 1)


def whole_step(rnn: VanillaRnn, b: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """One step with the gradient over all steps; what can be one product is one."""
    a = rnn.U[x]
    s = np.zeros((STEPS + 1, HIDDEN), a.dtype)  # s[-1], before the first step, is zero
    for t in range(STEPS):
        s[t] = np.tanh(a[t] + rnn.W @ s[t - 1])
    states, before = s[:STEPS], np.roll(s, 1, axis=0)[:STEPS]
    o = states @ rnn.V.T
    o += b
    o -= o.max(1, keepdims=True)
    rows = np.arange(STEPS)
    loss = -o[rows, y].mean()
    np.exp(o, out=o)
    totals = o.sum(1, keepdims=True)
    loss += np.log(totals).mean()
    o /= totals
    o[rows, y] -= 1
    ds = o @ rnn.V
    da = np.empty_like(ds)
    carried = np.zeros(HIDDEN, a.dtype)
    for t in reversed(range(STEPS)):
        da[t] = (ds[t] + carried) * (1 - states[t] ** 2)
        carried = rnn.W.T @ da[t]
    rnn.V -= LEARNING_RATE * (o.T @ states)
    b -= LEARNING_RATE * o.sum(0)
    rnn.W -= LEARNING_RATE * (da.T @ before)
    np.subtract.at(rnn.U, x, LEARNING_RATE * da)
    return float(loss)


def training_step(kind: str) -> tuple[Callable[[], float | None], int | None]:
    """A function that trains for one step and returns its loss per token; how much it learns."""
    random = np.random.default_rng(1)
    shapes = ((VOCABULARY, HIDDEN), (HIDDEN, HIDDEN), (VOCABULARY, HIDDEN))
    bounds = (VOCABULARY**-0.5, HIDDEN**-0.5, HIDDEN**-0.5)
    weights = (random.uniform(-b, b, shape) for b, shape in zip(bounds, shapes))
    rnn = VanillaRnn(*weights, dtype=np.float32)
    x, y = zipf_ids(random, STEPS), zipf_ids(random, STEPS)
    sentence = np.append(x, y[-1])

    def tutorial() -> None:  # no loss: the tutorial computes it apart
        rnn.sgd_step(sentence, LEARNING_RATE, STEPS_BACK)

    if kind == "numpy-tutorial":
        return tutorial, None
    b = np.zeros(VOCABULARY, np.float32)
    return lambda: whole_step(rnn, b, x, y), sum(w.size for w in (rnn.U, rnn.W, rnn.V, b))
