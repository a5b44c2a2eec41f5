#include <unroll/layers/padding.h>
#include <unroll/layers/sequence.h>
#include <unroll/ops/index.h>
#include <unroll/ops/reduce.h>

#include <algorithm>
#include <numeric>

namespace unroll {

Var Padded::mask(Tape& tape) const { return length_mask(tape, lengths, ids.shape()[0]); }

Padded pad_sequence(std::span<const std::vector<std::int32_t>> sequences,
                    const PadOptions& options) {
  if (options.multiple < 1) {
    fail<Error>("pad_sequence: a multiple of {}: at least 1 is needed", options.multiple);
  }
  Index longest = 0;
  for (const auto& sequence : sequences) longest = std::max(longest, std::ssize(sequence));
  const Index steps = (longest + options.multiple - 1) / options.multiple * options.multiple;
  Padded result{Tensor(DType::i32, {steps, std::ssize(sequences)}), {}};
  const std::span<std::int32_t> ids = result.ids.values<std::int32_t>();
  std::ranges::fill(ids, options.value);
  for (std::size_t b = 0; b < sequences.size(); ++b) {
    result.lengths.push_back(std::ssize(sequences[b]));
    for (std::size_t t = 0; t < sequences[b].size(); ++t) {
      ids[t * sequences.size() + b] = sequences[b][t];
    }
  }
  return result;
}

Var masked_mean(Var x, Var mask) {
  const Var total = sum(by_mask(mask, x, 0), 0);
  Var count = maximum(sum(mask, 0), 1);
  while (count.shape().rank() < total.shape().rank()) {
    count = reshape(count, count.shape().inserted(count.shape().rank(), 1));
  }
  return total / count;
}

Var reverse_padded(Var x, std::span<const Index> lengths) {
  const Shape shape = x.shape();
  if (shape.rank() < 2 || shape[1] != std::ssize(lengths)) {
    fail<ShapeError>("reverse_padded: x is {}, for {} lengths: (T, {}, ...) is needed",
                     shape.to_string(), lengths.size(), lengths.size());
  }
  // Rows of (T B, ...), chosen by their number.
  std::vector<std::int32_t> from;
  for (Index t = 0; t < shape[0]; ++t) {
    for (Index b = 0; b < shape[1]; ++b) {
      const Index length = lengths[static_cast<std::size_t>(b)];
      if (length < 0 || length > shape[0]) {
        fail<Error>("reverse_padded: sequence {} has length {}, expected 0 to {}", b, length,
                    shape[0]);
      }
      from.push_back(static_cast<std::int32_t>((t < length ? length - 1 - t : t) * shape[1] + b));
    }
  }
  const Shape flat = shape.without(0).with(0, shape[0] * shape[1]);
  const Var ids = x.tape().input(Tensor::of<std::int32_t>({shape[0], shape[1]}, from));
  return embedding(reshape(x, flat), ids);
}

std::vector<std::vector<Index>> bucket_by_length(std::span<const Index> lengths, Index size) {
  if (size < 1) fail<Error>("bucket_by_length: batches of {}: at least 1 is needed", size);
  std::vector<Index> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {},
                           [&](Index i) { return lengths[static_cast<std::size_t>(i)]; });
  std::vector<std::vector<Index>> buckets;
  for (auto begin = order.begin(); begin != order.end();) {
    const auto end = begin + std::min(size, static_cast<Index>(order.end() - begin));
    buckets.emplace_back(begin, end);
    begin = end;
  }
  return buckets;
}

}  // namespace unroll
