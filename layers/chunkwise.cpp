#include <unroll/layers/chunkwise.h>
#include <unroll/ops/scan.h>
#include <unroll/ops/triangular.h>

#include <array>
#include <cmath>

namespace unroll {
namespace {

/// Calls f(chunk of x) -> (B, L, hidden) for each chunk of steps, in order; the outputs (T, B,
/// hidden).
template <class F>
Var by_chunks(Var x, Index chunk, F f) {
  const Index steps = x.shape().rank() == 0 ? 0 : x.shape()[0];
  if (steps == 0 || chunk < 1) {
    fail<ShapeError>("unroll_chunkwise: x is {} and chunks have {} steps: at least one is needed",
                     x.shape().to_string(), chunk);
  }
  std::vector<Var> outputs;
  for (Index begin = 0; begin < steps; begin += chunk) {
    const Tape::StepScope scope(x.tape(), begin);
    outputs.push_back(transpose(f(rows(x, begin, std::min(steps, begin + chunk))), 0, 1));
  }
  return concat(outputs, 0);
}

/// (L, B, n) to (B, L, n): one matrix for each sequence.
Var by_sequence(Var v) { return transpose(v, 0, 1); }

/// A number for each step, (B, L), as a column or a row of a matrix (B, L, L).
Var column(Var v) { return reshape(v, v.shape().inserted(2, 1)); }
Var row(Var v) { return reshape(v, v.shape().inserted(1, 1)); }

/// exp(g_i - g_j) where step i sees step j, by a mask (L, L), else 0.
Var decay_between(Var g, Var mask) { return exp(where(mask, column(g) - row(g), 0)) * mask; }

/// A chunk of S' = exp(g) S + k u^T, y = S'^T q. q, k, u: (B, L, n); g: (B, L), the logarithms of
/// the share of the old S that is left at each step. Gives y (B, L, n) and changes S to the one
/// after it.
Var fading_chunk(Var q, Var k, Var u, Var g, Var& S) {
  const Index steps = g.shape()[1];
  const Var seen = lower_triangle(g.tape(), steps, steps);
  const Var weights = matmul(q, k, {.b = true}) * decay_between(g, seen);
  const Var y = column(exp(g)) * matmul(q, S) + matmul(weights, u);
  const Var end = slice(g, 1, steps - 1, steps);  // (B, 1)
  S = column(exp(end)) * S + matmul(column(exp(end - g)) * k, u, {.a = true});
  return y;
}

/// Steps of a memory each row of which fades at a pace of its own. Queries, keys and values are
/// (B, L, n). `g` is the logarithm of the part of a row that is left after each step, `g_read` of
/// the part that the query of the step sees, which is at most the part left after the step before;
/// both are (B, L, n).
struct FadingRows {
  Var q, k, v, g_read, g;

