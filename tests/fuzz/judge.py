"""PyTorch as the judge of random programs.

    build/release/tests/fuzz_plan --programs 1000 --largest 24 --dump programs.jsonl
    python3 tests/fuzz/judge.py programs.jsonl

Computes every program again in double precision, loss and gradients, and compares. Exits with 1
where they differ, and with 0 and a message where there is no PyTorch. A program with values that
are no numbers is left out: what becomes of them at kinks is each framework's own choice.
"""
import json
import math
import struct
import sys

try:
    import torch
except ImportError:
    print("judge.py: there is no PyTorch here, nothing was compared")
    sys.exit(0)

CLOSE = 1e-9  # relative to the largest element of a tensor, or 1


def doubles(words):
    return [struct.unpack("<d", struct.pack("<q", word))[0] for word in words]


def flip(x, yes):
    return x.transpose(-1, -2) if yes else x


def matmul(node, a, b):
    return torch.matmul(flip(a, node["attributes"][0]), flip(b, node["attributes"][1]))


def solve_unit_lower(node, L, b):
    if node["attributes"][0]:
        return torch.linalg.solve_triangular(L.tril().mT, b, upper=True, unitriangular=True)
    return torch.linalg.solve_triangular(L, b, upper=False, unitriangular=True)


def linear(node, x, W, b=None):
    y = torch.matmul(x, W.T)
    return y if b is None else y + b


def affine(node, x):
    scale, shift = doubles(node["attributes"][:2])
    return scale * x + shift


def dropout(node, x, key):
    kept = torch.tensor(node["values"], dtype=torch.float64).reshape(node["shape"]) != 0
    rate = doubles(node["attributes"][:1])[0]
    return x * kept / (1 - rate)


def place(node, x):
    axis, begin, size = node["attributes"][:3]
    before, after = list(x.shape), list(x.shape)
    before[axis], after[axis] = begin, size - begin - x.shape[axis]
    return torch.cat([x.new_zeros(before), x, x.new_zeros(after)], axis)


def scatter_rows(node, ids, rows):
    y = rows.new_zeros(node["shape"])
    return y.index_add(0, ids.reshape(-1), rows.reshape((-1, *node["shape"][1:])))


def unpick(node, x, ids):
    return x.new_zeros(node["shape"]).scatter(-1, ids.unsqueeze(-1), x.unsqueeze(-1))


def rows_that_count(node, targets):
    return (targets != node["attributes"][0]).double()


def cross_entropy(node, logits, targets):
    counts = rows_that_count(node, targets)
    ids = torch.where(counts > 0, targets, 0).unsqueeze(-1)
    return -torch.log_softmax(logits, -1).gather(-1, ids).squeeze(-1) * counts


def cross_entropy_gradient(node, logits, targets, weights):
    counts = rows_that_count(node, targets)
    ids = torch.where(counts > 0, targets, 0).unsqueeze(-1)
    hot = torch.zeros_like(logits).scatter(-1, ids, 1)
    return (weights * counts).unsqueeze(-1) * (torch.softmax(logits, -1) - hot)


