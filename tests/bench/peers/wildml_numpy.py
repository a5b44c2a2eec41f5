"""NumPy peer of `wordlm`: the WildML tutorial's vanilla RNN with its hand-written BPTT.

    s_t = tanh(U x_t + W s_{t-1}),  o_t = softmax(V s_t),  s_{-1} = 0,  no biases

One sentence a step, plain SGD. The gradient is truncated as in the tutorial: every output step t
is followed back through the steps t, t-1, ..., max(0, t - bptt). The loops are the tutorial's too
(outer products step by step, dense gradients), since their time is what we compare with.

    python3 wildml_numpy.py --weights initial.safetensors --sentences train.ids
    python3 wildml_numpy.py --check         # BPTT against finite differences

WEIGHTS are the initial weights `wordlm` saved; SENTENCES has one sentence of word ids a line, with
start and end markers, in training order. Needs NumPy only (Debian: apt install python3-numpy).
"""

import argparse
import json
import struct
import time
from pathlib import Path

import numpy as np

INPUT_WEIGHTS = "layers.0.h.W"  # (vocabulary, hidden): the row of a word is U x_t
RECURRENT_WEIGHTS = "layers.0.h.U"  # (hidden, hidden): the tutorial's W
OUTPUT_WEIGHTS = "output.W"  # (vocabulary, hidden): the tutorial's V


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Reads the F32 and F64 tensors of a safetensors file: header length, JSON header, raw data."""
    content = path.read_bytes()
    (header_length,) = struct.unpack_from("<Q", content)
    data_start = 8 + header_length
    tensors = {}
    for name, entry in json.loads(content[8:data_start]).items():
        dtype = {"F32": "<f4", "F64": "<f8"}.get(entry.get("dtype"))
        if dtype is None:  # __metadata__, or a type no weight has
            continue
        begin, end = (data_start + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(content[begin:end], dtype).reshape(entry["shape"])
    return tensors


def read_sentences(path: Path) -> list[np.ndarray]:
    return [np.array(line.split(), dtype=int) for line in path.read_text().splitlines() if line]


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


class VanillaRnn:
    """The tutorial's U (one row per word here), W and V, and the gradients of one sentence."""

    def __init__(self, U: np.ndarray, W: np.ndarray, V: np.ndarray, dtype: type = np.float64):
        self.U, self.W, self.V = (np.array(weights, dtype=dtype) for weights in (U, W, V))

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the outputs o (T, vocabulary) and the states s (T + 1, hidden); s[-1] is zero."""
        s = np.zeros((len(x) + 1, len(self.W)), self.W.dtype)
        o = np.empty((len(x), len(self.V)), self.V.dtype)
        for t in range(len(x)):
            s[t] = np.tanh(self.U[x[t]] + self.W @ s[t - 1])
            o[t] = softmax(self.V @ s[t])
        return o, s

    def loss(self, sentence: np.ndarray) -> float:
        """Sum of the cross-entropies of all predicted words."""
        o, _ = self.forward(sentence[:-1])
        return -np.sum(np.log(o[np.arange(len(o)), sentence[1:]]), dtype=np.float64)

    def bptt(self, sentence: np.ndarray, truncate: int) -> tuple[np.ndarray, ...]:
        """Gradients of the sentence's summed loss with respect to U, W and V, in this order."""
        x, y = sentence[:-1], sentence[1:]
        o, s = self.forward(x)
        dU, dW, dV = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.V)
        do = o
        do[np.arange(len(y)), y] -= 1
        for t in reversed(range(len(y))):
            dV += np.outer(do[t], s[t])
            da = (self.V.T @ do[t]) * (1 - s[t] ** 2)
            for step in range(t, max(0, t - truncate) - 1, -1):
                dW += np.outer(da, s[step - 1])
                dU[x[step]] += da
                da = (self.W.T @ da) * (1 - s[step - 1] ** 2)
        return dU, dW, dV

    def sgd_step(self, sentence: np.ndarray, lr: float, truncate: int) -> None:
        dU, dW, dV = self.bptt(sentence, truncate)
        self.U -= lr * dU
        self.W -= lr * dW
        self.V -= lr * dV


def loss_per_word(rnn: VanillaRnn, sentences: list[np.ndarray]) -> float:
    return sum(rnn.loss(s) for s in sentences) / sum(len(s) - 1 for s in sentences)


