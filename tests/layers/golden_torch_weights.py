"""Writes golden_torch_weights.safetensors: layers of torch.nn with what they make of an input.

The tests of the layers load it, so only this script needs PyTorch:

    python3 tests/layers/golden_torch_weights.py     # Debian: apt install python3-torch

Each layer's state_dict stands under its name, as "lstm.weight_ih_l0"; beside it "lstm.x" (steps,
batch, input) and "lstm.y", its output. The format is written by hand: it needs no package.
"""

import json
import struct
from pathlib import Path

import torch
from torch import nn

STEPS, BATCH, INPUT, HIDDEN = 4, 2, 3, 2

LAYERS = {
    "rnn": nn.RNN(INPUT, HIDDEN, nonlinearity="relu"),
    "lstm": nn.LSTM(INPUT, HIDDEN, num_layers=2),
    "gru": nn.GRU(INPUT, HIDDEN, num_layers=2, bidirectional=True),
    "plain": nn.GRU(INPUT, HIDDEN, bias=False),
}


def safetensors(tensors: dict[str, torch.Tensor]) -> bytes:
    header, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.detach().flatten().tolist()
        begin, data = len(data), data + struct.pack(f"<{len(values)}f", *values)
        shape = list(tensor.shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def main() -> None:
    torch.manual_seed(12)
    tensors = {}
    for name, layer in LAYERS.items():
        for parameter in layer.parameters():
            nn.init.uniform_(parameter, -1, 1)
        x = torch.randn(STEPS, BATCH, INPUT)
        tensors |= {f"{name}.{key}": value for key, value in layer.state_dict().items()}
        tensors |= {f"{name}.x": x, f"{name}.y": layer(x)[0]}
    Path(__file__).with_suffix(".safetensors").write_bytes(safetensors(tensors))


if __name__ == "__main__":
    main()
