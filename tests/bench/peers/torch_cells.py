"""Cells that a user of PyTorch writes, as layers that are as fast as their equations allow.

The equations are those of tests/layers/golden_variants.py, functions (w, x, s) -> s' that ask w for
products. Here w answers with what somebody who cares for speed writes by hand: the products of the
layer's input are one product for the whole sequence, and those of one h are one product a step.
Those of torch_rewritten.py stand for cells whose golden form would be slow. Run as a program this
holds all of them against the golden ones.
"""

from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torch_rewritten import REWRITTEN, golden

DEPTH = 2  # of the cells that are deep by themselves, unroll's default
NOTHING_YET = -1e30  # the logarithm in which the xLSTMs and RWKV begin

State = list[Tensor]


def cells() -> dict[str, Callable]:
    """Every cell of unroll's list by its name."""
    sequences = {n: step for n, step in golden.CELLS.items() if n not in ("tree", "layer_norm")}
    mine = {n: step for n, (step, *_) in REWRITTEN.items()}
    return sequences | golden.NEWER | {"rhn": golden.highway} | mine


SIZE = 7  # of h in a golden state, told apart from the sizes that are fixed


def zero_state(cell: str, batch: int, hidden: int) -> State:
    """The parts of the state a sequence begins with: of the golden state's shapes, all 0 but for
    logarithms of sums that have no terms yet."""
    shapes = [part.shape[1:] for part in golden.states(cell, SIZE, DEPTH)]
    s = [torch.zeros(batch, *(hidden if n == SIZE else n for n in shape)) for shape in shapes]
    if cell in ("slstm", "mlstm", "rwkv4"):
        s[-1].fill_(NOTHING_YET)
    return s


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
    for name, (mine, reference, hidden, depth) in REWRITTEN.items():
        w = golden.Weights(hidden, depth)
        x, s = golden.random(batch, features), golden.states(name, hidden, depth)
        expected = reference(w, x, s)
        actual = mine(Plain(hidden, depth, dict(w)), x, s)
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


if __name__ == "__main__":
    check()
