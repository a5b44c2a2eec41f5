"""Writes golden_variants.json: every cell of the list, written again from its paper in PyTorch.

The tests of the layers compare with that file, so only this script needs PyTorch:

    python3 tests/layers/golden_variants.py     # Debian: apt install python3-torch

A cell is a function (w, x, s) -> s': w gives the parameters by the names they have in unroll, s are
the parts of the state in unroll's order. A case holds x (steps, batch, input), the parameters, the
parts of the first state (state0, state1, ...), the results (output, last0, ...), weights for them,
the loss, which is the sum of all results times their weights, and under `grad.NAME` its gradients.
All numbers that are given have two decimals, which keeps the file small.
"""

from pathlib import Path
from typing import Callable

import torch
from torch import Tensor, exp, relu, sigmoid, tanh
from torch.nn.functional import layer_norm, logsigmoid

from golden_cells import write_json

SEED = 11
STEPS, BATCH = 4, 2

State = list[Tensor]


def random(*shape: int) -> Tensor:
    """Normal numbers of two decimals."""
    return torch.round(60 * torch.randn(*shape, dtype=torch.float64)) / 100


def leaf(*shape: int) -> Tensor:
    return random(*shape).requires_grad_()


class Weights(dict):
    """Parameters by name, each drawn when first asked for."""

    def __init__(self, hidden: int, depth: int):
        super().__init__()
        self.hidden, self.depth = hidden, depth

    def __call__(self, name: str, *shape: int) -> Tensor:
        if name not in self:
            self[name] = leaf(*shape)
        return self[name]

    def b(self, gate: str) -> Tensor:
        return self(gate + ".b", self.hidden)

    def Wx(self, gate: str, x: Tensor, name: str = "W") -> Tensor:
        return x @ self(f"{gate}.{name}" if gate else name, self.hidden, x.shape[1]).T

    def Uh(self, gate: str, h: Tensor) -> Tensor:
        return h @ self(gate + ".U", self.hidden, h.shape[1]).T

    def pc(self, gate: str, c: Tensor, name: str = "p") -> Tensor:
        return c * self(f"{gate}.{name}", self.hidden)

    def affine(self, gate: str, x: Tensor, h: Tensor) -> Tensor:
        return self.Wx(gate, x) + self.Uh(gate, h) + self.b(gate)


# Simple networks


def elman(f: Callable[[Tensor], Tensor]):
    return lambda w, x, s: [f(w.affine("h", x, s[0]))]


def clockwork(w: Weights, x: Tensor, s: State) -> State:
    """Six units, four groups: sizes 2, 2, 1, 1. One unit at a time."""
    h, phase = s
    groups = [(0, 2), (2, 4), (4, 5), (5, 6)]
    units, phases = [], []
    for k, (begin, end) in enumerate(groups):
        W = w(f"{k}.W", end - begin, x.shape[1])
        U = w(f"{k}.U", end - begin, 6 - begin)
        b = w(f"{k}.b", end - begin)
        runs = phase[:, k] == 0
        for unit in range(begin, end):
            row = unit - begin
            a = (x * W[row]).sum(1) + (h[:, begin:] * U[row]).sum(1) + b[row]
            units.append(torch.where(runs, tanh(a), h[:, unit]))
        phases.append((phase[:, k] + 1) % 2**k)
    return [torch.stack(units, 1), torch.stack(phases, 1)]


def gated_feedback(w: Weights, x: Tensor, s: State) -> State:
    everything = torch.cat(s, 1)
    below, result = x, []
    for j in range(w.depth):
        Wg = w(f"{j}.g.W", w.depth, below.shape[1])
        Ug = w(f"{j}.g.U", w.depth, w.depth * w.hidden)
        bg = w(f"{j}.g.b", w.depth)
        total = w.Wx(f"{j}", below) + w.b(f"{j}")
        for i in range(w.depth):
            g = sigmoid(below @ Wg[i] + everything @ Ug[i] + bg[i])
            total = total + g[:, None] * w.Uh(f"{j}.from.{i}", s[i])
        below = tanh(total)
        result.append(below)
    return result


