"""The workloads of bench_training in PyTorch: models, optimizers, one training step.

Language models are here, all others in torch_structures.py.
"""

from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import torch_cells
import torch_structures
from torch_parts import Structure, zipf_ids

ZOO = "W7 "


@dataclass
class Sizes:
    """What the workloads differ in, as in workloads.cpp."""

    vocabulary: int
    embedding: int  # 0: one-hot ids straight into the lowest layer
    hidden: int
    layers: int
    batch: int
    steps: int
    dropout: float = 0


SIZES = {
    "W1": Sizes(8000, 0, 100, 1, 1, 30),
    "W2": Sizes(10000, 200, 200, 2, 20, 20),
    "W3": Sizes(10000, 650, 650, 2, 20, 35, 0.5),
    "W4": Sizes(65, 0, 128, 2, 50, 50),
    "W5": Sizes(10000, 200, 200, 2, 20, 20),
    "W6": Sizes(10000, 200, 200, 2, 20, 20),
    "W7": Sizes(100, 256, 256, 1, 32, 50),
    "W8": Sizes(100, 0, 256, 1, 1, 2000),
}
BUILT_IN = {
    "W2": nn.LSTM,
    "W3": nn.LSTM,
    "W4": nn.LSTM,
    "W5": nn.GRU,
    "W8": nn.LSTM,
    "W7 rnn": nn.RNN,
    "W7 rnn-relu": lambda *sizes, **options: nn.RNN(*sizes, nonlinearity="relu", **options),
    "W7 lstm": nn.LSTM,
    "W7 odyssey-np": nn.LSTM,
    "W7 gru": nn.GRU,
}
BUILT_IN["W7 irnn"] = BUILT_IN["W7 rnn-relu"]


def workload_names() -> list[str]:
    language_models = [n for n in SIZES if n != "W7"]
    return [*language_models, *torch_structures.WORKLOADS, *(ZOO + c for c in torch_cells.cells())]


def sizes_of(name: str) -> Sizes:
    return SIZES[name.split()[0]]


def kinds_of(name: str) -> list[str]:
    """The kinds of forms a workload has here; `nn` is PyTorch's own layer."""
    if name in torch_structures.WORKLOADS:
        return torch_structures.kinds_of(name)
    by_user = ["eager", "script"] + (["compile"] if hasattr(torch, "compile") else [])
    if name == "W1":
        return ["nn", *by_user]
    written = by_user if name.split()[0] in ("W6", "W7") else []
    return (["nn"] if name in BUILT_IN else []) + written


def slow_kinds_of(name: str) -> list[str]:
    """Kinds that are measured when they are asked for: these compile for minutes."""
    if name in torch_structures.WORKLOADS:
        return torch_structures.slow_kinds_of(name)
    return ["compile-layer"] if name.startswith(ZOO) and hasattr(torch, "compile") else []


def variants_of(name: str) -> list[str]:
    """How the gradient of the embedding is kept and how the optimizer goes over parameters."""
    if name in torch_structures.WORKLOADS:
        many_words = name.split()[0] in ("W10", "W11", "W12", "W18", "W19")
        if name.startswith("W16"):  # nothing is trained
            return ["dense/loop"]
    else:
        many_words = name == "W1" or sizes_of(name).embedding > 0
    embeddings = ["dense", "sparse"] if many_words else ["dense"]
    fused = ["dense/fused"] if has_fused_sgd() and name != "W4" else []
    return [f"{e}/{o}" for e in embeddings for o in ("loop", "foreach")] + fused


def has_fused_sgd() -> bool:
    try:
        torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1, fused=True)
    except (TypeError, RuntimeError):
        return False
    return True


# Layers that a user writes


def tutorial_loop(a: Tensor, U: Tensor) -> Tensor:
    """h' = tanh(a + U h) for all steps; a: (steps, batch, hidden)."""
    h = torch.zeros_like(a[0])
    outputs = []
    for at in a.unbind(0):
        h = torch.tanh(torch.addmm(at, h, U.t()))
        outputs.append(h)
    return torch.stack(outputs)


