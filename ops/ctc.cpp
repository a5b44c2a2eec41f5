#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/loss.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace unroll {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();  // log of 0

/// The targets of a batch with a blank before, between and after them: (B x positions). Shorter
/// ones are padded with blanks that have no part in the loss.
struct Extended {
  Extended(Var log_probs, std::span<const std::vector<std::int32_t>> targets, std::int32_t blank)
      : batch(std::ssize(targets)) {
    const Index classes = log_probs.shape()[2];
    for (const auto& target : targets) positions = std::max(positions, 2 * std::ssize(target) + 1);
    symbols.assign(static_cast<std::size_t>(batch * positions), blank);
    skips.assign(symbols.size(), kImpossible);
    ends.assign(symbols.size(), kImpossible);
    for (Index b = 0; b < batch; ++b) {
      const auto& target = targets[static_cast<std::size_t>(b)];
      for (std::size_t i = 0; i < target.size(); ++i) {
        if (target[i] < 0 || target[i] >= classes || target[i] == blank) {
          fail<ValueError>(
              "ctc_loss: target {} at position {} of sequence {}: expected one in "
              "[0, {}) other than the blank, {}",
              target[i], i, b, classes, blank);
        }
        const std::size_t at = place(b, 2 * static_cast<Index>(i) + 1);
        symbols[at] = target[i];
        if (i > 0 && target[i] != target[i - 1]) skips[at] = 0;
      }
      const Index last = 2 * std::ssize(target);
      ends[place(b, last)] = 0;
      if (last > 0) ends[place(b, last - 1)] = 0;
    }
  }
  [[nodiscard]] std::size_t place(Index sequence, Index position) const {
    return static_cast<std::size_t>(sequence * positions + position);
  }

  Index batch;
  Index positions = 1;
  std::vector<std::int32_t> symbols;
  std::vector<double> skips;  // added to what comes from two positions before: 0 or impossible
  std::vector<double> ends;   // added at the end: 0 where a sequence may end
};

void check(Var log_probs, std::size_t targets, std::span<const Index> lengths, Index blank) {
  const Shape shape = log_probs.shape();
  if (shape.rank() != 3) {
    fail<ShapeError>("ctc_loss: log-probabilities {}: (T, B, V) is needed", shape.to_string());
  }
  if (std::ssize(lengths) != shape[1] || static_cast<Index>(targets) != shape[1]) {
    fail<ShapeError>(
        "ctc_loss: {} lists of targets and {} lengths for log-probabilities {}: one of "
        "each for every one of the {} sequences is needed",
        targets, lengths.size(), shape.to_string(), shape[1]);
  }
  if (blank < 0 || blank >= shape[2]) {
    fail<ValueError>("ctc_loss: blank {}: expected one in [0, {})", blank, shape[2]);
  }
  for (const Index length : lengths) {
    if (length < 1 || length > shape[0]) {
      fail<ValueError>("ctc_loss: a length of {}: expected 1 to {}", length, shape[0]);
    }
  }
}

/// x (B x positions) moved by `by` positions to the right; the first `by` become -infinity.
Var moved(Var x, Index by) {
  const Shape shape = x.shape();
  const Var before = full(x.tape(), shape.with(1, std::min(by, shape[1])), kImpossible);
  if (by >= shape[1]) return before;
  return concat(std::array{before, slice(x, 1, 0, shape[1] - by)}, 1);
}

}  // namespace

Var ctc_loss(Var log_probs, std::span<const std::vector<std::int32_t>> targets,
             std::span<const Index> input_lengths, const CtcOptions& options) {
  check(log_probs, targets.size(), input_lengths, options.blank);
  Tape& tape = log_probs.tape();
  const Index steps = log_probs.shape()[0];
  const Extended to(log_probs, targets, options.blank);
  const Shape grid{to.batch, to.positions};
  std::vector<std::int32_t> everywhere;
  for (Index t = 0; t < steps; ++t) {
    everywhere.insert(everywhere.end(), to.symbols.begin(), to.symbols.end());
  }
  const Var symbols =
      tape.input(Tensor::of<std::int32_t>({steps, to.batch, to.positions}, everywhere));
  const std::vector<Var> emitted = unstack(gather(log_probs, symbols, 2));
  const Var skips = tape.input(Tensor::of<double>(grid, to.skips));

  // alpha[s] = log p(all ways to be at position s at time t), equations 6-8.
  std::vector<double> begin(static_cast<std::size_t>(grid.size()), kImpossible);
  for (Index b = 0; b < to.batch; ++b) {
    for (Index s = 0; s < std::min(Index{2}, to.positions); ++s) begin[to.place(b, s)] = 0;
  }
  Var alpha = tape.input(Tensor::of<double>(grid, begin)) + emitted[0];
  for (Index t = 1; t < steps; ++t) {
    const Tape::StepScope scope(tape, t);
    const std::array ways{alpha, moved(alpha, 1), moved(alpha, 2) + skips};
    const Var next = logsumexp(stack(ways), 0) + emitted[static_cast<std::size_t>(t)];
    std::vector<double> runs(static_cast<std::size_t>(to.batch));
    std::transform(input_lengths.begin(), input_lengths.end(), runs.begin(),
                   [t](Index length) { return t < length ? 1.0 : 0.0; });
    const bool all = std::ranges::all_of(runs, [](double r) { return r != 0; });
    alpha = all ? next : where(tape.input(Tensor::of<double>({to.batch, 1}, runs)), next, alpha);
  }
  const Var loss = -logsumexp(alpha + tape.input(Tensor::of<double>(grid, to.ends)), 1);
  return options.reduction == Reduction::sum ? sum(loss) : mean(loss);
}

}  // namespace unroll