def highway(w: Weights, x: Tensor, s: State) -> State:
    (y,) = s
    for layer in range(w.depth):
        n = w.Uh(f"{layer}.n", y) + w.b(f"{layer}.n")
        t = w.Uh(f"{layer}.t", y) + w.b(f"{layer}.t")
        if layer == 0:
            n, t = n + w.Wx("0.n", x), t + w.Wx("0.t", x)
        transform = sigmoid(t)
        y = tanh(n) * transform + y * (1 - transform)
    return [y]


# LSTMs


def lstm(w: Weights, x: Tensor, s: State, at: str = "") -> State:
    h, c = s
    i = sigmoid(w.affine(at + "i", x, h))
    f = sigmoid(w.affine(at + "f", x, h))
    o = sigmoid(w.affine(at + "o", x, h))
    g = tanh(w.affine(at + "g", x, h))
    c = f * c + i * g
    return [o * tanh(c), c]


def coupled(w: Weights, x: Tensor, s: State) -> State:
    h, c = s
    i = sigmoid(w.affine("i", x, h))
    o = sigmoid(w.affine("o", x, h))
    c = (1 - i) * c + i * tanh(w.affine("g", x, h))
    return [o * tanh(c), c]


def odyssey(changed: str = ""):
    """The vanilla LSTM of the Odyssey, y = h(c) o, with what `changed` names."""

    def step(w: Weights, x: Tensor, s: State) -> State:
        y, c = s
        i = f = o = torch.ones_like(c)
        z = w.affine("g", x, y)
        if changed != "niaf":
            z = tanh(z)
        if changed != "nig":
            i = sigmoid(w.affine("i", x, y) + w.pc("i", c))
        if changed == "cifg":
            f = 1 - i
        elif changed != "nfg":
            f = sigmoid(w.affine("f", x, y) + w.pc("f", c))
        c = z * i + c * f
        if changed != "nog":
            o = sigmoid(w.affine("o", x, y) + w.pc("o", c))
        return [(c if changed == "noaf" else tanh(c)) * o, c]

    return step


def full_gate_recurrence(w: Weights, x: Tensor, s: State) -> State:
    h, c, *gates = s

    def gate(name: str, memory: Tensor) -> Tensor:
        a = w.affine(name, x, h) + w.pc(name, memory)
        for source, old in zip("ifo", gates):
            a = a + old @ w(f"{name}.R{source}", w.hidden, w.hidden).T
        return sigmoid(a)

    i, f = gate("i", c), gate("f", c)
    c = f * c + i * tanh(w.affine("g", x, h))
    o = gate("o", c)
    return [o * tanh(c), c, i, f, o]