def train(rnn: VanillaRnn, sentences: list[np.ndarray], options: argparse.Namespace) -> float:
    """Trains as the tutorial does and prints the losses; returns the seconds spent on the steps."""
    lr, seconds = options.lr, 0.0
    last_loss = loss_per_word(rnn, sentences)
    print(f"epoch 0: loss {last_loss:.6f}", flush=True)
    for epoch in range(1, options.epochs + 1):
        begin = time.perf_counter()
        for sentence in sentences:
            rnn.sgd_step(sentence, lr, options.bptt)
        seconds += time.perf_counter() - begin
        loss = loss_per_word(rnn, sentences)
        print(f"epoch {epoch}: loss {loss:.6f}", flush=True)
        if loss > last_loss and not options.no_halve:
            lr /= 2
            print(f"the loss rose, learning rate halved to {lr:g}", flush=True)
        last_loss = loss
    return seconds


def truncated_loss(rnn: VanillaRnn, sentence: np.ndarray, truncate: int, s: np.ndarray) -> float:
    """The loss whose exact gradient truncated BPTT is: older states are constants, taken from s."""
    x, y, loss = sentence[:-1], sentence[1:], 0.0
    for t in range(len(x)):
        begin = max(0, t - truncate)
        state = s[begin - 1]
        for word in x[begin : t + 1]:
            state = np.tanh(rnn.U[word] + rnn.W @ state)
        loss -= np.log(softmax(rnn.V @ state)[y[t]])
    return loss


def check(truncate: int, h: float = 1e-5) -> None:
    """Compares BPTT on a tiny model with central differences of the (truncated) loss."""
    rng = np.random.default_rng(10)
    vocabulary, hidden = 11, 5
    shapes = ((vocabulary, hidden), (hidden, hidden), (vocabulary, hidden))
    rnn = VanillaRnn(*(rng.uniform(-0.7, 0.7, shape) for shape in shapes))
    sentence = np.array([0, 1, 2, 2, 7, 3, 0, 10])
    _, s = rnn.forward(sentence[:-1])
    if truncate >= len(sentence):
        assert np.isclose(truncated_loss(rnn, sentence, truncate, s), rnn.loss(sentence))
    for name, gradient in zip("UWV", rnn.bptt(sentence, truncate)):
        weights, worst = getattr(rnn, name), 0.0
        for index in np.ndindex(weights.shape):
            kept = weights[index]
            losses = []
            for weights[index] in (kept + h, kept - h):
                losses.append(truncated_loss(rnn, sentence, truncate, s))
            weights[index] = kept
            worst = max(worst, abs((losses[0] - losses[1]) / (2 * h) - gradient[index]))
        size = abs(gradient).max()
        print(f"bptt {truncate}, {name}: largest gradient {size:.3g}, largest error {worst:.1e}")
        if worst > 1e-7:
            raise SystemExit(f"BPTT and finite differences disagree on {name}")


def describe_numpy() -> str:
    """NumPy's version, its BLAS and that BLAS's threads, as far as they can be found out."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return f"NumPy {np.__version__}, BLAS unknown (python3-threadpoolctl is not installed)"
    pools = [p for p in threadpool_info() if p["user_api"] == "blas"]
    blas = [f"{p['internal_api']} {p['version']}, {p['num_threads']} threads" for p in pools]
    return f"NumPy {np.__version__}, BLAS {', '.join(blas) or 'unknown'}"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="safetensors file with the initial weights")
    parser.add_argument("--sentences", type=Path, help="training sentences as ids, one a line")
    parser.add_argument("--lr", type=float, default=0.005, help="learning rate, default 0.005")
    parser.add_argument("--bptt", type=int, default=4, help="steps back from an output, default 4")
    parser.add_argument("--epochs", type=int, default=10, help="passes over the data, default 10")
    parser.add_argument("--no-halve", action="store_true", help="keep lr when the loss rises")
    parser.add_argument("--float32", action="store_true", help="compute in single precision")
    parser.add_argument("--check", action="store_true", help="check the gradient and leave")
    options = parser.parse_args()
    if not options.check and not (options.weights and options.sentences):
        parser.error("--weights and --sentences are needed")
    return options


def main() -> None:
    options = parse_options()
    if options.check:
        for truncate in (0, 2, 1000):
            check(truncate)
        return
    tensors = read_safetensors(options.weights)
    names = (INPUT_WEIGHTS, RECURRENT_WEIGHTS, OUTPUT_WEIGHTS)
    dtype = np.float32 if options.float32 else np.float64
    rnn = VanillaRnn(*(tensors[name] for name in names), dtype=dtype)
    sentences = read_sentences(options.sentences)
    seconds = train(rnn, sentences, options)
    steps = len(sentences) * options.epochs
    if steps > 0:
        print(f"{1000 * seconds / steps:.2f} ms a sentence, {steps} steps, {np.dtype(dtype).name}")
    print(describe_numpy())


if __name__ == "__main__":
    main()
