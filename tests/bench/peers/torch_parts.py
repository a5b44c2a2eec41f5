"""What the workloads in PyTorch share: data, layers that begin as unroll's, what a workload is."""

import math
from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor, nn

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


def linear(features: int, out: int, bias: bool = True) -> nn.Linear:
    """With biases of zero, as unroll's begin."""
    layer = nn.Linear(features, out, bias=bias)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer
