"""Cells that a user of PyTorch writes, as layers that are as fast as their equations allow.

The equations are those of tests/layers/golden_variants.py, functions (w, x, s) -> s' that ask w for
products. Here w answers with what somebody who cares for speed writes by hand: the products of the
layer's input are one product for the whole sequence, and those of one h are one product a step.
Five cells are written again, since their golden form is made for reading (one unit or one sequence
at a time); `check()` holds them against it.
"""

import sys
from pathlib import Path
from typing import Callable

import torch
from torch import Tensor, exp, nn, sigmoid, tanh
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "layers"))
import golden_variants as golden  # noqa: E402

DEPTH = 2  # of the cells that are deep by themselves, unroll's default
NOTHING_YET = -1e30  # the logarithm in which the xLSTMs begin

State = list[Tensor]


# Cells whose golden form would be slow


def clockwork(w, x: Tensor, s: State) -> State:
    h, phase = s
    units, phases, begin = [], [], 0
    for k, size in enumerate(clockwork_sizes(w.hidden)):
        a = w.product(f"{k}.W", size, x) + w.product(f"{k}.U", size, h[:, begin:])
        at = phase[:, k : k + 1]
        units.append(torch.where(at == 0, tanh(a + w(f"{k}.b", size)), h[:, begin : begin + size]))
        phases.append(torch.where(at == 2**k - 1, torch.zeros_like(at), at + 1))
        begin += size
    return [torch.cat(units, 1), torch.cat(phases, 1)]


def clockwork_sizes(hidden: int) -> list[int]:
    return [hidden // 4 + (k < hidden % 4) for k in range(4)]


def gated_feedback(w, x: Tensor, s: State) -> State:
    everything = torch.cat(s, 1)
    below, result = x, []
    for j in range(w.depth):
        G = w.product(f"{j}.g.W", w.depth, below) + w.product(f"{j}.g.U", w.depth, everything)
        G = sigmoid(G + w(f"{j}.g.b", w.depth))
        total = w.Wx(f"{j}", below) + w.b(f"{j}")
        for i in range(w.depth):
            total = total + G[:, i : i + 1] * w.Uh(f"{j}.from.{i}", s[i])
        below = tanh(total)
        result.append(below)
    return result


def lstm_layer_norm(w, x: Tensor, s: State) -> State:
    h, c = s
    size = 4 * w.hidden
    a = F.layer_norm(w.product("W", size, x), (size,), w("norm_x.gain", size))
    a = a + F.layer_norm(w.product("U", size, h), (size,), w("norm_h.gain", size)) + w("b", size)
    i, f, o, g = a.chunk(4, dim=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    normed = F.layer_norm(c, (w.hidden,), w("norm_c.gain", w.hidden), w("norm_c.b", w.hidden))
    return [sigmoid(o) * tanh(normed), c]


def grid(w, x: Tensor, s: State) -> State:
    def side(at: str, y: Tensor, h: Tensor, memory: Tensor) -> State:
        i, f, o = (sigmoid(w.affine(f"{at}.{gate}", y, h)) for gate in "ifo")
        memory = f * memory + i * tanh(w.affine(f"{at}.g", y, h))
        return [tanh(o * memory), memory]

    y, m = w.Wx("y", x) + w.b("y"), w.Wx("m", x) + w.b("m")
    result = []
    for layer in range(w.depth):
        _, h, c = s[3 * layer : 3 * layer + 3]
        next_h, next_c = side(f"{layer}.time", y, h, c)
        y, m = side(f"{layer}.depth", y, h, m)
        result += [y, next_h, next_c]
    return result


def mlstm(w, x: Tensor, s: State) -> State:
    _, C, n, m = s
    q, v = w.Wx("q", x) + w.b("q"), w.Wx("v", x) + w.b("v")
    k = (w.Wx("k", x) + w.b("k")) / w.hidden**0.5
    log_i = w.product("i.W", 1, x) + w("i.b", 1)
    log_f = F.logsigmoid(w.product("f.W", 1, x) + w("f.b", 1)) + m
    m = torch.maximum(log_f, log_i)
    keep, k = exp(log_f - m), exp(log_i - m) * k
    C = keep[:, :, None] * C + v[:, :, None] * k[:, None, :]
    n = keep * n + k
    nq = (n * q).sum(1, keepdim=True).abs()
    h = torch.bmm(C, q[:, :, None])[:, :, 0] / torch.maximum(nq, exp(torch.clamp(-m, max=80)))
    return [sigmoid(w.Wx("o", x) + w.b("o")) * h, C, n, m]


REWRITTEN = {
    "clockwork": (clockwork, golden.clockwork),
    "rnn-gated-feedback": (gated_feedback, golden.gated_feedback),
    "lstm-layer-norm": (lstm_layer_norm, golden.lstm_layer_norm),
    "lstm-grid": (grid, golden.grid),
    "mlstm": (mlstm, golden.mlstm),
}


def cells() -> dict[str, Callable]:
    """Every cell of unroll's list by its name."""
    sequences = {n: step for n, step in golden.CELLS.items() if n not in ("tree", "layer_norm")}
    mine = {n: step for n, (step, _) in REWRITTEN.items()}
    return sequences | {"rhn": golden.highway} | mine


def zero_state(cell: str, batch: int, hidden: int) -> State:
    """The parts of the state a sequence begins with."""
    h = torch.zeros(batch, hidden)
    if cell == "clockwork":
        return [h, torch.zeros(batch, 4)]
    if cell == "slstm":
        return [h, h, h, torch.full_like(h, NOTHING_YET)]
    if cell == "mlstm":
        return [h, torch.zeros(batch, hidden, hidden), h, torch.full((batch, 1), NOTHING_YET)]
    return [torch.zeros(batch, hidden) for _ in golden.states(cell, 1, DEPTH)]


# What the equations ask


class Asked:
    """The w of the equations; who inherits says what a parameter and what a product is."""

    def __init__(self, hidden: int, depth: int):
        self.hidden, self.depth = hidden, depth

    def b(self, gate: str) -> Tensor:
        return self(gate + ".b", self.hidden)

    def Wx(self, gate: str, x: Tensor, name: str = "W") -> Tensor:
        return self.product(f"{gate}.{name}" if gate else name, self.hidden, x)

    def Uh(self, gate: str, h: Tensor) -> Tensor:
        return self.product(gate + ".U", self.hidden, h)

    def pc(self, gate: str, c: Tensor, name: str = "p") -> Tensor:
        return c * self(f"{gate}.{name}", self.hidden)

    def affine(self, gate: str, x: Tensor, h: Tensor) -> Tensor:
        return self.Wx(gate, x) + self.Uh(gate, h) + self.b(gate)


class Plain(Asked):
    """Each product by itself. Draws the parameters, and notes which products have one factor."""

    def __init__(self, hidden: int, depth: int, parameters: dict[str, Tensor] | None = None):
        super().__init__(hidden, depth)
        self.parameters = {} if parameters is None else parameters
        self.factors: list[Tensor] = []
        self.groups: list[list[str]] = []  # of one factor
        self.biased: list[str] = []  # gates whose bias can be added to the product of the input

    def __call__(self, name: str, *shape: int) -> Tensor:
        if name not in self.parameters:
            value = torch.zeros(shape)
            if name.endswith("gain"):
                value += 1
            elif not name.endswith(("b", ".c")):
                bound = shape[-1] ** -0.5
                value.uniform_(-bound, bound)
            self.parameters[name] = nn.Parameter(value)
        return self.parameters[name]

    def product(self, name: str, rows: int, x: Tensor) -> Tensor:
        W = self(name, rows, x.shape[1])
        known = [i for i, factor in enumerate(self.factors) if factor is x]
        if not known:
            self.factors.append(x)
            self.groups.append([])
        self.groups[known[0] if known else -1].append(name)
        return x @ W.T

    def affine(self, gate: str, x: Tensor, h: Tensor) -> Tensor:
        a = super().affine(gate, x, h)
        if x is self.factors[0]:
            self.biased.append(gate + ".W")
        return a


class Joined(Asked):
    """Products of one factor as one product, and those of the input already done."""

    def __init__(self, layer: "EquationLayer", parameters: dict[str, Tensor], matrices):
        super().__init__(layer.hidden, DEPTH)
        self.parameters, self.matrices = parameters, matrices
        self.groups, self.biased = layer.groups, layer.biased
        self.done: dict[str, Tensor] = {}

    def __call__(self, name: str, *shape: int) -> Tensor:
        return self.parameters[name]

    def product(self, name: str, rows: int, x: Tensor) -> Tensor:
        if name not in self.done:
            at = next(i for i, group in enumerate(self.groups) if name in group)
            group = self.groups[at]
            sizes = [self.parameters[n].shape[0] for n in group]
            self.done.update(zip(group, (x @ self.matrices[at].T).split(sizes, 1)))
        return self.done[name]

    def affine(self, gate: str, x: Tensor, h: Tensor) -> Tensor:
        a = self.Wx(gate, x) + self.Uh(gate, h)
        return a if gate + ".W" in self.biased else a + self.b(gate)


class EquationLayer(nn.Module):
    """A layer of one of the cells: (steps, batch, features) to (steps, batch, hidden).

    `wrap` makes of the function of one step, `one_step`, the one that runs: it may compile it.
    """

    def __init__(self, cell: str, features: int, hidden: int, batch: int, wrap: Callable):
        super().__init__()
        self.cell, self.hidden = cell, hidden
        self.out = golden.output_part(cell, DEPTH)
        self.equations = cells()[cell]
        plain = Plain(hidden, DEPTH)
        x = torch.randn(batch, features)
        plain.factors.append(x)  # the first group is that of the input
        plain.groups.append([])
        with torch.no_grad():
            self.equations(plain, x, zero_state(cell, batch, hidden))
        self.names = list(plain.parameters)
        self.weights = nn.ParameterList(plain.parameters.values())
        self.groups, self.biased = plain.groups, plain.biased
        self.step = wrap(lambda *tensors: self.one_step(*tensors))

    def one_step(self, x: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        """tensors: the products of the input, the joined matrices, the parameters, the state."""
        rest = iter(tensors)
        inputs = {name: next(rest) for name in self.groups[0]}
        matrices = [None] + [next(rest) for _ in self.groups[1:]]
        w = Joined(self, {name: next(rest) for name in self.names}, matrices)
        w.done = inputs
        return tuple(self.equations(w, x, list(rest)))

    def forward(self, xs: Tensor) -> Tensor:
        weights = tuple(self.weights)
        named = dict(zip(self.names, weights))
        joined = [torch.cat([named[n] for n in g]) if g else None for g in self.groups]
        inputs = self.input_products(xs, joined[0], named)
        state = tuple(zero_state(self.cell, xs.shape[1], self.hidden))
        outputs = []
        for t, x in enumerate(xs.unbind(0)):
            state = self.step(x, *(i[t] for i in inputs), *joined[1:], *weights, *state)
            outputs.append(state[self.out])
        return torch.stack(outputs)

    def input_products(self, xs: Tensor, W: Tensor | None, named: dict) -> list:
        """What the input adds to every gate, step by step, with the biases that go with it."""
        if W is None:
            return []
        sizes = [named[n].shape[0] for n in self.groups[0]]
        biases = [
            named[n[:-1] + "b"] if n in self.biased else torch.zeros(size)
            for n, size in zip(self.groups[0], sizes)
        ]
        products = F.linear(xs, W, torch.cat(biases))
        return [part.unbind(0) for part in products.split(sizes, 2)]


def check() -> None:
    """Holds the rewritten cells, and joined products of all cells, against the golden ones."""
    torch.manual_seed(3)
    torch.set_default_dtype(torch.float64)
    batch, features = golden.BATCH, 3
    for name, (mine, reference) in REWRITTEN.items():
        hidden = 6 if name == "clockwork" else 4
        w = golden.Weights(hidden, DEPTH)
        x, s = golden.random(batch, features), golden.states(name, hidden, DEPTH)
        expected = reference(w, x, s)
        actual = mine(Plain(hidden, DEPTH, dict(w)), x, s)
        worst = max((a - e).abs().max().item() for a, e in zip(actual, expected))
        print(f"{name}: largest difference from the golden cell {worst:.1e}")
        if worst > 1e-12:
            raise SystemExit(f"{name} differs from tests/layers/golden_variants.py")
    for name, equations in cells().items():
        layer = EquationLayer(name, features, 8, batch, lambda step: step)
        for weight in layer.weights:
            weight.data.uniform_(-0.7, 0.7)
        xs, state = torch.randn(3, batch, features), zero_state(name, batch, 8)
        plain = Plain(8, DEPTH, dict(zip(layer.names, layer.weights)))
        for t, h in enumerate(layer(xs)):
            state = equations(plain, xs[t], state)
            worst = (h - state[layer.out]).abs().max().item()
            if worst > 1e-12:
                raise SystemExit(f"{name}: products that are joined give something else: {worst}")
    print(f"{len(cells())} cells: joined products give the same")