def peephole_loop(a: Tensor, U: Tensor, p_i: Tensor, p_f: Tensor, p_o: Tensor) -> Tensor:
    """All steps of an LSTM with peepholes; a: (steps, batch, 4 hidden) is W x + b of i, f, o, g."""
    h = torch.zeros_like(a[0, :, : U.shape[1]])
    c = h
    outputs = []
    for at in a.unbind(0):
        i, f, o, g = torch.addmm(at, h, U.t()).chunk(4, 1)
        i = torch.sigmoid(torch.addcmul(i, p_i, c))
        f = torch.sigmoid(torch.addcmul(f, p_f, c))
        c = f * c + i * torch.tanh(g)
        o = torch.sigmoid(torch.addcmul(o, p_o, c))
        h = o * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def wrap(kind: str) -> Callable:
    """What makes a function of that kind of the eager one."""
    return {
        "eager": lambda function: function,
        "script": torch.jit.script,
        "compile": lambda function: torch.compile(function, dynamic=False),
    }[kind]


def wrap_step(kind: str) -> Callable:
    """The same for a function of many tensors, which TorchScript can only trace."""
    if kind != "script":
        return wrap("eager" if kind == "compile-layer" else kind)

    def traced(step: Callable) -> Callable:
        known = []

        def run(*tensors):
            if not known:
                known.append(torch.jit.trace(step, tensors, check_trace=False))
            return known[0](*tensors)

        return run

    return traced


class TutorialRnn(nn.Module):
    """W1: ids in, W's rows are looked up; no biases."""

    def __init__(self, s: Sizes, kind: str, sparse: bool):
        super().__init__()
        self.W = nn.Embedding(s.vocabulary, s.hidden, sparse=sparse)
        nn.init.uniform_(self.W.weight, -s.vocabulary**-0.5, s.vocabulary**-0.5)
        self.rnn = None
        if kind == "nn":  # its W is fixed at 1, since the embedding is the W of the model
            self.rnn = nn.RNN(s.hidden, s.hidden, bias=False)
            self.rnn.weight_ih_l0.data = torch.eye(s.hidden)
            self.rnn.weight_ih_l0.requires_grad_(False)
        else:
            self.U = nn.Parameter(torch.empty(s.hidden, s.hidden).uniform_(-0.1, 0.1))
            self.loop = wrap(kind)(tutorial_loop)

    def forward(self, ids: Tensor) -> Tensor:
        a = self.W(ids)
        return self.rnn(a)[0] if self.rnn is not None else self.loop(a, self.U)


class PeepholeLstm(nn.Module):
    """W6: a layer of the LSTM with peepholes."""

    def __init__(self, features: int, hidden: int, kind: str):
        super().__init__()
        self.x = nn.Linear(features, 4 * hidden)
        bound = hidden**-0.5
        self.U = nn.Parameter(torch.empty(4 * hidden, hidden).uniform_(-bound, bound))
        self.p = nn.ParameterList(torch.empty(hidden).uniform_(-bound, bound) for _ in range(3))
        self.loop = wrap(kind)(peephole_loop)

    def forward(self, xs: Tensor) -> Tensor:
        return self.loop(self.x(xs), self.U, self.p[0], self.p[1], self.p[2])


