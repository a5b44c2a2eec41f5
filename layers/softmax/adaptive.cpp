#include <unroll/layers/softmax/adaptive.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/shape.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

constexpr const char* kName = "AdaptiveSoftmax";

std::vector<Index> checked_cutoffs(const AdaptiveOptions& options, Index words) {
  if (!(options.divisor >= 1)) {
    fail<ValueError>("{}: a divisor of {}: expected 1 or more", kName, options.divisor);
  }
  if (options.cutoffs.empty()) return adaptive_cutoffs(words);
  Index before = 0;
  for (const Index cutoff : options.cutoffs) {
    if (cutoff <= before || cutoff >= words) {
      fail<ValueError>("{}: cutoffs {}: expected ascending numbers from 1 to {}", kName,
                       fmt::join(options.cutoffs, ", "), words - 1);
    }
    before = cutoff;
  }
  return options.cutoffs;
}

/// The loss of the rows of a cluster, (N), 0 in all others. The rows are collected, and filled up
/// with ignored ones.
Var losses_of(const AdaptiveSoftmax::Cluster& cluster, const RowsWithTargets& rows,
              const std::vector<std::int32_t>& position) {
  std::vector<std::int32_t> numbers;
  std::vector<std::int32_t> targets;
  for (std::size_t n = 0; n < rows.words.size(); ++n) {
    if (rows.words[n] == kIgnored) continue;
    const std::int32_t place = position[static_cast<std::size_t>(rows.words[n])];
    if (place < cluster.begin || place >= cluster.end) continue;
    numbers.push_back(static_cast<std::int32_t>(n));
    targets.push_back(place - static_cast<std::int32_t>(cluster.begin));
  }
  const Index size = rounded_up(static_cast<Index>(numbers.size()));
  numbers.resize(static_cast<std::size_t>(size), 0);
  targets.resize(static_cast<std::size_t>(size), kIgnored);
  const Var chosen = put_ids(rows.h, {size}, numbers);
  const Var logits = cluster.output(cluster.projection(embedding(rows.h, chosen)));
  logits.tape().discard(logits);
  const Var losses = cross_entropy(logits, put_ids(rows.h, {size}, targets), kIgnored);
  return scatter_rows(chosen, losses, rows.count());
}

}  // namespace

std::vector<Index> adaptive_cutoffs(Index words) {
  constexpr double kHead = 6;
  constexpr Index kRatio = 5;
  std::vector<Index> cutoffs;
  const auto head = static_cast<Index>(kHead * std::sqrt(static_cast<double>(words)));
  for (Index cutoff = head; cutoff < words; cutoff *= kRatio) cutoffs.push_back(cutoff);
  return cutoffs;
}

AdaptiveSoftmax::AdaptiveSoftmax(const Parameters& p, Index in, WordCounts counts,
                                 const AdaptiveOptions& options)
    : in(in),
      position(inverse_of(by_frequency(kName, counts))),
      head_words(std::ssize(counts)),
      head([&] {
        const std::vector<Index> cutoffs = checked_cutoffs(options, std::ssize(counts));
        if (!cutoffs.empty()) head_words = cutoffs.front();
        return Linear(p / "head", in, head_words + std::ssize(cutoffs), options.bias,
                      options.initialize, options.initialize_bias);
      }()) {
  std::vector<Index> cutoffs = checked_cutoffs(options, std::ssize(counts));
  cutoffs.push_back(std::ssize(counts));
  double width = static_cast<double>(in);
  for (std::size_t i = 0; i + 1 < cutoffs.size(); ++i) {
    width /= options.divisor;
    const Index size = std::max(static_cast<Index>(width), Index{1});
    const Parameters tail = p / "tails" / static_cast<Index>(i);
    clusters.push_back({cutoffs[i], cutoffs[i + 1],
                        Linear(tail / "projection", in, size, false, options.initialize),
                        Linear(tail / "output", size, cutoffs[i + 1] - cutoffs[i], options.bias,
                               options.initialize, options.initialize_bias)});
  }
}

std::int32_t AdaptiveSoftmax::class_of(std::int32_t place) const {
  if (place < head_words) return place;
  const auto next = std::ranges::find_if(clusters, [&](const Cluster& c) { return place < c.end; });
  return static_cast<std::int32_t>(head_words + (next - clusters.begin()));
}

Var AdaptiveSoftmax::losses(const RowsWithTargets& rows) const {
  std::vector<std::int32_t> classes;
  classes.reserve(rows.words.size());
  for (const std::int32_t word : rows.words) {
    classes.push_back(word == kIgnored ? word : class_of(position[static_cast<std::size_t>(word)]));
  }
  const Var logits = head(rows.h);
  logits.tape().discard(logits);
  Var losses = cross_entropy(logits, put_ids(rows.h, {rows.count()}, classes), kIgnored);
  if (rows.count() == 0) return losses;
  for (const Cluster& cluster : clusters) losses += losses_of(cluster, rows, position);
  return losses;
}

Var AdaptiveSoftmax::losses(Var h, const TensorView& targets, Index ignore_index) const {
  const RowsWithTargets rows(kName, h, in, targets, std::ssize(position), ignore_index);
  return rows.shaped(losses(rows));
}

Var AdaptiveSoftmax::loss(Var h, const TensorView& targets, Reduction reduction,
                          Index ignore_index) const {
  const RowsWithTargets rows(kName, h, in, targets, std::ssize(position), ignore_index);
  return rows.reduce(losses(rows), reduction);
}

Var AdaptiveSoftmax::log_probabilities(Var h) const {
  const Var rows = rows_of(kName, h, in);
  const Var of_head = log_softmax(head(rows));
  std::vector<Var> parts{slice(of_head, 1, 0, head_words)};
  for (const Cluster& cluster : clusters) {
    const Index at = head_words + std::ssize(parts) - 1;
    parts.push_back(log_softmax(cluster.output(cluster.projection(rows))) +
                    slice(of_head, 1, at, at + 1));
  }
  const Var by_position = concat(parts, 1);
  return shaped_as(h, index_select(by_position, put_ids(h, {std::ssize(position)}, position), 1));
}

}  // namespace unroll
