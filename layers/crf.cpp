#include <unroll/layers/crf.h>
#include <unroll/layers/sequence.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {
namespace {

/// The lengths of B sequences; all T where none are given.
std::vector<Index> checked_lengths(const Shape& emissions, Index tags, Crf::Lengths lengths) {
  if (emissions.rank() != 3 || emissions[2] != tags || emissions[0] < 1) {
    fail<ShapeError>("Crf: emissions {}: (T, B, {}) is needed, T at least 1", emissions.to_string(),
                     tags);
  }
  if (lengths.empty())
    return std::vector<Index>(static_cast<std::size_t>(emissions[1]), emissions[0]);
  if (std::ssize(lengths) != emissions[1]) {
    fail<ShapeError>("Crf: {} lengths for emissions {}: one for each of the {} sequences is needed",
                     lengths.size(), emissions.to_string(), emissions[1]);
  }
  for (const Index length : lengths) {
    if (length < 1 || length > emissions[0]) {
      fail<ValueError>("Crf: a length of {}: expected 1 to {}", length, emissions[0]);
    }
  }
  return {lengths.begin(), lengths.end()};
}

/// The last tag of each sequence, and the pairs of tags that follow each other, as places in the
/// matrix of transitions; 0 after the end.
struct Path {
  Path(const Shape& emissions, const TensorView& tags, const std::vector<Index>& lengths)
      : first(lengths.size()), last(lengths.size()), all(lengths.size() * steps_of(emissions)) {
    const Shape shape{emissions[0], emissions[1]};
    if (tags.shape != shape) {
      fail<ShapeError>("Crf: tags {} for emissions {}: {} is needed", tags.shape.to_string(),
                       emissions.to_string(), shape.to_string());
    }
    const std::span<const std::int32_t> values = tags.values<std::int32_t>();
    const auto count = static_cast<std::int32_t>(emissions[2]);
    pairs.assign(all.size() - lengths.size(), 0);
    for (std::size_t b = 0; b < lengths.size(); ++b) {
      for (std::size_t t = 0; t < static_cast<std::size_t>(lengths[b]); ++t) {
        const std::size_t at = t * lengths.size() + b;
        const std::int32_t tag = values[at];
        if (tag < 0 || tag >= count) {
          fail<ValueError>("Crf: tag {} at step {} of sequence {}: expected one in [0, {})", tag, t,
                           b, count);
        }
        all[at] = last[b] = tag;
        if (t == 0) first[b] = tag;
        if (t > 0) pairs[at - lengths.size()] = values[at - lengths.size()] * count + tag;
      }
    }
  }
  static std::size_t steps_of(const Shape& emissions) {
    return static_cast<std::size_t>(emissions[0]);
  }
  std::vector<std::int32_t> first, last;  // (B)
  std::vector<std::int32_t> all;          // (T, B)
  std::vector<std::int32_t> pairs;        // (T - 1, B)
};

}  // namespace

Crf::Crf(const Parameters& p, Index tags)
    : tags(tags),
      transitions(p.add("transitions", {tags, tags}, uniform(0.1))),
      start(p.add("start", {tags}, uniform(0.1))),
      end(p.add("end", {tags}, uniform(0.1))) {}

Var Crf::score(Var emissions, const TensorView& tags, Lengths lengths) const {
  const Shape shape = emissions.shape();
  const std::vector<Index> ends = checked_lengths(shape, this->tags, lengths);
  const Path path(shape, tags, ends);
  Tape& tape = emissions.tape();
  const auto ids = [&](Index steps, const std::vector<std::int32_t>& values) {
    return tape.input(Tensor::of<std::int32_t>({steps, shape[1]}, values));
  };
  const Var mask = length_mask(tape, ends, shape[0]);
  const Var flat = reshape(tape.parameter(transitions), {this->tags * this->tags});
  Var total = sum(pick(emissions, ids(shape[0], path.all)) * mask, 0);
  total += sum(embedding(flat, ids(shape[0] - 1, path.pairs)) * rows(mask, 1, shape[0]), 0);
  total += reshape(embedding(tape.parameter(start), ids(1, path.first)), {shape[1]});
  return total + reshape(embedding(tape.parameter(end), ids(1, path.last)), {shape[1]});
}

Var Crf::log_partition(Var emissions, Lengths lengths) const {
  const Shape shape = emissions.shape();
  Tape& tape = emissions.tape();
  const Var mask = length_mask(tape, checked_lengths(shape, tags, lengths), shape[0]);
  const std::vector<Var> steps = unstack(emissions);
  // alpha[b, y] = log of the sum over all ways to tag the steps so far that end in y.
  Var alpha = steps[0] + start;
  for (Index t = 1; t < shape[0]; ++t) {
    const Tape::StepScope scope(tape, t);
    const Var ways = reshape(alpha, {shape[1], tags, 1}) + transitions;  // (B, from, to)
    const Var next = logsumexp(ways, 1) + steps[static_cast<std::size_t>(t)];
    alpha = by_mask(select(mask, t), next, alpha);
  }
  return logsumexp(alpha + end, 1);
}

Var Crf::loss(Var emissions, const TensorView& tags, Lengths lengths, Reduction reduction) const {
  const Var losses = log_partition(emissions, lengths) - score(emissions, tags, lengths);
  return reduction == Reduction::sum ? sum(losses) : mean(losses);
}

Var Crf::marginals(Var emissions, Lengths lengths) const {
  const std::vector<Var> wrt{emissions};
  return emissions.tape().gradients(sum(log_partition(emissions, lengths)), wrt)[0];
}

std::vector<Crf::Best> Crf::best(const TensorView& emissions, Lengths lengths) const {
  const std::vector<Index> ends = checked_lengths(emissions.shape, tags, lengths);
  const std::vector<double> e = emissions.to_doubles();
  const std::vector<double> from_to = transitions.value().to_doubles();
  const auto count = static_cast<std::size_t>(tags);
  const std::vector<double> first = start.value().to_doubles();
  const std::vector<double> final = end.value().to_doubles();
  std::vector<Best> result;
  for (std::size_t b = 0; b < ends.size(); ++b) {
    const auto at = [&](std::size_t t, std::size_t y) {
      return e[(t * ends.size() + b) * count + y];
    };
    const auto steps = static_cast<std::size_t>(ends[b]);
    std::vector<double> score(count);
    for (std::size_t y = 0; y < count; ++y) score[y] = first[y] + at(0, y);
    std::vector<std::size_t> before(steps * count);  // the best tag before y at t
    for (std::size_t t = 1; t < steps; ++t) {
      std::vector<double> next(count);
      for (std::size_t y = 0; y < count; ++y) {
        std::size_t best = 0;
        const auto by = [&](std::size_t x) { return score[x] + from_to[x * count + y]; };
        for (std::size_t x = 1; x < count; ++x) best = by(x) > by(best) ? x : best;
        before[t * count + y] = best;
        next[y] = by(best) + at(t, y);
      }
      score = next;
    }
    for (std::size_t y = 0; y < count; ++y) score[y] += final[y];
    auto y = static_cast<std::size_t>(std::ranges::max_element(score) - score.begin());
    Best path{std::vector<std::int32_t>(steps), score[y]};
    for (std::size_t t = steps; t-- > 0; y = before[t * count + y]) {
      path.tags[t] = static_cast<std::int32_t>(y);
    }
    result.push_back(std::move(path));
  }
  return result;
}

}  // namespace unroll
