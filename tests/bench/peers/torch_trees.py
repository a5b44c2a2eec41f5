"""W10 in PyTorch: child-sum Tree-LSTMs over random binary trees, batched by height by hand."""

import random
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torch_parts import Structure, embedding, linear, uniform, zipf_ids


@dataclass
class Trees:
    """A batch of binary trees: nodes are numbered through all trees, leaves first."""

    leaves: int
    children: list[tuple[int, int]]  # of the inner nodes, each after its children
    words: Tensor  # of the leaves
    labels: Tensor  # of all nodes


def random_trees(trees: int, least: int, most: int, vocabulary: int, classes: int) -> Trees:
    """Joins two neighbours, any two with the same probability, until one node is left."""
    sizes = [random.randint(least, most) for _ in range(trees)]
    leaves, children, first = sum(sizes), [], 0
    for size in sizes:
        row = list(range(first, first + size))
        first += size
        while len(row) > 1:
            at = random.randrange(len(row) - 1)
            children.append((row[at], row[at + 1]))
            row[at : at + 2] = [leaves + len(children) - 1]
    words = zipf_ids((leaves,), vocabulary)
    return Trees(leaves, children, words, torch.randint(classes, (leaves + len(children),)))


@dataclass
class Level:
    """The nodes of one height: where their children stand among the nodes of lower levels."""

    left: Tensor
    right: Tensor


def by_height(trees: Trees) -> tuple[list[Level], Tensor]:
    """The levels above the leaves, and the order in which nodes then stand."""
    heights = [0] * trees.leaves
    levels: list[list[int]] = []  # inner nodes
    for node, (left, right) in enumerate(trees.children, trees.leaves):
        height = max(heights[left], heights[right])
        heights.append(height + 1)
        if height == len(levels):
            levels.append([])
        levels[height].append(node)
    order = list(range(trees.leaves)) + [node for level in levels for node in level]
    place = [0] * len(order)
    for i, node in enumerate(order):
        place[node] = i
    result = []
    for level in levels:
        pairs = [trees.children[node - trees.leaves] for node in level]
        left, right = ([place[pair[side]] for pair in pairs] for side in (0, 1))
        result.append(Level(torch.tensor(left), torch.tensor(right)))
    return result, torch.tensor(order)


class TreeLstm(nn.Module):
    """A child-sum Tree-LSTM; inner nodes read zeros, leaves have no children."""

    def __init__(self, vocabulary: int, hidden: int, classes: int, sparse: bool):
        super().__init__()
        self.embedding = embedding(vocabulary, hidden, sparse)
        self.W = uniform(4 * hidden, hidden)  # i, o, g, f
        self.U = uniform(3 * hidden, hidden)  # i, o, g
        self.Uf = uniform(hidden, hidden)
        self.b = nn.Parameter(torch.zeros(4 * hidden))
        self.b.data[3 * hidden :] = 1
        self.output = linear(hidden, classes)
        self.hidden = hidden

    def state(self, a: Tensor, kept: Tensor | None) -> tuple[Tensor, Tensor]:
        i, o, g = a.split(self.hidden, 1)
        c = torch.sigmoid(i) * torch.tanh(g)
        if kept is not None:
            c = c + kept
        return torch.sigmoid(o) * torch.tanh(c), c

    def forward(self, words: Tensor, levels: list[Level]) -> Tensor:
        """The h of all nodes: of the leaves, then level by level."""
        top = 3 * self.hidden
        a = F.linear(self.embedding(words), self.W[:top], self.b[:top])
        h, c = self.state(a, None)
        for level in levels:
            hl, hr = h.index_select(0, level.left), h.index_select(0, level.right)
            cl, cr = c.index_select(0, level.left), c.index_select(0, level.right)
            f = torch.sigmoid(F.linear(torch.cat([hl, hr]), self.Uf, self.b[top:]))
            fl, fr = f.chunk(2)
            a = F.linear(hl + hr, self.U, self.b[:top])
            next_h, next_c = self.state(a, fl * cl + fr * cr)
            h, c = torch.cat([h, next_h]), torch.cat([c, next_c])
        return h


def trees(name: str, kind: str, sparse: bool) -> Structure:
    """Trees are drawn beforehand; that they are batched by height is part of each step."""
    count, vocabulary, classes = 25, 10000, 5
    random.seed(1)
    model = TreeLstm(vocabulary, 128, classes, sparse)
    batches = 1 if name.endswith("same") else 50
    drawn = [random_trees(count, 10, 28, vocabulary, classes) for _ in range(batches)]
    known = [by_height(drawn[0])] if batches == 1 else None
    steps = 0

    def loss(model: nn.Module) -> Tensor:
        nonlocal steps
        batch = drawn[steps % batches]
        steps += 1
        levels, order = known[0] if known else by_height(batch)
        logits = model.output(model(batch.words, levels))
        return F.cross_entropy(logits, batch.labels[order])

    return Structure(model, loss, lambda: count, "trees")


def difference() -> float:
    """From a Tree-LSTM that goes node by node: the largest of all outputs."""
    random.seed(3)
    batch = random_trees(3, 1, 6, 20, 5)
    model = TreeLstm(20, 4, 5, sparse=False)
    levels, order = by_height(batch)
    W, U, b = model.W.chunk(4), model.U.chunk(3), model.b.chunk(4)

    def node(x: Tensor, children: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        h = sum((child[0] for child in children), torch.zeros(4))
        i, o, g = (W[j] @ x + U[j] @ h + b[j] for j in range(3))
        c = torch.sigmoid(i) * torch.tanh(g)
        for h_k, c_k in children:
            c = c + torch.sigmoid(W[3] @ x + model.Uf @ h_k + b[3]) * c_k
        return torch.sigmoid(o) * torch.tanh(c), c

    states = [node(x, []) for x in model.embedding(batch.words)]
    for left, right in batch.children:
        states.append(node(torch.zeros(4), [states[left], states[right]]))
    expected = torch.stack([h for h, _ in states])[order]
    return (model(batch.words, levels) - expected).abs().max().item()
