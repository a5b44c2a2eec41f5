"""The workloads that are no language models, as bench_training has them, in PyTorch.

W10 trees, see torch_trees.py; W11 sentiment; W12 attention; W13 CTC; W14 a selective SSM;
W15 DeltaNet; W16 decoding one step at a time; W17 the AntisymmetricRNN; W18 a tagger and W19
captions, see torch_lengths.py. `eager` is what a user of
PyTorch writes, `nn` has the layers and the loss that PyTorch brings along. `check()` holds what is
batched or fused by hand against the plain equations.
"""

from typing import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import torch_lengths
import torch_trees
from torch_parts import (
    EagerLstm,
    Structure,
    bidirectional_lstm,
    embedding,
    linear,
    lstm,
    lstm_cell,
    uniform,
    zipf_ids,
)

# W11: sentiment


class Sentiment(nn.Module):
    def __init__(self, vocabulary: int, hidden: int, kind: str, sparse: bool):
        super().__init__()
        self.embedding = embedding(vocabulary, hidden, sparse)
        self.lstm = lstm(kind, hidden, hidden)
        self.output = linear(hidden, 2)

    def forward(self, words: Tensor) -> Tensor:
        return self.output(self.lstm(self.embedding(words))[0].mean(0))


def sentiment(name: str, kind: str, sparse: bool) -> Structure:
    batch, vocabulary = 16, 10000
    model = Sentiment(vocabulary, 128, kind, sparse)
    lengths = [150] if name.endswith("fixed") else (50 + torch.randperm(201)).tolist()
    steps = 0

    def loss(model: nn.Module) -> Tensor:
        nonlocal steps
        steps += 1
        words = zipf_ids((length(), batch), vocabulary)
        return F.cross_entropy(model(words), torch.randint(2, (batch,)))

    def length() -> int:
        return lengths[(steps - 1) % len(lengths)]

    return Structure(model, loss, lambda: batch * length())


# W12: attention


class Translation(nn.Module):
    """A bidirectional LSTM, additive attention, an LSTM that reads the word and the context."""

    def __init__(self, vocabulary: int, hidden: int, kind: str, sparse: bool):
        super().__init__()
        self.source = embedding(vocabulary, hidden, sparse)
        self.target = embedding(vocabulary, hidden, sparse)
        self.encoder = bidirectional_lstm(kind, hidden, hidden)
        self.K = linear(2 * hidden, hidden, bias=False)
        self.Q = linear(hidden, hidden)
        self.v = linear(hidden, 1, bias=False)
        self.decoder = lstm_cell(kind, 3 * hidden, hidden)
        self.output = linear(hidden, vocabulary)

    def forward(self, source: Tensor, before: Tensor) -> Tensor:
        states = self.encoder(self.source(source))[0].transpose(0, 1).contiguous()  # (B, S, 2H)
        keys = self.K(states)
        h = states.new_zeros(states.shape[0], keys.shape[2])
        c, outputs = h, []
        for word in self.target(before).unbind(0):
            e = self.v(torch.tanh(keys + self.Q(h)[:, None])).squeeze(2)
            context = torch.bmm(F.softmax(e, 1)[:, None], states).squeeze(1)
            h, c = self.decoder(torch.cat([word, context], 1), (h, c))
            outputs.append(h)
        return self.output(torch.stack(outputs))


def attention(name: str, kind: str, sparse: bool) -> Structure:
    steps, batch, vocabulary = 25 if name.endswith("25") else 50, 32, 2000
    model = Translation(vocabulary, 256, kind, sparse)
    source, before, target = (zipf_ids((steps, batch), vocabulary) for _ in range(3))

    def loss(model: nn.Module) -> Tensor:
        return F.cross_entropy(model(source, before).flatten(0, 1), target.flatten())

    return Structure(model, loss, lambda: steps * batch)


# W13: CTC


NEVER = -1e30  # the logarithm of a probability of 0


def ctc_by_steps(log_p: Tensor, labels: Tensor) -> Tensor:
    """-log of the probability of each sequence of labels (batch, length); class 0 is the blank."""
    batch, length = labels.shape
    extended = labels.new_zeros(batch, 2 * length + 1)
    extended[:, 1::2] = labels
    may_skip = torch.zeros(extended.shape)
    may_skip[:, :2] = NEVER
    may_skip[:, 2:][(extended[:, 2:] == 0) | (extended[:, 2:] == extended[:, :-2])] = NEVER
    emitted = log_p.gather(2, extended.expand(log_p.shape[0], -1, -1)).unbind(0)
    alpha = torch.full(extended.shape, NEVER)
    alpha[:, :2] = 0
    alpha = alpha + emitted[0]
    for emission in emitted[1:]:
        padded = F.pad(alpha, (2, 0), value=NEVER)
        ways = torch.stack([alpha, padded[:, 1:-1], padded[:, :-2] + may_skip])
        alpha = torch.logsumexp(ways, 0) + emission
    return -torch.logsumexp(alpha[:, -2:], 1)


class Ctc(nn.Module):
    def __init__(self, features: int, hidden: int, classes: int, kind: str):
        super().__init__()
        self.lstm = lstm(kind, features, hidden)
        self.output = linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(self.output(self.lstm(x)[0]), 2)


def ctc(name: str, kind: str, sparse: bool) -> Structure:
    """`eager` has LSTM and loss step by step, `nn` those that PyTorch brings along."""
    steps, batch, features, length, classes = 200, 16, 40, 20, 30
    model = Ctc(features, 128, classes, kind)
    x = torch.rand(steps, batch, features) * 2 - 1
    labels = torch.randint(1, classes, (batch, length))
    lengths = torch.full((batch,), steps), torch.full((batch,), length)

    def loss(model: nn.Module) -> Tensor:
        log_p = model(x)
        if kind == "eager":
            return ctc_by_steps(log_p, labels).mean() / steps
        return F.ctc_loss(log_p, labels, *lengths, reduction="sum") / (batch * steps)

    return Structure(model, loss, lambda: steps * batch)


# W14, W15, W17: language models of cells


class SelectiveSsm(nn.Module):
    """The recurrence of Mamba: (steps, batch, channels) to the same."""

    def __init__(self, channels: int, states: int = 16):
        super().__init__()
        self.dt = linear(channels, channels)
        nn.init.constant_(self.dt.bias, -4)
        self.B = linear(channels, states, bias=False)
        self.C = linear(channels, states, bias=False)
        self.log_A = nn.Parameter(torch.arange(1.0, states + 1).log().repeat(channels, 1))
        self.D = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        dt, B, C = F.softplus(self.dt(x)), self.B(x), self.C(x)
        A = -torch.exp(self.log_A)
        h = x.new_zeros(*x.shape[1:], A.shape[1])
        outputs = []
        for dt_t, in_t, B_t, C_t in zip(*(v.unbind(0) for v in (dt, dt * x, B, C))):
            h = torch.exp(dt_t[:, :, None] * A) * h + in_t[:, :, None] * B_t[:, None]
            outputs.append(torch.bmm(h, C_t[:, :, None]).squeeze(2))
        return torch.stack(outputs) + self.D * x