# Each operation by its formula; where it has a kink, as unroll has it.
OPERATIONS = {
    "add": lambda n, a, b: a + b,
    "add_up": lambda n, *x: sum(x[1:], x[0]),
    "sub": lambda n, a, b: a - b,
    "mul": lambda n, a, b: a * b,
    "div": lambda n, a, b: a / b,
    "sigmoid_gradient": lambda n, dy, y: dy * y * (1 - y),
    "tanh_gradient": lambda n, dy, y: dy * (1 - y * y),
    "keep": lambda n, x, c: torch.where(c != 0, x, 0.0),
    "maximum": lambda n, a, b: torch.where(a > b, a, b),
    "minimum": lambda n, a, b: torch.where(b > a, a, b),
    "greater": lambda n, a, b: (a > b).double(),
    "equal": lambda n, a, b: (a == b).double(),
    "where": lambda n, c, a, b: torch.where(c != 0, a, b),
    "affine": affine,
    "reciprocal": lambda n, x: 1 / x,
    "sigmoid": lambda n, x: torch.sigmoid(x),
    "tanh": lambda n, x: torch.tanh(x),
    "relu": lambda n, x: torch.relu(x),
    "hard_sigmoid": lambda n, x: torch.clamp(x / 5 + 0.5, 0, 1),
    "exp": lambda n, x: torch.exp(x),
    "log": lambda n, x: torch.log(x),
    "softplus": lambda n, x: torch.logaddexp(x, torch.zeros_like(x)),
    "sqrt": lambda n, x: torch.sqrt(x),
    "square": lambda n, x: x * x,
    "sin": lambda n, x: torch.sin(x),
    "cos": lambda n, x: torch.cos(x),
    "abs": lambda n, x: torch.abs(x),
    "sign": lambda n, x: torch.sign(x),
    "erf": lambda n, x: torch.erf(x),
    "expm1": lambda n, x: torch.expm1(x),
    "log1p": lambda n, x: torch.log1p(x),
    "power": lambda n, x: torch.pow(x, doubles(n["attributes"][:1])[0]),
    "pow": lambda n, a, b: torch.pow(a, b),
    "clamp": lambda n, x: torch.clamp(x, *doubles(n["attributes"][:2])),
    "greater_equal": lambda n, a, b: (a >= b).double(),
    "not_equal": lambda n, a, b: (a != b).double(),
    "broadcast_to": lambda n, x: x.expand(n["shape"]),
    "reshape": lambda n, x: x.reshape(n["shape"]),
    "rows": lambda n, x: x[n["attributes"][0]:n["attributes"][1]],
    "select": lambda n, x: x[n["attributes"][0]],
    "stop_gradient": lambda n, x: x.detach(),
    "transpose": lambda n, x: x.transpose(n["attributes"][0], n["attributes"][1]),
    "slice": lambda n, x: x.narrow(n["attributes"][0], n["attributes"][1],
                                   n["attributes"][2] - n["attributes"][1]),
    "concat": lambda n, *x: torch.cat(x, n["attributes"][0]),
    "place": place,
    "sum": lambda n, x: x.sum(n["attributes"][0]),
    "max": lambda n, x: x.amax(n["attributes"][0]),
    "min": lambda n, x: x.amin(n["attributes"][0]),
    "logsumexp": lambda n, x: x.logsumexp(n["attributes"][0]),
    "cumsum": lambda n, x: x.cumsum(n["attributes"][0]),
    "reverse_cumsum": lambda n, x: x.flip(a := n["attributes"][0]).cumsum(a).flip(a),
    "flip": lambda n, x: x.flip(n["attributes"][0]),
    "argmax": lambda n, x: x.argmax(n["attributes"][0]),
    "argmin": lambda n, x: x.argmin(n["attributes"][0]),
    "gather": lambda n, x, ids: x.gather(n["attributes"][0], ids),
    "scatter_add": lambda n, ids, x: x.new_zeros(n["shape"]).scatter_add(n["attributes"][0], ids, x),
    "softmax": lambda n, x: torch.softmax(x, -1),
    "log_softmax": lambda n, x: torch.log_softmax(x, -1),
    "cross_entropy": cross_entropy,
    "cross_entropy_gradient": cross_entropy_gradient,
    "counted": rows_that_count,
    "matmul": matmul,
    "batch_matmul": matmul,
    "solve_unit_lower": solve_unit_lower,
    "linear": linear,
    "embedding": lambda n, table, ids: table[ids],
    "scatter_rows": scatter_rows,
    "pick": lambda n, x, ids: x.gather(-1, ids.unsqueeze(-1)).squeeze(-1),
    "unpick": unpick,
    "dropout": dropout,
}


def error_of(got, wanted):
    """The largest difference, relative to the largest element or 1."""
    wanted = wanted.reshape(-1)
    if wanted.numel() == 0:
        return 0.0
    got = torch.tensor(got, dtype=torch.float64)
    return float((got - wanted).abs().max() / max(1.0, float(wanted.abs().max())))


def worst_error(program):
    values = {}
    for node in program["nodes"]:
        if "values" in node and not node["inputs"]:
            dtype = torch.int64 if node["integer"] else torch.float64
            value = torch.tensor(node["values"], dtype=torch.float64).to(dtype)
            values[node["node"]] = value.reshape(node["shape"]).requires_grad_(node["leaf"])
        else:
            inputs = [values[i] for i in node["inputs"]]
            values[node["node"]] = OPERATIONS[node["op"]](node, *inputs)
    loss = values[program["loss"]["node"]]
    errors = [error_of(program["loss"]["values"], loss.detach())]
    leaves = [values[gradient["node"]] for gradient in program["gradients"]]
    if not leaves or not loss.requires_grad:
        return errors[0]
    wanted = torch.autograd.grad(loss.sum(), leaves, allow_unused=True)
    for gradient, leaf, right in zip(program["gradients"], leaves, wanted):
        right = torch.zeros_like(leaf) if right is None else right
        errors.append(error_of(gradient["values"], right))
    return max(errors)


def is_finite(program):
    tensors = [program["loss"], *program["gradients"],
               *(node for node in program["nodes"] if "values" in node)]
    return all(x is not None and math.isfinite(x) for t in tensors for x in t["values"])


def main():
    compared = left_out = failures = 0
    worst = 0.0
    with open(sys.argv[1]) as file:
        for line in file:
            program = json.loads(line)
            if not is_finite(program):
                left_out += 1
                continue
            compared += 1
            error = worst_error(program)
            worst = max(worst, error)
            if not error <= CLOSE:
                failures += 1
                print(f"{program['structure']}, seed {program['seed']}: off by {error:.2g}")
    print(f"{compared} losses and their gradients compared, {failures} differ; largest error "
          f"{worst:.2g}; {left_out} left out for values that are no numbers")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