def lstm_layer_norm(w: Weights, x: Tensor, s: State) -> State:
    h, c = s
    size = 4 * w.hidden
    W, U, b = w("W", size, x.shape[1]), w("U", size, w.hidden), w("b", size)
    a = layer_norm(x @ W.T, (size,), w("norm_x.gain", size))
    a = a + layer_norm(h @ U.T, (size,), w("norm_h.gain", size)) + b
    i, f, o, g = a.chunk(4, dim=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    normed = layer_norm(c, (w.hidden,), w("norm_c.gain", w.hidden), w("norm_c.b", w.hidden))
    return [sigmoid(o) * tanh(normed), c]


def multiplicative(w: Weights, x: Tensor, s: State) -> State:
    m = w.Wx("m", x) * w.Uh("m", s[0])
    return lstm(w, x, [m, s[1]])


def depth_gated(w: Weights, x: Tensor, s: State) -> State:
    h, c = lstm(w, x, s[:2], "0.")
    result = [h, c]
    for layer in range(1, w.depth):
        x, below = h, c
        h, c = s[2 * layer : 2 * layer + 2]
        i = sigmoid(w.affine(f"{layer}.i", x, h))
        f = sigmoid(w.affine(f"{layer}.f", x, h))
        o = sigmoid(w.affine(f"{layer}.o", x, h))
        g = tanh(w.affine(f"{layer}.g", x, h))
        d = w.Wx(f"{layer}.d", x) + w.b(f"{layer}.d")
        d = sigmoid(d + w.pc(f"{layer}.d", c) + w.pc(f"{layer}.d", below, "q"))
        c = d * below + f * c + i * g
        h = o * tanh(c)
        result += [h, c]
    return result


def grid(w: Weights, x: Tensor, s: State) -> State:
    """A block joins the hidden states of both sides to one vector, [depth; time]."""

    def block(at: str, joined: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        def transform(gate: str) -> Tensor:
            W, U = w(f"{at}.{gate}.W", w.hidden, w.hidden), w(f"{at}.{gate}.U", w.hidden, w.hidden)
            return joined @ torch.cat([W, U], 1).T + w.b(f"{at}.{gate}")

        g_u, g_f, g_o = (sigmoid(transform(gate)) for gate in "ifo")
        memory = g_f * memory + g_u * tanh(transform("g"))
        return tanh(g_o * memory), memory

    depth_h = w.Wx("y", x) + w.b("y")
    depth_m = w.Wx("m", x) + w.b("m")
    result = []
    for layer in range(w.depth):
        _, time_h, time_m = s[3 * layer : 3 * layer + 3]
        joined = torch.cat([depth_h, time_h], 1)
        time_h, time_m = block(f"{layer}.time", joined, time_m)
        depth_h, depth_m = block(f"{layer}.depth", joined, depth_m)
        result += [depth_h, time_h, time_m]
    return result


# GRUs and their relatives


def gru_reset_after(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    z, r = sigmoid(w.affine("z", x, h)), sigmoid(w.affine("r", x, h))
    n = tanh(w.Wx("n", x) + w.b("n") + r * (w.Uh("n", h) + w("n.c", w.hidden)))
    return [(1 - z) * n + z * h]


def gru_reset_before(gate: Callable[[Tensor], Tensor]):
    def step(w: Weights, x: Tensor, s: State) -> State:
        (h,) = s
        z, r = gate(w.affine("z", x, h)), gate(w.affine("r", x, h))
        return [(1 - z) * tanh(w.affine("n", x, r * h)) + z * h]

    return step


def hard_sigmoid(x: Tensor) -> Tensor:
    return torch.clamp(0.2 * x + 0.5, 0, 1)


def mgu(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    f = sigmoid(w.affine("f", x, h))
    return [(1 - f) * h + f * tanh(w.affine("n", x, f * h))]


def fitted(w: Weights, x: Tensor) -> Tensor:
    """x where it is as wide as h, else P x."""
    return x if x.shape[1] == w.hidden else w.Wx("", x, "P")


def mut1(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    z = sigmoid(w.Wx("z", x) + w.b("z"))
    r = sigmoid(w.affine("r", x, h))
    return [tanh(w.Uh("n", r * h) + tanh(fitted(w, x)) + w.b("n")) * z + h * (1 - z)]


def mut2(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    z = sigmoid(w.affine("z", x, h))
    r = sigmoid(fitted(w, x) + w.Uh("r", h) + w.b("r"))
    return [tanh(w.Uh("n", r * h) + w.Wx("n", x) + w.b("n")) * z + h * (1 - z)]


def mut3(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    z = sigmoid(w.Wx("z", x) + w.Uh("z", tanh(h)) + w.b("z"))
    r = sigmoid(w.affine("r", x, h))
    return [tanh(w.Uh("n", r * h) + w.Wx("n", x) + w.b("n")) * z + h * (1 - z)]


# Cells whose gates do not see h


def sru(w: Weights, x: Tensor, s: State) -> State:
    _, c = s
    f = sigmoid(w.Wx("f", x) + w.pc("f", c, "v") + w.b("f"))
    r = sigmoid(w.Wx("r", x) + w.pc("r", c, "v") + w.b("r"))
    c = f * c + (1 - f) * w.Wx("c", x)
    return [r * c + (1 - r) * fitted(w, x), c]


def qrnn(w: Weights, x: Tensor, s: State) -> State:
    _, c, *before = s
    now = {gate: w.Wx(gate, x) + w.b(gate) + old for gate, old in zip("zfo", before)}
    z, f, o = tanh(now["z"]), sigmoid(now["f"]), sigmoid(now["o"])
    c = f * c + (1 - f) * z
    return [o * c, c, *(w.Wx(gate, x, "V") for gate in "zfo")]


def mingru(w: Weights, x: Tensor, s: State) -> State:
    z = sigmoid(w.Wx("z", x) + w.b("z"))
    return [(1 - z) * s[0] + z * (w.Wx("n", x) + w.b("n"))]


def minlstm(w: Weights, x: Tensor, s: State) -> State:
    f = sigmoid(w.Wx("f", x) + w.b("f"))
    i = sigmoid(w.Wx("i", x) + w.b("i"))
    return [f / (f + i) * s[0] + i / (f + i) * (w.Wx("n", x) + w.b("n"))]


# xLSTM


def slstm(w: Weights, x: Tensor, s: State) -> State:
    h, c, n, m = s
    log_i, log_f = w.affine("i", x, h), logsigmoid(w.affine("f", x, h))
    new_m = torch.maximum(log_f + m, log_i)
    i, f = exp(log_i - new_m), exp(log_f + m - new_m)
    c = f * c + i * tanh(w.affine("g", x, h))
    n = f * n + i
    return [sigmoid(w.affine("o", x, h)) * (c / n), c, n, new_m]


def mlstm(w: Weights, x: Tensor, s: State) -> State:
    """One sequence at a time, with matrices as the paper has them."""
    _, old_C, old_n, old_m = s

    def number(gate: str, x: Tensor) -> Tensor:
        return w(gate + ".W", 1, len(x)) @ x + w(gate + ".b", 1)

    def vector(gate: str, x: Tensor) -> Tensor:
        return w(gate + ".W", w.hidden, len(x)) @ x + w.b(gate)

    rows = []
    for xb, C, n, m in zip(x, old_C, old_n, old_m):
        q, k, v = vector("q", xb), vector("k", xb) / w.hidden**0.5, vector("v", xb)
        log_i, log_f = number("i", xb), logsigmoid(number("f", xb))
        new_m = torch.maximum(log_f + m, log_i)
        i, f = exp(log_i - new_m), exp(log_f + m - new_m)
        C = f * C + i * torch.outer(v, k)
        n = f * n + i * k
        h = (C @ q) / torch.maximum(torch.abs(n @ q), exp(-new_m))
        rows.append([sigmoid(vector("o", xb)) * h, C, n, new_m])
    return [torch.stack(parts) for parts in zip(*rows)]


# No cells of sequences


def tree(w: Weights, x: Tensor, s: State) -> State:
    """The child-sum Tree-LSTM: leaves 0 and 1, node 2 over both, node 3 over node 2 and leaf 1."""

    def node(x: Tensor, children: list[State]) -> State:
        total = torch.zeros(len(x), w.hidden, dtype=x.dtype)
        total = sum((h for h, _ in children), total)
        i = sigmoid(w.affine("i", x, total))
        o = sigmoid(w.affine("o", x, total))
        u = tanh(w.affine("g", x, total))
        c = i * u
        for h_k, c_k in children:
            c = c + sigmoid(w.affine("f", x, h_k)) * c_k
        return [o * tanh(c), c]

    leaves = [node(x[0], []), node(x[1], [])]
    return node(x[3], [node(x[2], leaves), leaves[1]])


def normed(w: Weights, x: Tensor, s: State) -> State:
    return [layer_norm(x, x.shape[-1:], w("gain", x.shape[-1]), w("b", x.shape[-1]))]


# Cases


def states(cell: str, hidden: int, depth: int) -> State:
    """The parts of a random first state, in unroll's order."""
    h = (BATCH, hidden)
    if cell == "clockwork":  # in which no group is where another is
        return [leaf(*h), torch.tensor([[0.0, 1, 3, 7], [0, 0, 2, 5]], dtype=torch.float64)]
    if cell == "slstm":
        return [leaf(*h), leaf(*h), (random(*h).abs() + 0.5).requires_grad_(), leaf(*h)]
    if cell == "mlstm":
        return [leaf(*h), leaf(*h, hidden), leaf(*h), leaf(BATCH, 1)]
    parts = {"rnn-gated-feedback": depth, "lstm-depth-gated": 2 * depth, "lstm-grid": 3 * depth}
    parts |= {"odyssey-fgr": 5, "sru": 2, "qrnn": 5, "tree": 0, "layer_norm": 0}
    single = ("rnn", "irnn", "rhn", "gru", "mgu", "mut", "min")
    number = parts.get(cell, 1 if cell.startswith(single) else 2)
    return [leaf(*h) for _ in range(number)]


def output_part(cell: str, depth: int) -> int:
    """Which part of the state is the output: of a deep cell, the first of its top layer."""
    a_layer = {"rnn-gated-feedback": 1, "lstm-depth-gated": 2, "lstm-grid": 3}.get(cell, 0)
    return a_layer * (depth - 1)


def stored(tensor: Tensor) -> dict:
    return {"shape": list(tensor.shape), "values": tensor.detach().flatten().tolist()}


def case(cell: str, step, name: str = "", inputs: int = 3, hidden: int = 2, depth: int = 2) -> dict:
    w = Weights(hidden, depth)
    x = leaf(STEPS, BATCH, inputs)
    first = states(cell, hidden, depth)
    results = {}
    if cell in ("tree", "layer_norm"):  # no sequences
        last = step(w, x, first)
    else:
        last, outputs = first, []
        for xt in x:
            last = step(w, xt, last)
            outputs.append(last[output_part(cell, depth)])
        results["output"] = torch.stack(outputs)
    results |= {f"last{i}": part for i, part in enumerate(last)}
    weights = {f"{name}_weights": random(*part.shape) for name, part in results.items()}
    loss = sum((r * weights[f"{name}_weights"]).sum() for name, r in results.items())
    given = {**w, "x": x} | {f"state{i}": part for i, part in enumerate(first)}
    leaves = {n: t for n, t in given.items() if t.requires_grad}
    gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    tensors = given | results | weights | {"loss": loss}
    for (n, t), gradient in zip(leaves.items(), gradients):
        tensors[f"grad.{n}"] = torch.zeros_like(t) if gradient is None else gradient
    return {
        "name": name or cell,
        "settings": {"input": inputs, "hidden": hidden, "depth": depth},
        "tensors": {n: stored(t) for n, t in tensors.items()},
    }


CELLS = {
    "rnn": elman(tanh),
    "rnn-relu": elman(relu),
    "rnn-sigmoid": elman(sigmoid),
    "irnn": elman(relu),
    "lstm": lstm,
    "lstm-peephole": odyssey(),
    "lstm-coupled": coupled,
    "lstm-multiplicative": multiplicative,
    "lstm-depth-gated": depth_gated,
    "lstm-grid": grid,
    "odyssey-vanilla": odyssey(),
    "odyssey-np": lstm,
    "odyssey-fgr": full_gate_recurrence,
    "gru": gru_reset_after,
    "gru-reset-before": gru_reset_before(sigmoid),
    "gru-hard": gru_reset_before(hard_sigmoid),
    "rnn-gated-feedback": gated_feedback,
    "mgu": mgu,
    "mut1": mut1,
    "mut2": mut2,
    "mut3": mut3,
    "sru": sru,
    "qrnn": qrnn,
    "mingru": mingru,
    "minlstm": minlstm,
    "slstm": slstm,
    "mlstm": mlstm,
    "tree": tree,
}
CELLS |= {"layer_norm": normed}
CELLS |= {f"odyssey-{v}": odyssey(v) for v in ("nig", "nfg", "nog", "niaf", "noaf", "cifg")}


def main() -> None:
    torch.manual_seed(SEED)
    cases = [case(name, step) for name, step in CELLS.items()]
    cases.append(case("rhn", highway, depth=3))
    cases.append(case("clockwork", clockwork, hidden=6))
    cases.append(case("lstm-layer-norm", lstm_layer_norm, hidden=3))
    for name, step in (("mut1", mut1), ("mut2", mut2), ("sru", sru)):
        cases.append(case(name, step, f"{name}, x as wide as h", inputs=2))
    version = torch.__version__.split("+")[0]
    origin = f"PyTorch {version}, python3 tests/layers/golden_variants.py, seed {SEED}"
    write_json(Path(__file__).with_suffix(".json"), origin, cases)


if __name__ == "__main__":
    main()