  [[nodiscard]] Index size() const { return q.shape()[1]; }
  [[nodiscard]] FadingRows part(Index begin, Index end) const {
    const auto of = [&](Var a) { return slice(a, 1, begin, end); };
    return {of(q), of(k), of(v), of(g_read), of(g)};
  }
  /// The halves of each sequence as sequences of their own; of an even number of steps.
  [[nodiscard]] FadingRows halves() const {
    const Shape& all = q.shape();
    const auto of = [&](Var a) { return reshape(a, {2 * all[0], all[1] / 2, all[2]}); };
    return {of(q), of(k), of(v), of(g_read), of(g)};
  }
  /// What the queries read of the memory before the chunk.
  [[nodiscard]] Var read(Var S) const { return matmul(q * exp(g_read), S); }
  /// The memory after the last step.
  [[nodiscard]] Var write(Var S) const {
    const Var end = slice(g, 1, size() - 1, size());  // (B, 1, n)
    return transpose(exp(end), 1, 2) * S + matmul(k * exp(end - g), v, {.a = true});
  }
};

/// What each query reads of the steps before it in the chunk: (B, L, n).
///
/// Step i sees step j by sum(q_i k_j exp(g_i - g_j)). As a product (q exp(g)) (k exp(-g)) that
/// overflows, but not where both are taken relative to a step between i and j: of two halves, the
/// later one reads the earlier one by a product. Only few steps are taken pair by pair.
Var read_before(const FadingRows& steps) {
  constexpr Index kFew = 4;
  const Index size = steps.size();
  if (size <= kFew) {
    const Var before = lower_triangle(steps.q.tape(), size, size, -1);
    const Var seen = reshape(before, {size, size, 1});
    const auto at = [](Var a, int axis) { return reshape(a, a.shape().inserted(axis, 1)); };
    const Var between = exp(where(seen, at(steps.g_read, 2) - at(steps.g, 1), 0)) * seen;
    return matmul(sum(at(steps.q, 2) * at(steps.k, 1) * between, 3), steps.v);
  }
  const Index middle = size / 2;
  const FadingRows early = steps.part(0, middle);
  const FadingRows late = steps.part(middle, size);
  const Var g = slice(steps.g, 1, middle - 1, middle);
  const Var weights =
      matmul(late.q * exp(late.g_read - g), early.k * exp(g - early.g), {.b = true});
  const Var across = matmul(weights, early.v);
  if (size % 2 != 0) {
    return concat(std::array{read_before(early), read_before(late) + across}, 1);
  }
  const Var within = reshape(read_before(steps.halves()), steps.q.shape());
  return within + place(across, 1, middle, size);
}

/// What a delta rule writes: u = b (v - S^T k), where S is that before each step, faded.
Var corrections(Var k, Var v, Var b, Var g, Var S) {
  const Index steps = g.shape()[1];
  const Var before = lower_triangle(g.tape(), steps, steps, -1);
  const Var L = b * matmul(k, k, {.b = true}) * decay_between(g, before);
  return solve_unit_lower(L, b * (v - column(exp(g)) * matmul(k, S)));
}

double scale_of(Index hidden) { return 1 / std::sqrt(static_cast<double>(hidden)); }

/// A delta rule over a chunk; `log_decay` (L, B, 1).
template <class Net>
Var delta_chunk(const Net& cell, Var x, Var log_decay, Var& S) {
  const Var k = by_sequence(l2_normalise(cell.of.k(x), -1));
  const Var b = by_sequence(sigmoid(cell.b(x)));
  const Var steps = by_sequence(log_decay);
  const Var g = cumsum(reshape(steps, steps.shape().without(2)), 1);
  const Var u = corrections(k, by_sequence(cell.of.v(x)), b, g, S);
  return scale_of(cell.hidden) * fading_chunk(by_sequence(cell.of.q(x)), k, u, g, S);
}

Unrolled<MatrixState> result(Var outputs, Var S) {
  return {outputs, {select(outputs, outputs.shape()[0] - 1), S}};
}

}  // namespace

Unrolled<MatrixState> unroll_chunkwise(const RetNet& cell, Var x, MatrixState state, Index chunk) {
  Var S = state.S;
  const Var outputs = by_chunks(x, chunk, [&](Var part) {
    const Var k = by_sequence(cell.of.k(part)) * scale_of(cell.hidden);
    const Var steps = full(x.tape(), {k.shape()[0], k.shape()[1]}, std::log(RetNet::gamma));
    return fading_chunk(by_sequence(cell.of.q(part)), k, by_sequence(cell.of.v(part)),
                        cumsum(steps, 1), S);
  });
  return result(outputs, S);
}

Unrolled<MatrixState> unroll_chunkwise(const Gla& cell, Var x, MatrixState state, Index chunk) {
  Var S = state.S;
  const Var outputs = by_chunks(x, chunk, [&](Var part) {
    const Var q = by_sequence(cell.of.q(part)) * scale_of(cell.hidden);
    const Var k = by_sequence(cell.of.k(part));
    const Var v = by_sequence(cell.of.v(part));
    const Var g = cumsum(by_sequence(cell.log_decay(part)), 1);  // (B, L, n)
    // Each feature fades at its own pace: q_i k_j exp(g_i - g_j) for each, then their sum. Taken as
    // (q exp(g)) (k exp(-g)) it would be a product, but exp(-g) overflows.
    const FadingRows steps{q, k, v, g, g};
    const Var y = steps.read(S) + read_before(steps) + sum(q * k, 2, true) * v;
    S = steps.write(S);
    return y;
  });
  return result(outputs, S);
}

Unrolled<Rwkv6::State> unroll_chunkwise(const Rwkv6& cell, Var x, Rwkv6::State state, Index chunk) {
  Var S = state.S;
  Var last = state.x;
  const Var outputs = by_chunks(x, chunk, [&](Var part) {
    const Var now = cell.fitted(part);  // (L, B, n)
    const Index count = now.shape()[0];
    const Var first = reshape(last, last.shape().inserted(0, 1));
    const Var before = count == 1 ? first : concat(std::array{first, rows(now, 0, count - 1)}, 0);
    last = select(now, count - 1);
    const Var r = by_sequence(cell.r(cell.mr(now, before)));
    const Var k = by_sequence(cell.k(cell.mk(now, before)));
    const Var v = by_sequence(cell.v(cell.mv(now, before)));
    // exp(-e^5) is as good as 0; a larger exponent would overflow.
    const Var log_decay = -exp(minimum(by_sequence(cell.w(cell.mw(now, before))), 5));
    const Var g = cumsum(log_decay, 1);
    // y sees the memory before this step's decay, and this step by way of u.
    const FadingRows steps{r, k, v, g - log_decay, g};
    const Var y = steps.read(S) + read_before(steps) + sum(r * cell.u * k, 2, true) * v;
    S = steps.write(S);
    return cell.out(y);
  });
  return {outputs, {select(outputs, outputs.shape()[0] - 1), last, S}};
}

Unrolled<MatrixState> unroll_chunkwise(const DeltaNet& cell, Var x, MatrixState state,
                                       Index chunk) {
  Var S = state.S;
  const Var outputs = by_chunks(x, chunk, [&](Var part) {
    const Shape steps{part.shape()[0], part.shape()[1], 1};
    return delta_chunk(cell, part, full(x.tape(), steps, 0), S);
  });
  return result(outputs, S);
}

Unrolled<MatrixState> unroll_chunkwise(const GatedDeltaNet& cell, Var x, MatrixState state,
                                       Index chunk) {
  Var S = state.S;
  const Var outputs = by_chunks(
      x, chunk, [&](Var part) { return delta_chunk(cell, part, cell.log_decay(part), S); });
  return result(outputs, S);
}

Unrolled<Mlstm::State> unroll_chunkwise(const Mlstm& cell, Var x, Mlstm::State state, Index chunk) {
  Var C = state.C;  // rows by value, columns by key
  Var n = state.n;
  Var m = state.m;
  const Var outputs = by_chunks(x, chunk, [&](Var part) {
    const auto number = [](Var v) { return reshape(by_sequence(v), {v.shape()[1], v.shape()[0]}); };
    const Var q = by_sequence(cell.q(part));
    const Var k = by_sequence(cell.k(part)) * scale_of(cell.hidden);
    const Var v = by_sequence(cell.v(part));
    const Var i = number(cell.i(part));
    const Var f = cumsum(number(log_sigmoid(cell.f(part))), 1);
    const Index steps = f.shape()[1];
    // Logarithms of how much of step j, and of the memory before the chunk, is left at step i; the
    // running maximum that both are divided by is the one that single steps have.
    const Var seen = lower_triangle(x.tape(), steps, steps);
    const Var within = where(seen, column(f) - row(f) + row(i), kNothingYet);
    const Var across = f + m;
    const Var top = maximum(max(within, 2), across);
    const Var weights = exp(within - column(top)) * seen;
    const Var scores = weights * matmul(q, k, {.b = true});
    const Var old = column(exp(across - top));
    const Var written = matmul(scores, v) + old * matmul(q, C, {.b = true});
    const Var norm = sum(scores, 2) + reshape(old * matmul(q, column(n)), top.shape());
    const Var floor = exp(minimum(-top, 80));
    const Var gate = by_sequence(sigmoid(cell.o(part)));
    const Var left = column(slice(old, 1, steps - 1, steps));                 // (B, 1, 1)
    const Var shares = transpose(slice(weights, 1, steps - 1, steps), 1, 2);  // (B, L, 1)
    C = reshape(left, {C.shape()[0], 1, 1}) * C + matmul(shares * v, k, {.a = true});
    n = reshape(left, {n.shape()[0], 1}) * n + sum(shares * k, 1);
    m = slice(top, 1, steps - 1, steps);
    return gate * written / column(maximum(abs(norm), floor));
  });
  return {outputs, {select(outputs, outputs.shape()[0] - 1), C, n, m}};
}

}  // namespace unroll
