#include <unroll/layers/attention.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/loss.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <cmath>

namespace unroll {

Attention::Attention(const Parameters& p, Index query, Index states, Index size, Score score)
    : score_(score) {
  const CellOptions options{.bias = false};
  if (score == Score::dot && query != states) {
    fail<ShapeError>("Attention: a dot product of queries of {} and states of {} features", query,
                     states);
  }
  if (score == Score::additive) {
    if (size < 1) fail<ShapeError>("Attention: a size of {}: at least 1 is needed", size);
    W_.emplace(p / "query", query, size, options);
    U_.emplace(p / "state", states, size, options);
    v_ = p.add("v", {size}, fan_in_uniform());
  }
  if (score == Score::general) U_.emplace(p / "state", states, query, options);
}

Attention::Memory Attention::over(Var states, std::optional<Var> mask) const {
  return {states, U_ ? (*U_)(states) : states, mask};
}

Attended Attention::operator()(Var query, const Memory& memory) const {
  const Var scores = score_ == Score::additive ? sum(v_ * tanh((*W_)(query) + memory.keys), 2)
                                               : sum(query * memory.keys, 2);
  const Var weights = memory.mask ? masked_softmax(scores, *memory.mask, 0) : softmax(scores, 0);
  const Shape shape = weights.shape();
  return {sum(reshape(weights, shape.inserted(2, 1)) * memory.states, 0), weights};
}

MultiHeadAttention::MultiHeadAttention(const Parameters& p, Index query, Index states, Index size,
                                       Index heads)
    : heads(heads),
      q(p / "q", query, size),
      k(p / "k", states, size),
      v(p / "v", states, size),
      o(p / "o", size, size) {
  if (heads < 1 || size % heads != 0) {
    fail<ShapeError>("MultiHeadAttention: {} features for {} heads: each has to get as many", size,
                     heads);
  }
}

Var MultiHeadAttention::operator()(Var queries, Var states, std::optional<Var> mask) const {
  // (T, B, size) to (B, heads, T, size / heads)
  const auto parted = [&](Var x) {
    const Shape s = x.shape();
    return transpose(transpose(reshape(x, {s[0], s[1], heads, s[2] / heads}), 0, 1), 1, 2);
  };
  const Var qs = parted(q(queries));
  const double scale = 1 / std::sqrt(static_cast<double>(qs.shape()[3]));
  const Var scores = scale * matmul(qs, parted(k(states)), {.b = true});  // (B, heads, T, S)
  const Var weights = mask ? masked_softmax(scores, *mask) : softmax(scores);
  const Var y = transpose(transpose(matmul(weights, parted(v(states))), 1, 2), 0, 1);
  return o(reshape(y, {y.shape()[0], y.shape()[1], y.shape()[2] * y.shape()[3]}));
}

Var as_key_mask(Var mask) {
  const Var by_sequence = transpose(mask);
  const Shape s = by_sequence.shape();
  return reshape(by_sequence, {s[0], 1, 1, s[1]});
}

}  // namespace unroll
