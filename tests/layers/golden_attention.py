"""Writes golden_attention.json: attention with several heads, computed by PyTorch.

    python3 tests/layers/golden_attention.py        # Debian: apt install python3-torch
"""
from pathlib import Path

import torch
from torch import nn

from golden_cells import case, leaf, weighted_loss, write_json

T, S, BATCH, QUERY, STATES, HEADS = 4, 5, 3, 6, 5, 2


def multi_head(masked: bool) -> dict:
    module = nn.MultiheadAttention(QUERY, HEADS, kdim=STATES, vdim=STATES).double()
    with torch.no_grad():
        module.in_proj_bias.normal_()
        module.out_proj.bias.normal_()
    queries, states = leaf(T, BATCH, QUERY), leaf(S, BATCH, STATES)
    lengths = torch.tensor([5, 2, 4])
    hidden = torch.arange(S)[None] >= lengths[:, None]
    y, _ = module(queries, states, states, key_padding_mask=hidden if masked else None)
    weights, loss = weighted_loss({"y": y})
    leaves = dict(module.named_parameters()) | {"queries": queries, "states": states}
    return case("masked" if masked else "all", leaves, {"y": y}, weights, loss)


def main() -> None:
    torch.manual_seed(5)
    version = torch.__version__.split("+")[0]
    origin = f"PyTorch {version}, python3 tests/layers/golden_attention.py"
    write_json(Path(__file__).with_suffix(".json"), origin, [multi_head(False), multi_head(True)])


if __name__ == "__main__":
    main()