class FirstOf(nn.Module):
    """Of (outputs, last state) the outputs."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x)[0]


class OneHot(nn.Module):
    """Gives one-hot vectors that were made once, as the ids do not change."""

    def __init__(self, ids: Tensor, count: int):
        super().__init__()
        self.x = F.one_hot(ids, count).float()

    def forward(self, _: Tensor) -> Tensor:
        return self.x


def language_model(name: str, kind: str, sparse: bool, ids: Tensor) -> nn.Sequential:
    """Ids (steps, batch) in, logits out."""
    s = sizes_of(name)
    between = [nn.Dropout(s.dropout)] if s.dropout else []
    if name == "W1":
        layers = [TutorialRnn(s, kind, sparse)]
    elif s.embedding:
        embedding = nn.Embedding(s.vocabulary, s.embedding, sparse=sparse)
        nn.init.uniform_(embedding.weight, -0.1, 0.1)
        layers = [embedding, *between]
    else:
        layers = [OneHot(ids, s.vocabulary)]
    features = s.embedding or s.vocabulary
    if kind == "nn" and name != "W1":
        built_in = BUILT_IN[name](features, s.hidden, num_layers=s.layers, dropout=s.dropout)
        layers.append(FirstOf(built_in))
    elif name == "W6":
        layers += [PeepholeLstm(features, s.hidden, kind) for _ in range(s.layers)]
    elif name.startswith(ZOO):
        cell = name[len(ZOO) :]
        layer = torch_cells.EquationLayer(cell, features, s.hidden, s.batch, wrap_step(kind))
        if kind == "compile-layer":
            layer.forward = wrap("compile")(layer.forward)
        layers.append(layer)
    return nn.Sequential(*layers, *between, nn.Linear(s.hidden, s.vocabulary))


def learned_numbers(model: nn.Module) -> int:
    """How many there are, without the second of two biases that are always added up."""
    count = sum(p.numel() for p in model.parameters() if p.requires_grad)
    for module in model.modules():
        if isinstance(module, nn.RNNBase) and module.bias:
            redundant = 2 if isinstance(module, nn.GRU) else 4 if isinstance(module, nn.LSTM) else 1
            layers = module.num_layers * (2 if module.bidirectional else 1)
            count -= layers * redundant * module.hidden_size
        if isinstance(module, nn.LSTMCell):
            count -= 4 * module.hidden_size
    return count


# A training step


def clip_by_norm(parameters: list[nn.Parameter], limit: float) -> None:
    """nn.utils.clip_grad_norm_, which knows no sparse gradients; leaves what is short alone."""
    values = []
    for p in parameters:
        if p.grad.is_sparse:
            p.grad = p.grad.coalesce()
            values.append(p.grad.values())
        else:
            values.append(p.grad)
    norm = torch.stack(torch._foreach_norm(values)).norm().item()
    if norm > limit:
        torch._foreach_mul_(values, limit / norm)


@dataclass
class Training:
    step: Callable[[], Tensor]  # trains for one step and returns its loss per token
    parameters: int  # learned_numbers
    tokens: Callable[[], int]  # of the step that ran last
    unit: str = "tokens"
    has_loss: bool = True


def language_model_of(name: str, kind: str, sparse: bool) -> Structure:
    s = sizes_of(name)
    x = zipf_ids((s.steps, s.batch), s.vocabulary)
    y = zipf_ids((s.steps, s.batch), s.vocabulary).flatten()
    model = language_model(name, kind, sparse, x)

    def loss(model: nn.Module) -> Tensor:
        return F.cross_entropy(model(x).flatten(0, 1), y, reduction="sum") / s.batch

    return Structure(model, loss, lambda: s.batch * s.steps, divided_by=s.steps)


def training(name: str, kind: str, variant: str) -> Training:
    embedding, loop = variant.split("/")
    torch.manual_seed(1)
    own = name in torch_structures.WORKLOADS
    make = torch_structures.structure if own else language_model_of
    structure = make(name, kind, embedding == "sparse")
    model = structure.module
    parameters = [p for p in model.parameters() if p.requires_grad]
    how = {"fused": True} if loop == "fused" else {"foreach": loop == "foreach"}
    if name == "W4":
        optimizer = torch.optim.RMSprop(parameters, lr=0.002, alpha=0.95, **how)
    else:
        optimizer = torch.optim.SGD(parameters, lr=0.1, **how)

    def step() -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = structure.loss(model)
        loss.backward()
        if name == "W4":
            nn.utils.clip_grad_value_(parameters, 5)
        elif name != "W1":
            clip_by_norm(parameters, 5)
        optimizer.step()
        return loss.detach() / structure.divided_by

    return Training(
        step if structure.trained else lambda: structure.loss(model),
        learned_numbers(model),
        structure.tokens,
        structure.unit,
        structure.trained,
    )
