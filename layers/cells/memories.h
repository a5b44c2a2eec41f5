#pragma once
/// Networks with a memory of vectors: their own last outputs (the attention of Cheng, Dong & Lapata
/// 2016, on a simple RNN), and rows that are read and written by content (Graves, Wayne & Danihelka
/// 2014).

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/loss.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <cmath>

namespace unroll {

/// An RNN that attends over the h of the last kPast steps. Steps before the first are not seen.
/// in: (B, in) or ids (B), out: h (B, hidden).
struct PastAttention {
  struct State {
    Var h;     // (B, hidden)
    Var past;  // (B, kPast, hidden), the oldest first
    Var seen;  // (B, kPast), 1 where past holds a step
  };
  static constexpr Index kPast = 8;
  static constexpr std::string_view source = "after Cheng et al. 2016";
  static constexpr std::string_view equations =
      "a = softmax(past (Wq h) / sqrt(hidden)) over the last 8 steps\n"
      "c = past^T a\n"
      "h' = tanh(Wh x + Uh h + V c + bh)\n"
      "past' = past without its first row, and h'";

  PastAttention(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        q(p / "q", hidden, hidden, without_bias(options)),
        W(p / "h", in, hidden, options),
        V(p / "c", hidden, hidden, without_bias(options)) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Index batch = s.h.shape()[0];
    const Var query = reshape(q(s.h), {batch, hidden, 1}) / std::sqrt(static_cast<double>(hidden));
    const Var scores = reshape(matmul(s.past, query), {batch, kPast});
    const Var a = reshape(masked_softmax(scores, s.seen), {batch, 1, kPast});
    const Var c = reshape(matmul(a, s.past), {batch, hidden});
    const Var h = tanh(W(x, s.h) + V(c));
    const auto moved_on = [](Var old, Var last) {
      return concat(std::array{slice(old, 1, 1, kPast), last}, 1);
    };
    return {h, moved_on(s.past, reshape(h, {batch, 1, hidden})),
            moved_on(s.seen, full(x.tape(), {batch, 1}, 1))};
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return {full(tape, {batch, hidden}, 0), full(tape, {batch, kPast, hidden}, 0),
            full(tape, {batch, kPast}, 0)};
  }

  Index hidden;
  Recurrent q;
  Gate W;
  Recurrent V;
};

/// A small neural Turing machine. The controller is an RNN of x and of r, the vector read at the
/// step before. One head compares a key with the kRows rows of the memory M, and reads and writes
/// each row in proportion to its similarity. The paper's location shifts are left out. in: (B, in)
/// or ids (B), out: h (B, hidden).
struct Ntm {
  struct State {
    Var h;  // (B, hidden), an output only
    Var r;  // (B, hidden), the vector read from M
    Var M;  // (B, kRows, hidden)
  };
  static constexpr Index kRows = 8;
  static constexpr std::string_view source = "Graves et al. 2014, one head, by content";
  static constexpr std::string_view equations =
      "h' = tanh(Wh x + Uh r + bh)\n"
      "k = tanh(Uk h' + bk), s = softplus(Us h' + bs)\n"
      "w = softmax(s cos(k, M[i])) over the rows i\n"
      "e = sigmoid(Ue h' + be), a = tanh(Ua h' + ba)\n"
      "M' = M (1 - w e^T) + w a^T\n"
      "r' = M'^T w";

  Ntm(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        controller(p / "h", in, hidden, options),
        k(p / "k", hidden, hidden, options),
        s(p / "s", hidden, 1, options),
        e(p / "e", hidden, hidden, options),
        a(p / "a", hidden, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& before) const {
    const Index batch = before.r.shape()[0];
    const Var h = tanh(controller(x, before.r));
    const Var key = reshape(l2_normalise(tanh(k(h)), 1), {batch, hidden, 1});
    const Var likeness = matmul(l2_normalise(before.M, 2), key);  // (B, kRows, 1)
    const Var w = softmax(reshape(softplus(s(h)), {batch, 1, 1}) * likeness, 1);
    const auto row = [&](Var v) { return reshape(v, {batch, 1, hidden}); };
    const Var M = before.M * (1 - w * row(sigmoid(e(h)))) + w * row(tanh(a(h)));
    return {h, reshape(matmul(w, M, {.a = true}), {batch, hidden}), M};
  }

  /// Each row of the memory begins with a direction of its own: equal rows would stay equal.
  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    const Var zeros = full(tape, {batch, hidden}, 0);
    std::vector<double> waves;
    for (Index i = 0; i < kRows * hidden; ++i) {
      waves.push_back(std::cos(static_cast<double>((i / hidden + 1) * (i % hidden + 1))));
    }
    const Var M = tape.input(Tensor::of<double>({kRows, hidden}, waves));
    return {zeros, zeros, broadcast_to(M, {batch, kRows, hidden})};
  }

  Index hidden;
  Gate controller;
  Recurrent k, s, e, a;
};

}  // namespace unroll
