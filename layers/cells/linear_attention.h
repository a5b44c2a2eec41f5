#pragma once
/// Matrix memories, one head each, that are written at keys k and read at queries q: RetNet (Sun et
/// al. 2023), gated linear attention (Yang et al. 2024), DeltaNet (Schlag, Irie & Schmidhuber 2021;
/// Yang et al. 2024) and gated DeltaNet (Yang, Kautz & Hatamizadeh 2025).
///
/// Each has a second form that takes a chunk of steps at a time, in layers/chunkwise.h; the two
/// give the same but for rounding.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <cmath>

namespace unroll {

/// What the four share: a memory S (B, hidden, hidden), rows by key, columns by value.
struct MatrixState {
  Var y;  // (B, hidden), an output only
  Var S;  // (B, hidden, hidden)
};
inline MatrixState zero_matrix_state(Tape& tape, Index batch, Index hidden) {
  return {full(tape, {batch, hidden}, 0), full(tape, {batch, hidden, hidden}, 0)};
}
/// S^T q for each sequence: (B, hidden)
inline Var read_matrix(Var S, Var q) {
  const Index batch = q.shape()[0];
  const Index size = q.shape()[1];
  return reshape(matmul(reshape(q, {batch, 1, size}), S), {batch, size});
}
/// Queries, keys and values of x (..., in): (..., hidden) each.
struct QueryKeyValue {
  QueryKeyValue(const Parameters& p, Input in, Index hidden, const CellOptions& options)
      : q(p / "q", in, hidden, without_bias(options)),
        k(p / "k", in, hidden, without_bias(options)),
        v(p / "v", in, hidden, without_bias(options)) {}
  Projection q, k, v;
};

/// The memory fades at one pace, 1 - 2^-5, that of the paper's first head. Without its rotation of
/// keys and queries. in: (B, in) or ids (B), out: y (B, hidden).
struct RetNet {
  using State = MatrixState;
  static constexpr double gamma = 1 - 1.0 / 32;
  static constexpr std::string_view source = "Sun et al. 2023, one head, without rotation";
  static constexpr std::string_view equations =
      "q = Wq x, k = Wk x / sqrt(hidden), v = Wv x\n"
      "S' = (1 - 2^-5) S + k v^T\n"
      "y = S'^T q";

  RetNet(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), of(p, in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var k = of.k(x) / std::sqrt(static_cast<double>(hidden));
    const Var S = gamma * s.S + outer(k, of.v(x));
    return {read_matrix(S, of.q(x)), S};
  }
  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return zero_matrix_state(tape, batch, hidden);
  }

  Index hidden;
  QueryKeyValue of;
};

/// Each row of the memory fades at a pace of its own, which depends on x.
/// in: (B, in) or ids (B), out: y (B, hidden).
struct Gla {
  using State = MatrixState;
  static constexpr std::string_view source = "Yang et al. 2024, GLA, one head";
  static constexpr std::string_view equations =
      "q = Wq x / sqrt(hidden), k = Wk x, v = Wv x\n"
      "a = sigmoid(Wa x + ba)^(1/16)\n"
      "S' = diag(a) S + k v^T\n"
      "y = S'^T q";

  Gla(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), of(p, in, hidden, options), a(p / "a", in, hidden, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var kept = exp(log_decay(x));
    const Var S = reshape(kept, {kept.shape()[0], hidden, 1}) * s.S + outer(of.k(x), of.v(x));
    return {read_matrix(S, of.q(x)) / std::sqrt(static_cast<double>(hidden)), S};
  }
  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return zero_matrix_state(tape, batch, hidden);
  }
  /// log a: (..., hidden)
  [[nodiscard]] Var log_decay(Var x) const { return log_sigmoid(a(x)) / 16; }

  Index hidden;
  QueryKeyValue of;
  Projection a;
};

/// The value stored at key k, S^T k, is replaced by v; b in (0, 1) is the fraction that is
/// replaced. in: (B, in) or ids (B), out: y (B, hidden).
struct DeltaNet {
  using State = MatrixState;
  static constexpr std::string_view source = "Schlag et al. 2021, Yang et al. 2024, one head";
  static constexpr std::string_view equations =
      "q = Wq x / sqrt(hidden), v = Wv x\n"
      "k = Wk x, divided by its length\n"
      "b = sigmoid(Wb x + bb), one number\n"
      "S' = S + b k (v - S^T k)^T\n"
      "y = S'^T q";

  DeltaNet(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden), of(p, in, hidden, options), b(p / "b", in, 1, options) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var k = l2_normalise(of.k(x), -1);
    const Var S = s.S + outer(k, sigmoid(b(x)) * (of.v(x) - read_matrix(s.S, k)));
    return {read_matrix(S, of.q(x)) / std::sqrt(static_cast<double>(hidden)), S};
  }
  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return zero_matrix_state(tape, batch, hidden);
  }

  Index hidden;
  QueryKeyValue of;
  Projection b;
};

/// DeltaNet whose memory also fades, by one number that depends on x.
/// in: (B, in) or ids (B), out: y (B, hidden).
struct GatedDeltaNet {
  using State = MatrixState;
  static constexpr std::string_view source = "Yang et al. 2025, one head";
  static constexpr std::string_view equations =
      "q = Wq x / sqrt(hidden), v = Wv x\n"
      "k = Wk x, divided by its length\n"
      "b = sigmoid(Wb x + bb), one number\n"
      "a = exp(-exp(A) softplus(Wa x + ba)), one number\n"
      "S' = a S + b k (v - a S^T k)^T\n"
      "y = S'^T q";

  GatedDeltaNet(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden),
        of(p, in, hidden, options),
        b(p / "b", in, 1, options),
        a(p / "a", in, 1, options),
        A(p.add("A", {1}, zeros())) {}

  [[nodiscard]] State step(Var x, const State& s) const {
    const Var k = l2_normalise(of.k(x), -1);
    const Var kept = exp(log_decay(x));
    const Var u = sigmoid(b(x)) * (of.v(x) - kept * read_matrix(s.S, k));
    const Var S = reshape(kept, {kept.shape()[0], 1, 1}) * s.S + outer(k, u);
    return {read_matrix(S, of.q(x)) / std::sqrt(static_cast<double>(hidden)), S};
  }
  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return zero_matrix_state(tape, batch, hidden);
  }
  /// log a: (..., 1)
  [[nodiscard]] Var log_decay(Var x) const { return -exp(A) * softplus(a(x)); }

  Index hidden;
  QueryKeyValue of;
  Projection b, a;
  Parameter A;  // (1)
};

}  // namespace unroll
