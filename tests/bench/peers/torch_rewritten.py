"""Cells of tests/layers/golden_variants.py as somebody who cares for speed writes them in PyTorch.

There they are made for reading: one unit or one sequence at a time, complex numbers where two real
products are cheaper. `python3 torch_cells.py` holds them against those.
"""

import sys
from pathlib import Path

import torch
from torch import Tensor, exp, sigmoid, tanh
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "layers"))
import golden_variants as golden  # noqa: E402

State = list[Tensor]


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


def lstm_blocks(w, x: Tensor, s: State) -> State:
    h, c = s
    blocks = (w.hidden + 1) // 2

    def shared(gate: str) -> Tensor:
        a = w.product(gate + ".W", blocks, x) + w.product(gate + ".U", blocks, h)
        gates = sigmoid(a + w(gate + ".b", blocks))
        return gates.repeat_interleave(2, 1, output_size=2 * blocks)[:, : w.hidden]

    c = shared("f") * c + shared("i") * (4 * sigmoid(w.affine("g", x, h)) - 2)
    return [shared("o") * (2 * sigmoid(c) - 1), c]


def mc_lstm(w, x: Tensor, s: State) -> State:
    _, c = s
    n = w.hidden
    u = c / (c.abs().sum(1, keepdim=True) + 1e-5)

    def gate(name: str, size: int) -> Tensor:
        return w.product(name + ".W", size, x) + w.product(name + ".U", size, u) + w(name + ".b", size)

    R = torch.softmax(gate("r", n * n).view(-1, n, n), 1)
    o = sigmoid(gate("o", n))
    moved = torch.bmm(R, c[:, :, None])[:, :, 0]
    total = moved + x.sum(1, keepdim=True) * torch.softmax(gate("i", n), 1)
    return [o * total, (1 - o) * total]


def fast_slow(w, x: Tensor, s: State) -> State:
    f, slow = s[:2], s[2:]
    f = golden.lstm(w, x, f, "fast.0.")
    slow = golden.lstm(w, f[0], slow, "slow.")
    f = golden.lstm(w, slow[0], f, "fast.1.")
    for i in range(2, w.depth):
        f = golden.lstm(w, torch.zeros(len(x), 1, dtype=x.dtype), f, f"fast.{i}.")
    return [*f, *slow]


def complex_state(keep: Tensor, s: State, u_re: Tensor, u_im: Tensor) -> State:
    """keep (a complex vector) times the state, plus u."""
    re, im = keep.real * s[0] - keep.imag * s[1], keep.real * s[1] + keep.imag * s[0]
    return [re + u_re, im + u_im]


def lru(w, x: Tensor, s: State) -> State:
    n = w.hidden
    u = w.Wx("u", x) + w.b("u")
    a = exp(torch.complex(-exp(w("v", n)), exp(w("w", n))))
    scale = exp(w("g", n))
    B_re, B_im = (scale * w.product(f"B.{part}", n, u) for part in ("re", "im"))
    re, im = complex_state(a, s[1:], B_re, B_im)
    y = w.product("C.re", n, re) - w.product("C.im", n, im) + w("d", n) * u
    return [y, re, im]


def s5(w, x: Tensor, s: State) -> State:
    n = w.hidden
    u = w.Wx("u", x) + w.b("u")
    keep, add = golden.zero_order_hold(w, w("t", n), n)
    B_re, B_im = (w.product(f"B.{part}", n, u) for part in ("re", "im"))
    added = [add.real * B_re - add.imag * B_im, add.real * B_im + add.imag * B_re]
    re, im = complex_state(keep, s[1:], *added)
    y = 2 * (w.product("C.re", n, re) - w.product("C.im", n, im)) + w("d", n) * u
    return [y, re, im]


# Each with the cell it stands for, and the hidden size and depth at which that can be compared.
REWRITTEN = {
    "clockwork": (clockwork, golden.clockwork, 6, 2),
    "rnn-gated-feedback": (gated_feedback, golden.gated_feedback, 4, 2),
    "lstm-layer-norm": (lstm_layer_norm, golden.lstm_layer_norm, 4, 2),
    "lstm-grid": (grid, golden.grid, 4, 2),
    "mlstm": (mlstm, golden.mlstm, 4, 2),
    "lstm-blocks": (lstm_blocks, golden.lstm_blocks, 3, 2),
    "mc-lstm": (mc_lstm, golden.mc_lstm, 4, 2),
    "fast-slow": (fast_slow, golden.fast_slow, 4, 3),
    "lru": (lru, golden.lru, 4, 2),
    "s5": (s5, golden.s5, 4, 2),
}
