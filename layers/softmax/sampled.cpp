#include <unroll/layers/softmax/sampled.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/reduce.h>
#include <unroll/ops/shape.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

constexpr const char* kName = "SampledSoftmax";
constexpr double kNever = -1e30;  // a logit with probability 0, in f32 too

/// min(1, c q), with c so that they sum to `size`; q by falling frequency.
std::vector<double> inclusion_of(const std::vector<double>& q, Index size) {
  double rest = 0;  // of q behind the words with probability 1
  for (const double x : q) rest += x;
  std::size_t always = 0;
  const auto left = [&] { return static_cast<double>(size) - static_cast<double>(always); };
  while (always < q.size() && left() > 0 && q[always] * left() >= rest) rest -= q[always++];
  // What rounding leaves of the sum must not decide about the last words.
  if (static_cast<Index>(q.size()) == size) always = q.size();
  std::vector<double> inclusion(q.size(), 1.0);
  rest = 0;
  for (std::size_t i = always; i < q.size(); ++i) rest += q[i];
  for (std::size_t i = always; i < q.size(); ++i) inclusion[i] = left() * q[i] / rest;
  return inclusion;
}

}  // namespace

WordSampler::WordSampler(WordCounts counts, Index size) : inclusion_(counts.size()) {
  const std::vector<std::int32_t> order = by_frequency(kName, counts);
  if (size < 1 || size > std::ssize(counts)) {
    fail<ValueError>("{}: samples of {} words: expected 1 to {}", kName, size, counts.size());
  }
  std::vector<double> q;
  q.reserve(order.size());
  for (const std::int32_t word : order) {
    const std::int64_t count = counts[static_cast<std::size_t>(word)];
    q.push_back(static_cast<double>(std::max<std::int64_t>(count, 1)));
  }
  const std::vector<double> inclusion = inclusion_of(q, size);
  for (std::size_t i = 0; i < order.size(); ++i) {
    inclusion_[static_cast<std::size_t>(order[i])] = inclusion[i];
    (inclusion[i] >= 1 ? always_ : others_).push_back(order[i]);
  }
}

std::vector<std::int64_t> WordSampler::log_uniform(Index words) {
  constexpr double kScale = 1e15;
  std::vector<std::int64_t> counts;
  for (Index k = 0; k < words; ++k) {
    counts.push_back(std::llround(kScale * std::log1p(1 / static_cast<double>(k + 1))));
  }
  return counts;
}

std::vector<std::int32_t> WordSampler::draw(const RandomKey& key) const {
  Random random(key.seed, hash_name(fmt::format("words {} {}", key.site, key.step)));
  std::vector<std::int32_t> order = others_;
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(static_cast<Index>(i)))]);
  }
  double total = 0;
  for (const double x : inclusion_) total += x;
  const auto size = static_cast<std::size_t>(std::llround(total));
  std::vector<std::int32_t> sample = always_;
  // A word is drawn where a point j + start, j = 0, 1, ..., falls into its part of [0, total).
  double next = random.uniform();
  double sum = 0;
  for (const std::int32_t word : order) {
    sum += inclusion_[static_cast<std::size_t>(word)];
    if (next >= sum || sample.size() == size) continue;
    sample.push_back(word);
    ++next;
  }
  // Where rounding lets the last point fall behind the last word, that is the one.
  if (sample.size() < size) sample.push_back(order.back());
  return sample;
}

SampledSoftmax::SampledSoftmax(const Linear& output, WordCounts counts, Index sampled)
    : output(output), sampler(counts, sampled) {
  if (output.W.shape()[0] != std::ssize(counts)) {
    fail<ValueError>("{}: counts of {} words for an output of {}", kName, counts.size(),
                     output.W.shape()[0]);
  }
}

Var SampledSoftmax::training_losses(Var h, const TensorView& targets,
                                    const std::vector<std::int32_t>& sample,
                                    Index ignore_index) const {
  const Index words = output.W.shape()[0];
  const RowsWithTargets rows(kName, h, output.W.shape()[1], targets, words, ignore_index);
  const auto& inclusion = sampler.inclusion();
  const auto log_inclusion = [&](std::int32_t word) {
    return std::log(inclusion[static_cast<std::size_t>(word)]);
  };
  std::vector<std::int32_t> place(static_cast<std::size_t>(words), kIgnored);  // in the sample
  std::vector<double> of_sample;
  for (const std::int32_t word : sample) {
    place[static_cast<std::size_t>(word)] = static_cast<std::int32_t>(of_sample.size());
    of_sample.push_back(-log_inclusion(word));
  }
  std::vector<std::int32_t> known;  // the targets; 0 where a row is ignored
  std::vector<std::int32_t> hits;   // where the target of a row is in the sample
  std::vector<double> without;      // added there
  std::vector<double> of_targets;
  std::vector<std::int32_t> classes;
  for (const std::int32_t word : rows.words) {
    known.push_back(std::max(word, 0));
    const std::int32_t hit = word == kIgnored ? word : place[static_cast<std::size_t>(word)];
    hits.push_back(std::max(hit, 0));
    without.push_back(hit == kIgnored ? 0 : kNever);
    of_targets.push_back(-log_inclusion(known.back()));
    classes.push_back(word == kIgnored ? word : 0);
  }
  Tape& tape = h.tape();
  const Index n = rows.count();
  const auto k = static_cast<Index>(sample.size());
  const Var drawn = put_ids(h, {k}, sample);
  const Var target = put_ids(h, {n}, known);
  const Var W = tape.parameter(output.W);
  Var of_target = sum(rows.h * embedding(W, target), -1) + put_numbers(h, {n}, of_targets);
  Var others = linear(rows.h, embedding(W, drawn));
  Var correction = put_numbers(h, {k}, of_sample);
  if (output.b) {
    const Var b = tape.parameter(output.b);
    of_target += embedding(b, target);
    correction += embedding(b, drawn);
  }
  others = others + correction + unpick(put_numbers(h, {n}, without), put_ids(h, {n}, hits), k);
  const std::vector<Var> both{reshape(of_target, {n, 1}), others};
  const Var logits = concat(both, 1);
  tape.discard(logits);
  return rows.shaped(cross_entropy(logits, put_ids(h, {n}, classes), kIgnored));
}

Var SampledSoftmax::training_loss(Var h, const TensorView& targets, Noise& noise,
                                  Reduction reduction, Index ignore_index) const {
  const Var total = sum(training_losses(h, targets, sampler.draw(noise.key()), ignore_index));
  if (reduction == Reduction::sum) return total;
  const auto ids = targets.values<std::int32_t>();
  const auto counted = std::ranges::count_if(ids, [&](auto id) { return id != ignore_index; });
  return total / static_cast<double>(counted);
}

Var SampledSoftmax::loss(Var h, const TensorView& targets, Reduction reduction,
                         Index ignore_index) const {
  return softmax_cross_entropy(output, h, h.tape().input(targets), reduction, ignore_index);
}

Var SampledSoftmax::log_probabilities(Var h) const { return log_softmax(output(h)); }

}  // namespace unroll
