"""Writes golden_cells.json: outputs and gradients of recurrent cells, computed by PyTorch.

The tests of the layers compare with that file, so only this script needs PyTorch:

    python3 tests/layers/golden_cells.py        # Debian: apt install python3-torch

Every case holds its tensors by PyTorch's names (`weight_ih_l0`, ...), with PyTorch's shapes and
gate orders (LSTM: i, f, g, o; GRU: r, z, n), and under `grad.NAME` the gradient of `loss` with
respect to the tensor NAME. States have the shape (layers, batch, hidden), sequences
(steps, batch, features).
"""

import json
from pathlib import Path
from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SEED = 7
STEPS, BATCH, INPUT, HIDDEN, CLASSES = 5, 3, 4, 3, 7
SCALE = 0.5
IGNORED = -1

Tensors = dict[str, Tensor]


def random(*shape: int) -> Tensor:
    return SCALE * torch.randn(*shape, dtype=torch.float64)


def leaf(*shape: int) -> Tensor:
    return random(*shape).requires_grad_()


def inputs(layers: int, has_cell: bool) -> Tensors:
    """Random x and initial states; none of the states is zero."""
    states = ("h0", "c0") if has_cell else ("h0",)
    return {"x": leaf(STEPS, BATCH, INPUT)} | {s: leaf(layers, BATCH, HIDDEN) for s in states}


def weighted_loss(results: Tensors) -> tuple[Tensors, Tensor]:
    """Sum over the results of sum(result * result_weights), the weights being random."""
    weights = {f"{name}_weights": random(*result.shape) for name, result in results.items()}
    loss = sum((r * w).sum() for r, w in zip(results.values(), weights.values()))
    return weights, loss


def case(name: str, leaves: Tensors, kept: Tensors, constants: Tensors, loss: Tensor) -> dict:
    """One case: `kept` are results, whose gradients are stored where retain_grad() asked for it."""
    loss.backward()
    tensors = leaves | kept | constants | {"loss": loss}
    differentiated = {n: t for n, t in (leaves | kept).items() if t.is_leaf or t.retains_grad}
    tensors |= {f"grad.{n}": t.grad for n, t in differentiated.items()}
    return {
        "name": name,
        "tensors": {
            n: {"shape": list(t.shape), "values": t.detach().flatten().tolist()}
            for n, t in tensors.items()
        },
    }


def module_leaves(module: nn.Module) -> Tensors:
    """Draws all parameters of the module anew."""
    for parameter in module.parameters():
        parameter.data = random(*parameter.shape)
    return dict(module.named_parameters())


def run_module(module: nn.Module, given: Tensors) -> Tensors:
    """Runs an nn.RNN, nn.GRU or nn.LSTM."""
    if "c0" in given:
        output, (h_n, c_n) = module(given["x"], (given["h0"], given["c0"]))
        return {"output": output, "h_n": h_n, "c_n": c_n}
    output, h_n = module(given["x"], given["h0"])
    return {"output": output, "h_n": h_n}


def module_case(name: str, module: nn.RNNBase) -> dict:
    given = inputs(module.num_layers, isinstance(module, nn.LSTM))
    leaves = module_leaves(module) | given
    results = run_module(module, given)
    weights, loss = weighted_loss(results)
    return case(name, leaves, results, weights, loss)


def composed_case(name: str, weights: Tensors, step: Callable[[Tensor, Tensor], Tensor]) -> dict:
    """A one-layer cell without c, as a function h_t = step(x_t, h_{t-1}) of torch operations."""
    given = inputs(layers=1, has_cell=False)
    states = [given["h0"][0]]
    for x in given["x"]:
        states.append(step(x, states[-1]))
    results = {"output": torch.stack(states[1:]), "h_n": states[-1].unsqueeze(0)}
    result_weights, loss = weighted_loss(results)
    return case(name, weights | given, results, result_weights, loss)


def elman_sigmoid() -> dict:
    """h' = sigmoid(W x + b_ih + U h + b_hh), named like nn.RNN."""
    w = {
        "weight_ih_l0": leaf(HIDDEN, INPUT),
        "weight_hh_l0": leaf(HIDDEN, HIDDEN),
        "bias_ih_l0": leaf(HIDDEN),
        "bias_hh_l0": leaf(HIDDEN),
    }
    W, U, b_ih, b_hh = w.values()

    def step(x: Tensor, h: Tensor) -> Tensor:
        return torch.sigmoid(x @ W.T + b_ih + h @ U.T + b_hh)

    return composed_case("rnn_sigmoid", w, step)


def gru_reset_before() -> dict:
    """Cho et al.'s order: n = tanh(W x + U (r * h) + b), h' = (1 - z) * n + z * h; one bias."""
    w = {
        "weight_ih_l0": leaf(3 * HIDDEN, INPUT),
        "weight_hh_l0": leaf(3 * HIDDEN, HIDDEN),
        "bias_ih_l0": leaf(3 * HIDDEN),
    }
    W, U, b = w.values()
    U_r, U_z, U_n = U.chunk(3)

    def step(x: Tensor, h: Tensor) -> Tensor:
        x_r, x_z, x_n = (x @ W.T + b).chunk(3, dim=1)
        r = torch.sigmoid(x_r + h @ U_r.T)
        z = torch.sigmoid(x_z + h @ U_z.T)
        n = torch.tanh(x_n + (r * h) @ U_n.T)
        return (1 - z) * n + z * h

    return composed_case("gru_reset_before", w, step)


def lstm_cross_entropy() -> dict:
    """LSTM, affine head, softmax cross-entropy; the mean leaves out the ignored targets."""
    lstm, head = nn.LSTM(INPUT, HIDDEN), nn.Linear(HIDDEN, CLASSES)
    given = inputs(layers=1, has_cell=True)
    leaves = module_leaves(lstm) | module_leaves(nn.ModuleDict({"head": head})) | given
    results = run_module(lstm, given)
    results["logits"] = head(results["output"])
    results["logits"].retain_grad()
    targets = torch.randint(CLASSES, (STEPS, BATCH))
    targets[1, 2] = targets[4, 0] = IGNORED
    loss = F.cross_entropy(results["logits"].flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    constants = {"targets": targets, "ignore_index": torch.tensor(IGNORED)}
    return case("lstm_cross_entropy", leaves, results, constants, loss)


def write_json(path: Path, origin: str, cases: list[dict]) -> None:
    """Writes one tensor a line; Python's repr of a double reads back exactly."""
    blocks = []
    for c in cases:
        lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(t)}" for n, t in c["tensors"].items())
        settings = f'"settings": {json.dumps(c["settings"])}, ' if "settings" in c else ""
        blocks.append(f'{{"name": {json.dumps(c["name"])}, {settings}"tensors": {{\n{lines}\n}}}}')
    head = f'{{"origin": {json.dumps(origin)}, "cases": [\n'
    path.write_text(head + ",\n".join(blocks) + "\n]}\n")


def main() -> None:
    torch.manual_seed(SEED)
    cases = [
        module_case("rnn_tanh", nn.RNN(INPUT, HIDDEN, nonlinearity="tanh")),
        module_case("rnn_relu", nn.RNN(INPUT, HIDDEN, nonlinearity="relu")),
        elman_sigmoid(),
        module_case("lstm", nn.LSTM(INPUT, HIDDEN)),
        module_case("lstm_2_layers", nn.LSTM(INPUT, HIDDEN, num_layers=2)),
        module_case("gru", nn.GRU(INPUT, HIDDEN)),
        gru_reset_before(),
        lstm_cross_entropy(),
    ]
    version = torch.__version__.split("+")[0]
    origin = f"PyTorch {version}, python3 tests/layers/golden_cells.py, seed {SEED}"
    write_json(Path(__file__).with_suffix(".json"), origin, cases)


if __name__ == "__main__":
    main()
