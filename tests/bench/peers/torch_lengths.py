"""W18 and W19 in PyTorch: sentences of different lengths in one batch, and other ones each step."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from torch_parts import Structure, embedding, linear, lstm, zipf_ids

PADDING = -1


def drawn_lengths(batch: int, least: int, most: int) -> Tensor:
    return torch.randint(least, most + 1, (batch,))


class Crf(nn.Module):
    """A linear-chain conditional random field; emissions (steps, batch, tags)."""

    def __init__(self, tags: int):
        super().__init__()
        self.transitions = nn.Parameter(torch.empty(tags, tags).uniform_(-0.1, 0.1))
        self.start = nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))
        self.end = nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))

    def log_partition(self, emissions: Tensor, mask: Tensor) -> Tensor:
        alpha = self.start + emissions[0]
        for emission, here in zip(emissions[1:].unbind(0), mask[1:].unbind(0)):
            ways = alpha[:, :, None] + self.transitions
            alpha = torch.where(here[:, None], torch.logsumexp(ways, 1) + emission, alpha)
        return torch.logsumexp(alpha + self.end, 1)

    def score(self, emissions: Tensor, tags: Tensor, lengths: Tensor, mask: Tensor) -> Tensor:
        of_tags = emissions.gather(2, tags[:, :, None]).squeeze(2)
        total = (of_tags * mask).sum(0) + self.start[tags[0]]
        total = total + (self.transitions[tags[:-1], tags[1:]] * mask[1:]).sum(0)
        return total + self.end[tags.gather(0, lengths[None] - 1).squeeze(0)]

    def forward(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        mask = torch.arange(len(emissions))[:, None] < lengths
        return self.log_partition(emissions, mask) - self.score(emissions, tags, lengths, mask)


class Tagger(nn.Module):
    def __init__(self, vocabulary: int, hidden: int, tags: int, sparse: bool):
        super().__init__()
        self.embedding = embedding(vocabulary, hidden, sparse)
        self.lstm = nn.LSTM(hidden, hidden, bidirectional=True)
        self.output = linear(2 * hidden, tags)
        self.crf = Crf(tags)

    def forward(self, words: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.embedding(words), lengths, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.lstm(packed)[0])
        return self.crf(self.output(h), tags, lengths)


def tagger(name: str, kind: str, sparse: bool) -> Structure:
    batch, vocabulary, tags = 16, 10000, 17
    model = Tagger(vocabulary, 128, tags, sparse)
    tokens = 0

    def loss(model: nn.Module) -> Tensor:
        nonlocal tokens
        lengths = drawn_lengths(batch, 50, 100)
        tokens = int(lengths.sum())
        shape = int(lengths.max()), batch
        right = torch.randint(tags, shape)
        return model(zipf_ids(shape, vocabulary), right, lengths).sum() / tokens

    return Structure(model, loss, lambda: tokens)


class Caption(nn.Module):
    def __init__(self, features: int, vocabulary: int, hidden: int, kind: str, sparse: bool):
        super().__init__()
        self.embedding = embedding(vocabulary, hidden, sparse)
        self.start = linear(features, hidden)
        self.lstm = lstm(kind, hidden, hidden)
        self.output = linear(hidden, vocabulary)

    def forward(self, v: Tensor, words: Tensor) -> Tensor:
        h = torch.tanh(self.start(v))[None]
        return self.output(self.lstm(self.embedding(words), (h, torch.zeros_like(h)))[0])


def caption(name: str, kind: str, sparse: bool) -> Structure:
    batch, features, vocabulary = 32, 512, 2000
    model = Caption(features, vocabulary, 256, kind, sparse)
    tokens = 0

    def loss(model: nn.Module) -> Tensor:
        nonlocal tokens
        lengths = drawn_lengths(batch, 10, 30)
        tokens = int(lengths.sum())
        shape = int(lengths.max()), batch
        said = zipf_ids(shape, vocabulary)
        said[torch.arange(shape[0])[:, None] >= lengths] = PADDING
        logits = model(torch.rand(batch, features) * 2 - 1, zipf_ids(shape, vocabulary))
        return F.cross_entropy(logits.flatten(0, 1), said.flatten(), ignore_index=PADDING)

    return Structure(model, loss, lambda: tokens)


def difference() -> float:
    """Of the CRF, from the sum over all ways to tag two sentences."""
    crf = Crf(3)
    emissions, lengths = torch.randn(4, 2, 3), torch.tensor([4, 2])
    tags = torch.randint(3, (4, 2))
    found = crf(emissions, tags, lengths)
    worst = 0.0
    for b, length in enumerate(lengths.tolist()):
        ways = torch.cartesian_prod(*[torch.arange(3)] * length)
        scores = [score_by_steps(crf, emissions[:length, b], way) for way in ways]
        right = score_by_steps(crf, emissions[:length, b], tags[:length, b])
        expected = torch.logsumexp(torch.stack(scores), 0) - right
        worst = max(worst, (found[b] - expected).abs().item())
    return worst


def score_by_steps(crf: Crf, emissions: Tensor, tags: Tensor) -> Tensor:
    total = crf.start[tags[0]] + crf.end[tags[-1]]
    for t, tag in enumerate(tags):
        total = total + emissions[t, tag]
        if t > 0:
            total = total + crf.transitions[tags[t - 1], tag]
    return total