class DeltaNet(nn.Module):
    """(steps, batch, features) to (steps, batch, hidden)."""

    def __init__(self, hidden: int, heads: int = 4):
        super().__init__()
        self.q, self.k, self.v = (linear(hidden, hidden, bias=False) for _ in range(3))
        self.b = linear(hidden, heads, bias=False)
        self.heads = heads

    def by_head(self, x: Tensor) -> Tensor:
        """(steps, batch, hidden) to (steps, batch * heads, size)"""
        return x.reshape(x.shape[0], x.shape[1] * self.heads, x.shape[2] // self.heads)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.by_head(self.q(x)), self.by_head(self.k(x)), self.by_head(self.v(x))
        k = k / torch.sqrt(k.square().sum(2, keepdim=True) + 1e-6)
        b = torch.sigmoid(self.b(x)).reshape(*k.shape[:2], 1)
        S = x.new_zeros(k.shape[1], k.shape[2], k.shape[2])
        outputs = []
        for q_t, k_t, v_t, b_t in zip(*(part.unbind(0) for part in (q, k, v, b))):
            wrong = b_t * (v_t - torch.bmm(S, k_t[:, :, None]).squeeze(2))
            S = torch.baddbmm(S, wrong[:, :, None], k_t[:, None])
            outputs.append(torch.bmm(S, q_t[:, :, None]).squeeze(2))
        return torch.stack(outputs).reshape(x.shape[0], x.shape[1], -1)


class AntisymmetricRnn(nn.Module):
    """(steps, batch, features) to (steps, batch, hidden); U - U^T at every step, or once."""

    STEP, DIFFUSION = 0.1, 0.01

    def __init__(self, hidden: int, once: bool):
        super().__init__()
        self.W = linear(hidden, hidden)
        self.U = uniform(hidden, hidden)
        self.once = once

    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros_like(x[0])
        outputs = []
        A = self.U - self.U.T
        for a in self.W(x).unbind(0):
            if not self.once:
                A = self.U - self.U.T
            h = h + self.STEP * torch.tanh(F.linear(h, A) - self.DIFFUSION * h + a)
            outputs.append(h)
        return torch.stack(outputs)


def cell_model(name: str, kind: str, sparse: bool) -> Structure:
    vocabulary, steps = 100, 50
    hidden, batch = (128, 16) if name == "W15" else (256, 32)
    layers = {"W14": SelectiveSsm, "W15": DeltaNet}
    layer = layers.get(name, lambda hidden: AntisymmetricRnn(hidden, name.endswith("once")))(hidden)
    model = nn.Sequential(
        embedding(vocabulary, hidden, sparse), layer, linear(hidden, vocabulary)
    )
    x, y = (zipf_ids((steps, batch), vocabulary) for _ in range(2))

    def loss(model: nn.Module) -> Tensor:
        return F.cross_entropy(model(x).flatten(0, 1), y.flatten())

    return Structure(model, loss, lambda: steps * batch)


# W16: decoding


def decoding(name: str, kind: str, sparse: bool) -> Structure:
    steps, vocabulary, hidden = 1000, 100, 128
    model = nn.LSTMCell(vocabulary, hidden)
    inputs = F.one_hot(zipf_ids((steps,), vocabulary), vocabulary).float()[:, None]

    @torch.inference_mode()
    def run(model: nn.Module) -> Tensor:
        h = c = torch.zeros(1, hidden)
        total = 0.0
        for x in inputs.unbind(0):
            h, c = model(x, (h, c))
            total += h[0, 0].item()
        return torch.tensor(total)

    return Structure(model, run, lambda: steps, "steps", trained=False)


WORKLOADS: dict[str, Callable[[str, str, bool], Structure]] = {
    "W10": torch_trees.trees,
    "W10 same": torch_trees.trees,
    "W10 levels": torch_trees.trees,
    "W10 words": torch_trees.trees,
    "W10 words same": torch_trees.trees,
    "W11": sentiment,
    "W11 fixed": sentiment,
    "W12": attention,
    "W12 25": attention,
    "W13": ctc,
    "W14": cell_model,
    "W15": cell_model,
    "W16": decoding,
    "W16 c": decoding,
    "W17": cell_model,
    "W17 once": cell_model,
    "W18": torch_lengths.tagger,
    "W19": torch_lengths.caption,
}
OWN = ["nn", "eager"]
KINDS = {"W11": OWN, "W12": OWN, "W13": OWN, "W16": ["nn"], "W19": OWN}  # of all others: eager
COMPILED = ["W11 fixed", "W12", "W12 25", "W13"]  # every step is like the first


def kinds_of(name: str) -> list[str]:
    return KINDS.get(name.split()[0], ["eager"])


def slow_kinds_of(name: str) -> list[str]:
    """The equations compiled, on request: that takes minutes."""
    return ["compile"] if name in COMPILED and hasattr(torch, "compile") else []


def structure(name: str, kind: str, sparse: bool) -> Structure:
    made = WORKLOADS[name](name, "eager" if kind == "compile" else kind, sparse)
    if kind == "compile":
        made.module = torch.compile(made.module, dynamic=False)
    return made


# Checks


def check() -> None:
    """Holds what is batched or rearranged against the plain equations."""
    torch.manual_seed(3)
    torch.set_default_dtype(torch.float64)
    for name, difference in differences():
        print(f"{name}: largest difference {difference:.1e}")
        if difference > 1e-12:
            raise SystemExit(f"{name}: another result than that of the plain equations")


def differences() -> Iterator[tuple[str, float]]:
    yield "trees by height", torch_trees.difference()
    yield "CRF", torch_lengths.difference()
    yield "LSTM by steps", difference_of_lstm()
    log_p = F.log_softmax(torch.randn(12, 3, 5), 2)
    labels = torch.tensor([[1, 2, 2], [3, 1, 4], [4, 4, 4]])
    lengths = torch.full((3,), 12), torch.full((3,), 3)
    expected = F.ctc_loss(log_p, labels, *lengths, reduction="none")
    yield "CTC by steps", (ctc_by_steps(log_p, labels) - expected).abs().max().item()
    yield "DeltaNet", difference_of_delta_net()


def difference_of_lstm() -> float:
    mine, own = EagerLstm(3, 4), nn.LSTM(3, 4)
    with torch.no_grad():
        mine.of_x.weight.copy_(own.weight_ih_l0)
        mine.of_x.bias.copy_(own.bias_ih_l0 + own.bias_hh_l0)
        mine.U.copy_(own.weight_hh_l0)
    x = torch.randn(5, 2, 3)
    h, c = torch.randn(2, 4), torch.randn(2, 4)
    outputs, states = own(x[:1], (h[None], c[None]))
    step = mine.step(mine.of_x(x[0]), h, c)
    differences = [mine(x)[0] - own(x)[0], step[0] - outputs[0], step[1] - states[1][0]]
    return max(d.abs().max().item() for d in differences)


def difference_of_delta_net() -> float:
    """One head of one sequence at a time, with the rule as it is written."""
    model, x = DeltaNet(8, heads=2), torch.randn(4, 3, 8)
    outputs = model(x)
    worst = 0.0
    for sequence in range(3):
        for head in range(2):
            rows = slice(4 * head, 4 * head + 4)
            S = torch.zeros(4, 4)
            for t in range(4):
                at = x[t, sequence]
                q, k, v = (m.weight[rows] @ at for m in (model.q, model.k, model.v))
                k = k / torch.sqrt(k @ k + 1e-6)
                S = S + torch.sigmoid(model.b.weight[head] @ at) * torch.outer(v - S @ k, k)
                worst = max(worst, (outputs[t, sequence, rows] - S @ q).abs().max().item())
    return worst
