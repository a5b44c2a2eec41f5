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

    def product(self, name: str, rows: int, x: Tensor) -> Tensor:
        return x @ self(name, rows, x.shape[1]).T

    def Wx(self, gate: str, x: Tensor, name: str = "W") -> Tensor:
        return self.product(f"{gate}.{name}" if gate else name, self.hidden, x)

    def Uh(self, gate: str, h: Tensor) -> Tensor:
        return self.product(gate + ".U", self.hidden, h)

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


# Relatives of GRU and LSTM with few gates


def janet(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    a = w.affine("f", x, h)
    return [sigmoid(a) * h + (1 - sigmoid(a - 1)) * tanh(w.affine("g", x, h))]


def ran(w: Weights, x: Tensor, s: State) -> State:
    h, c = s
    c = sigmoid(w.affine("i", x, h)) * w.Wx("g", x) + sigmoid(w.affine("f", x, h)) * c
    return [tanh(c), c]


def cfn(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    p, q = sigmoid(w.affine("p", x, h)), sigmoid(w.affine("q", x, h))
    return [p * tanh(h) + q * tanh(w.Wx("g", x))]


def atr(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    p, q = w.Wx("", x), w.product("U", w.hidden, h)
    return [sigmoid(p + q) * p + sigmoid(p - q) * h]


def ligru(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    z = sigmoid(w.affine("z", x, h))
    return [z * h + (1 - z) * relu(w.affine("g", x, h))]


def light_ru(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    f = sigmoid(w.affine("f", x, h))
    return [(1 - f) * h + f * tanh(w.Wx("g", x))]


def minimal_rnn(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    z = tanh(w.Wx("z", x) + w.b("z"))
    u = sigmoid(w.affine("u", z, h))
    return [u * h + (1 - u) * z]


def miru(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    r = sigmoid(w.affine("r", x, h))
    return [0.5 * h + 0.5 * tanh(w.affine("g", x, r * h))]


def miru_constant(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    return [0.5 * h + 0.5 * tanh(w.affine("g", x, 0.5 * h))]


def ugrnn(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    g = sigmoid(w.affine("g", x, h))
    return [g * h + (1 - g) * tanh(w.affine("n", x, h))]


def intersection(w: Weights, x: Tensor, s: State) -> State:
    _, h = s
    x = fitted(w, x)
    i, g = sigmoid(w.affine("i", x, h)), sigmoid(w.affine("g", x, h))
    y = i * x + (1 - i) * relu(w.affine("m", x, h))
    return [y, g * h + (1 - g) * tanh(w.affine("n", x, h))]


def fast_rnn(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    return [sigmoid(w("a", 1)) * tanh(w.affine("g", x, h)) + sigmoid(w("b", 1)) * h]


def fast_grnn(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    a = w.Wx("", x) + w.product("U", w.hidden, h)
    z, g = sigmoid(a + w("z", w.hidden)), tanh(a + w("g", w.hidden))
    return [(sigmoid(w("zeta", 1)) * (1 - z) + sigmoid(w("nu", 1))) * g + z * h]


def ind_rnn(w: Weights, x: Tensor, s: State) -> State:
    return [relu(w.Wx("", x) + w("u", w.hidden) * s[0] + w("b", w.hidden))]


def scrn(w: Weights, x: Tensor, s: State) -> State:
    _, h, slow = s
    slow = 0.05 * w.Wx("s", x) + 0.95 * slow
    h = sigmoid(w.Uh("context", slow) + w.Wx("h", x) + w.Uh("h", h))
    return [w.Uh("y.h", h) + w.Uh("y.s", slow), h, slow]


def sgrn(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    Wx = w.Wx("", x)
    f = sigmoid(Wx + w.product("U", w.hidden, h) + w("b", w.hidden))
    return [tanh((1 - f) * Wx + f * h)]


def star(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    z = tanh(w.Wx("z", x) + w.b("z"))
    k = sigmoid(w.affine("k", x, h))
    return [tanh((1 - k) * h + k * z)]


def t_rnn(w: Weights, x: Tensor, s: State) -> State:
    f = sigmoid(w.Wx("f", x) + w.b("f"))
    return [f * s[0] + (1 - f) * (w.Wx("z", x) + w.b("z"))]


def strongly_typed(with_cell: bool):
    def step(w: Weights, x: Tensor, s: State) -> State:
        memory, before = s[1 if with_cell else 0], s[2 if with_cell else 1 :]
        z, f, o = (w.Wx(g, x) + w.b(g) + old for g, old in zip("zfo", before))
        f, o = sigmoid(f), tanh(o)
        carried = [w.Wx(g, x, "V") for g in "zfo"]
        if with_cell:
            c = f * memory + (1 - f) * z
            return [c * o, c, *carried]
        return [f * memory + z * o, *carried]

    return step


def nas(w: Weights, x: Tensor, s: State) -> State:
    h, c = s
    W = [w.Wx(str(i), x) for i in range(1, 9)]
    U = [w.Uh(str(i), h) for i in range(1, 9)]
    a = [p + q for p, q in zip(W, U)]
    left = tanh(tanh(sigmoid(a[0]) * relu(a[1])) + c)
    right = tanh(sigmoid(a[2]) + relu(W[3] * U[3]))
    c = left * right
    below = tanh(tanh(a[4]) * sigmoid(a[5])) + sigmoid(tanh(a[6]) + sigmoid(a[7]))
    return [tanh(c * tanh(below)), c]


def bistable(full: bool):
    def step(w: Weights, x: Tensor, s: State) -> State:
        (h,) = s

        def seen(gate: str) -> Tensor:
            return w.Uh(gate, h) if full else w(gate + ".u", w.hidden) * h

        a, c = 1 + tanh(w.Wx("a", x) + seen("a")), sigmoid(w.Wx("c", x) + seen("c"))
        return [c * h + (1 - c) * tanh(w.Wx("", x) + a * h)]

    return step


def cornn(w: Weights, x: Tensor, s: State) -> State:
    h, z = s
    force = tanh(w.affine("h", x, h) + w.Uh("z", z))
    z = z + 0.042 * (force - 2.7 * h - 4.7 * z)
    return [h + 0.042 * z, z]


def unicornn(w: Weights, x: Tensor, s: State) -> State:
    h, z = s
    pace = 0.1 * sigmoid(w("c", w.hidden))
    z = z - pace * (tanh(w.Wx("", x) + w("b", w.hidden) + w("u", w.hidden) * h) + h)
    return [h + pace * z, z]


def lem(w: Weights, x: Tensor, s: State) -> State:
    h, z = s
    d, e = sigmoid(w.affine("d", x, h)), sigmoid(w.affine("e", x, h))
    z = (1 - d) * z + d * tanh(w.affine("z", x, h))
    return [(1 - e) * h + e * tanh(w.affine("h", x, z)), z]


def antisymmetric(gated: bool):
    def step(w: Weights, x: Tensor, s: State) -> State:
        (h,) = s
        U = w("U", w.hidden, w.hidden)
        Mh = h @ (U - U.T - 0.01 * torch.eye(w.hidden, dtype=h.dtype)).T
        if not gated:
            return [h + 0.1 * tanh(w.Wx("", x) + w("b", w.hidden) + Mh)]
        z = sigmoid(w.Wx("z", x) + w.b("z") + Mh)
        return [h + 0.1 * z * tanh(w.Wx("h", x) + w.b("h") + Mh)]

    return step


def mc_lstm(w: Weights, x: Tensor, s: State) -> State:
    """One sequence at a time."""
    _, c = s
    n = w.hidden
    rows = []
    for xb, cb in zip(x, c):
        u = cb / (cb.abs().sum() + 1e-5)

        def gate(name: str, size: int) -> Tensor:
            a = w(name + ".W", size, len(xb)) @ xb + w(name + ".U", size, n) @ u
            return a + w(name + ".b", size)

        i = torch.softmax(gate("i", n), 0)
        R = torch.softmax(gate("r", n * n).reshape(n, n), 0)
        o = sigmoid(gate("o", n))
        total = R @ cb + xb.sum() * i
        rows.append([o * total, (1 - o) * total])
    return [torch.stack(parts) for parts in zip(*rows)]


def lstm_1997(w: Weights, x: Tensor, s: State) -> State:
    h, c = s
    g = 4 * sigmoid(w.affine("g", x, h)) - 2
    c = c + sigmoid(w.affine("i", x, h)) * g
    return [sigmoid(w.affine("o", x, h)) * (2 * sigmoid(c) - 1), c]


def lstm_blocks(w: Weights, x: Tensor, s: State) -> State:
    """Three cells, two a block: gates 0, 0, 1."""
    h, c = s

    def shared(gate: str) -> Tensor:
        a = x @ w(gate + ".W", 2, x.shape[1]).T + h @ w(gate + ".U", 2, w.hidden).T
        return sigmoid(a + w(gate + ".b", 2))[:, [0, 0, 1]]

    c = shared("f") * c + shared("i") * (4 * sigmoid(w.affine("g", x, h)) - 2)
    return [shared("o") * (2 * sigmoid(c) - 1), c]


def gru_multiplicative(w: Weights, x: Tensor, s: State) -> State:
    return gru_reset_after(w, x, [w.Wx("m", x) * w.Uh("m", s[0])])


def fast_slow(w: Weights, x: Tensor, s: State) -> State:
    f, slow = s[:2], s[2:]
    f = lstm(w, x, f, "fast.0.")
    slow = lstm(w, f[0], slow, "slow.")
    f = lstm(w, slow[0], f, "fast.1.")
    f = lstm(w, torch.zeros(len(x), 1, dtype=x.dtype), f, "fast.2.")
    return [*f, *slow]


def past_attention(w: Weights, x: Tensor, s: State) -> State:
    h, past, seen = s
    scores = torch.einsum("bph,bh->bp", past, w.Uh("q", h)) / w.hidden**0.5
    a = torch.softmax(scores.masked_fill(seen == 0, -1e30), 1)
    c = torch.einsum("bp,bph->bh", a, past)
    h = tanh(w.affine("h", x, h) + w.Uh("c", c))
    ones = torch.ones(len(x), 1, dtype=x.dtype)
    return [h, torch.cat([past[:, 1:], h[:, None]], 1), torch.cat([seen[:, 1:], ones], 1)]


def ntm(w: Weights, x: Tensor, s: State) -> State:
    _, r, M = s
    h = tanh(w.affine("h", x, r))
    key = tanh(w.Uh("k", h) + w.b("k"))
    sharp = torch.nn.functional.softplus(w.product("s.U", 1, h) + w("s.b", 1))
    alike = torch.nn.functional.cosine_similarity(M, key[:, None], dim=2)
    where = torch.softmax(sharp * alike, 1)
    erase, add = sigmoid(w.Uh("e", h) + w.b("e")), tanh(w.Uh("a", h) + w.b("a"))
    M = M * (1 - torch.einsum("br,bh->brh", where, erase)) + torch.einsum("br,bh->brh", where, add)
    return [h, torch.einsum("br,brh->bh", where, M), M]


# Recurrences that are linear in their state, with PyTorch's complex numbers


def complex_map(w: Weights, name: str, u: Tensor) -> Tensor:
    M = torch.complex(w(name + ".re", w.hidden, w.hidden), w(name + ".im", w.hidden, w.hidden))
    return u.to(M.dtype) @ M.T


def lru(w: Weights, x: Tensor, s: State) -> State:
    n = w.hidden
    u = w.Wx("u", x) + w.b("u")
    a = exp(torch.complex(-exp(w("v", n)), exp(w("w", n))))
    state = a * torch.complex(s[1], s[2]) + exp(w("g", n)) * complex_map(w, "B", u)
    y = complex_map(w, "C", state).real + w("d", n) * u
    return [y, state.real, state.imag]


def zero_order_hold(w: Weights, t: Tensor, *shape: int) -> tuple[Tensor, Tensor]:
    A = torch.complex(-exp(w("a", *shape)), w("w", *shape))
    keep = exp(exp(t) * A)
    return keep, (keep - 1) / A


def s4d(w: Weights, x: Tensor, s: State) -> State:
    n = w.hidden
    u = w.Wx("u", x) + w.b("u")
    keep, add = zero_order_hold(w, w("t", n, 1), n, 8)
    state = keep * torch.complex(s[1], s[2]) + add * u[:, :, None]
    C = torch.complex(w("C.re", n, 8), w("C.im", n, 8))
    return [2 * (C * state).sum(2).real + w("d", n) * u, state.real, state.imag]


def s5(w: Weights, x: Tensor, s: State) -> State:
    n = w.hidden
    u = w.Wx("u", x) + w.b("u")
    keep, add = zero_order_hold(w, w("t", n), n)
    state = keep * torch.complex(s[1], s[2]) + add * complex_map(w, "B", u)
    return [2 * complex_map(w, "C", state).real + w("d", n) * u, state.real, state.imag]


def s6(w: Weights, x: Tensor, s: State) -> State:
    n, N = w.hidden, 16
    u = w.Wx("u", x) + w.b("u")
    t = torch.nn.functional.softplus(w.product("t.W", n, w.product("r.W", 1, u)) + w.b("t"))
    b, c = w.product("b.W", N, u), w.product("c.W", N, u)
    state = exp(t[:, :, None] * -exp(w("a", n, N))) * s[1] + torch.einsum("bi,bn->bin", t * u, b)
    return [torch.einsum("bin,bn->bi", state, c) + w("d", n) * u, state]


def rg_lru(w: Weights, x: Tensor, s: State) -> State:
    (h,) = s
    u = w.Wx("u", x) + w.b("u")
    r, i = sigmoid(w.Wx("r", u) + w.b("r")), sigmoid(w.Wx("i", u) + w.b("i"))
    a = exp(-8 * torch.nn.functional.softplus(w("l", w.hidden)) * r)
    return [a * h + torch.sqrt(1 - a * a) * i * u]


def hgrn(w: Weights, x: Tensor, s: State) -> State:
    least = sigmoid(w("l", w.hidden))
    f = least + (1 - least) * sigmoid(w.Wx("f", x) + w.b("f"))
    i = torch.nn.functional.silu(w.Wx("i", x) + w.b("i"))
    h = f * s[1] + (1 - f) * i
    return [sigmoid(w.Wx("o", x) + w.b("o")) * h, h]


def shifted(w: Weights, gate: str, x: Tensor, before: Tensor) -> Tensor:
    m = w(gate + ".m", w.hidden)
    return w.Wx(gate, m * x + (1 - m) * before)


def rwkv4(w: Weights, x: Tensor, s: State) -> State:
    """The plain sums are exp(o) p and exp(o) q."""
    _, before, p, q, o = s
    x = fitted(w, x)
    r, k, v = (shifted(w, gate, x, before) for gate in "rkv")
    P, Q = exp(o) * p, exp(o) * q
    now = exp(w("u", w.hidden) + k)
    y = w.Wx("o", sigmoid(r) * (P + now * v) / (Q + now))
    decay = exp(w("w", w.hidden))
    new_o = torch.maximum(o - decay, k)
    return [y, x, (exp(-decay) * P + exp(k) * v) / exp(new_o),
            (exp(-decay) * Q + exp(k)) / exp(new_o), new_o]


def rwkv6(w: Weights, x: Tensor, s: State) -> State:
    _, before, S = s
    x = fitted(w, x)
    r, k, v = (shifted(w, gate, x, before) for gate in "rkv")
    decay = exp(-exp(shifted(w, "w", x, before) + w.b("w")))
    kv = torch.einsum("bi,bj->bij", k, v)
    y = torch.einsum("bi,bij->bj", r, S + w("u", w.hidden)[:, None] * kv)
    return [w.Wx("o", y), x, decay[:, :, None] * S + kv]


def matrix_memory(cell: str):
    def step(w: Weights, x: Tensor, s: State) -> State:
        S, scale = s[1], w.hidden**-0.5
        q, k, v = scale * w.Wx("q", x), w.Wx("k", x), w.Wx("v", x)
        if cell == "retnet":
            q, k = w.Wx("q", x), scale * k
            S = (1 - 2**-5) * S + torch.einsum("bi,bj->bij", k, v)
        elif cell == "gla":
            a = sigmoid(w.Wx("a", x) + w.b("a")) ** (1 / 16)
            S = a[:, :, None] * S + torch.einsum("bi,bj->bij", k, v)
        else:
            k = k / k.norm(dim=1, keepdim=True)
            b = sigmoid(w.product("b.W", 1, x) + w("b.b", 1))
            if cell == "gated-delta-net":
                a = w.product("a.W", 1, x) + w("a.b", 1)
                a = exp(-exp(w("A", 1)) * torch.nn.functional.softplus(a))
                S = a[:, :, None] * S
            written = b * (v - torch.einsum("bij,bi->bj", S, k))
            S = S + torch.einsum("bi,bj->bij", k, written)
        return [torch.einsum("bij,bi->bj", S, q), S]

    return step


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

# Newer cells whose state is h alone.
SINGLE = ("janet", "cfn", "atr", "ligru", "light-ru", "minimal-rnn", "miru", "miru-constant",
          "ugrnn", "fast-rnn", "fast-grnn", "ind-rnn", "sgrn", "star", "t-rnn", "brc", "nbrc",
          "antisymmetric", "antisymmetric-gated", "gru-multiplicative", "rg-lru")


def states(cell: str, hidden: int, depth: int) -> State:
    """The parts of a random first state, in unroll's order."""
    h = (BATCH, hidden)
    if cell == "clockwork":  # in which no group is where another is
        return [leaf(*h), torch.tensor([[0.0, 1, 3, 7], [0, 0, 2, 5]], dtype=torch.float64)]
    if cell == "slstm":
        return [leaf(*h), leaf(*h), (random(*h).abs() + 0.5).requires_grad_(), leaf(*h)]
    if cell == "mlstm":
        return [leaf(*h), leaf(*h, hidden), leaf(*h), leaf(BATCH, 1)]
    matrix = ("retnet", "gla", "delta-net", "gated-delta-net")
    if cell in matrix:
        return [leaf(*h), leaf(*h, hidden)]
    if cell == "past-attention":
        seen = torch.tensor([[0.0] * 3 + [1] * 5, [0] * 7 + [1]], dtype=torch.float64)
        return [leaf(*h), leaf(BATCH, 8, hidden), seen]
    if cell == "ntm":
        return [leaf(*h), leaf(*h), leaf(BATCH, 8, hidden)]
    if cell == "rwkv6":
        return [leaf(*h), leaf(*h), leaf(*h, hidden)]
    if cell == "rwkv4":
        return [leaf(*h), leaf(*h), leaf(*h), (random(*h).abs() + 0.5).requires_grad_(), leaf(*h)]
    if cell in ("s4d", "s6"):
        size = (*h, 8) if cell == "s4d" else (*h, 16)
        return [leaf(*h), *(leaf(*size) for _ in range(2 if cell == "s4d" else 1))]
    if cell == "mc-lstm":
        return [leaf(*h), (random(*h).abs() + 0.5).requires_grad_()]
    if cell in SINGLE:
        return [leaf(*h)]
    parts = {"scrn": 3, "t-gru": 4, "t-lstm": 5, "fast-slow": 4, "lru": 3, "s5": 3}
    parts |= {"rnn-gated-feedback": depth, "lstm-depth-gated": 2 * depth, "lstm-grid": 3 * depth}
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


NEWER = {
    "janet": janet,
    "ran": ran,
    "cfn": cfn,
    "atr": atr,
    "ligru": ligru,
    "light-ru": light_ru,
    "minimal-rnn": minimal_rnn,
    "miru": miru,
    "miru-constant": miru_constant,
    "ugrnn": ugrnn,
    "intersection-rnn": intersection,
    "fast-rnn": fast_rnn,
    "fast-grnn": fast_grnn,
    "ind-rnn": ind_rnn,
    "scrn": scrn,
    "sgrn": sgrn,
    "star": star,
    "t-rnn": t_rnn,
    "t-gru": strongly_typed(False),
    "t-lstm": strongly_typed(True),
    "nas": nas,
    "brc": bistable(False),
    "nbrc": bistable(True),
    "cornn": cornn,
    "unicornn": unicornn,
    "lem": lem,
    "antisymmetric": antisymmetric(False),
    "antisymmetric-gated": antisymmetric(True),
    "mc-lstm": mc_lstm,
    "lstm-1997": lstm_1997,
    "gru-multiplicative": gru_multiplicative,
    "past-attention": past_attention,
    "ntm": ntm,
    "lru": lru,
    "s4d": s4d,
    "s5": s5,
    "s6": s6,
    "rg-lru": rg_lru,
    "hgrn": hgrn,
    "rwkv4": rwkv4,
    "rwkv6": rwkv6,
}
NEWER |= {n: matrix_memory(n) for n in ("retnet", "gla", "delta-net", "gated-delta-net")}


def main() -> None:
    torch.manual_seed(SEED)
    cases = [case(name, step) for name, step in CELLS.items()]
    cases.append(case("rhn", highway, depth=3))
    cases.append(case("clockwork", clockwork, hidden=6))
    cases.append(case("lstm-layer-norm", lstm_layer_norm, hidden=3))
    for name, step in (("mut1", mut1), ("mut2", mut2), ("sru", sru)):
        cases.append(case(name, step, f"{name}, x as wide as h", inputs=2))
    cases += [case(name, step) for name, step in NEWER.items()]
    cases.append(case("lstm-blocks", lstm_blocks, hidden=3))
    cases.append(case("fast-slow", fast_slow, depth=3))
    version = torch.__version__.split("+")[0]
    origin = f"PyTorch {version}, python3 tests/layers/golden_variants.py, seed {SEED}"
    write_json(Path(__file__).with_suffix(".json"), origin, cases)


if __name__ == "__main__":
    main()
