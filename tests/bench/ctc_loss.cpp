#include "bench/ctc_loss.h"

#include <array>
#include <vector>

namespace bench {

using namespace unroll;

namespace {

constexpr double kNever = -1e30;  // the logarithm of a probability of 0

/// log(exp(a) + exp(b) + ...), element by element.
Var log_add(std::span<const Var> terms) {
  Var top = terms[0];
  for (const Var term : terms.subspan(1)) top = maximum(top, term);
  Var total = exp(terms[0] - top);
  for (const Var term : terms.subspan(1)) total = total + exp(term - top);
  return top + log(total);
}

}  // namespace

CtcLoss::CtcLoss(const Tensor& labels, Index steps, Index classes)
    : batch_(labels.shape()[0]),
      positions_(2 * labels.shape()[1] + 1),
      looked_up_(DType::i32, {steps, batch_, positions_}),
      skip_(DType::f32, {batch_, positions_}),
      start_(DType::f32, {batch_, positions_}) {
  const std::span<const std::int32_t> given = labels.values<std::int32_t>();
  std::vector<Index> extended;  // (batch, positions): the blanks stand at even positions
  for (Index i = 0; i < batch_ * positions_; ++i) {
    const Index b = i / positions_;
    const Index s = i % positions_;
    const Index at = b * labels.shape()[1] + s / 2;
    extended.push_back(s % 2 == 0 ? 0 : given[static_cast<std::size_t>(at)]);
  }
  const std::span<std::int32_t> looked_up = looked_up_.values<std::int32_t>();
  for (std::size_t i = 0; i < looked_up.size(); ++i) {
    const Index row = static_cast<Index>(i) / positions_;
    looked_up[i] = static_cast<std::int32_t>(row * classes + extended[i % extended.size()]);
  }
  const std::span<float> skip = skip_.values<float>();
  const std::span<float> start = start_.values<float>();
  for (std::size_t i = 0; i < extended.size(); ++i) {
    const Index s = static_cast<Index>(i) % positions_;
    const bool may_skip = s > 1 && extended[i] != 0 && extended[i] != extended[i - 2];
    skip[i] = may_skip ? 0.0F : static_cast<float>(kNever);
    start[i] = s < 2 ? 0.0F : static_cast<float>(kNever);
  }
}

Var CtcLoss::operator()(Var log_p) const {
  Tape& tape = log_p.tape();
  const Var flat = reshape(log_p, {log_p.shape().size()});
  const std::vector<Var> emitted = unstack(embedding(flat, tape.input(looked_up_)));
  const Var skip = tape.input(skip_);
  const Var never = full(tape, {batch_, 2}, kNever);
  Var alpha = tape.input(start_) + emitted[0];
  for (std::size_t t = 1; t < emitted.size(); ++t) {
    const Var padded = concat(std::array{never, alpha}, 1);
    const Var one_before = slice(padded, 1, 1, positions_ + 1);
    const Var two_before = slice(padded, 1, 0, positions_) + skip;
    alpha = log_add(std::array{alpha, one_before, two_before}) + emitted[t];
  }
  const Var last = slice(alpha, 1, positions_ - 1, positions_);
  const Var before_last = slice(alpha, 1, positions_ - 2, positions_ - 1);
  return -log_add(std::array{last, before_last});
}

}  // namespace bench
