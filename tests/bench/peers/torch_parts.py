"""What the workloads in PyTorch share: data, layers that begin as unroll's, what a workload is."""

import math
from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Step = Callable[[nn.Module], Tensor]  # the loss of one step


@dataclass
class Structure:
    """A workload: its module, and what a step reads."""

    module: nn.Module
    loss: Step  # mean over the tokens, or over the nodes of trees, times `divided_by`
    tokens: Callable[[], int]  # of the step that ran last
    unit: str = "tokens"
    trained: bool = True  # else a step runs forward only and has no loss
    divided_by: int = 1


def zipf_ids(shape: tuple[int, ...], count: int) -> Tensor:
    """Ids that are distributed as words are: the n-th with a probability near 1/n."""
    ids = torch.exp(torch.rand(shape) * math.log(count + 1)).long() - 1
    return ids.clamp(0, count - 1)


def uniform(*shape: int) -> nn.Parameter:
    """In +-1/sqrt(last dimension), as unroll's layers begin."""
    bound = shape[-1] ** -0.5
    return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))


def embedding(count: int, size: int, sparse: bool) -> nn.Embedding:
    table = nn.Embedding(count, size, sparse=sparse)
    nn.init.uniform_(table.weight, -0.1, 0.1)
    return table


class EagerLstm(nn.Module):
    """The equations, step by step, called as nn.LSTM is; W x of all steps in one product."""

    def __init__(self, features: int, hidden: int):
        super().__init__()
        self.of_x = linear(features, 4 * hidden)
        self.U = uniform(4 * hidden, hidden)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple:
        zeros = x.new_zeros(x.shape[1], self.U.shape[1])
        h, c = (zeros, zeros) if state is None else (state[0][0], state[1][0])
        outputs = []
        for a in self.of_x(x).unbind(0):
            h, c = self.step(a, h, c)
            outputs.append(h)
        return torch.stack(outputs), (h[None], c[None])

    def step(self, a: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """One step, whose W x + b is `a`."""
        i, f, g, o = F.linear(h, self.U, None).add(a).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class EagerLstmCell(EagerLstm):
    """Called as nn.LSTMCell is."""

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return self.step(self.of_x(x), *state)


class EagerBidirectional(nn.Module):
    """Called as a bidirectional nn.LSTM is, for its outputs."""

    def __init__(self, features: int, hidden: int):
        super().__init__()
        self.forwards = EagerLstm(features, hidden)
        self.backwards = EagerLstm(features, hidden)

    def forward(self, x: Tensor) -> tuple:
        back = self.backwards(x.flip(0))[0].flip(0)
        return torch.cat([self.forwards(x)[0], back], 2), ()


def lstm(kind: str, features: int, hidden: int) -> nn.Module:
    """PyTorch's own, or for the kind `eager` its equations."""
    return EagerLstm(features, hidden) if kind == "eager" else nn.LSTM(features, hidden)


def lstm_cell(kind: str, features: int, hidden: int) -> nn.Module:
    return (EagerLstmCell if kind == "eager" else nn.LSTMCell)(features, hidden)


def bidirectional_lstm(kind: str, features: int, hidden: int) -> nn.Module:
    if kind == "eager":
        return EagerBidirectional(features, hidden)
    return nn.LSTM(features, hidden, bidirectional=True)


def linear(features: int, out: int, bias: bool = True) -> nn.Linear:
    """With biases of zero, as unroll's begin."""
    layer = nn.Linear(features, out, bias=bias)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer
