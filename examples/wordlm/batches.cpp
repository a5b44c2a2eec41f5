#include "wordlm/batches.h"

#include <algorithm>
#include <span>

#include "common/batches.h"

namespace wordlm {

std::vector<std::vector<std::size_t>> make_batches(const std::vector<Ids>& sentences,
                                                   std::int64_t batch, bool shuffle,
                                                   std::uint64_t seed, std::int64_t epoch) {
  if (!shuffle) return examples::batches_in_order(sentences.size(), batch);
  std::vector<std::int64_t> lengths;
  for (const Ids& ids : sentences) lengths.push_back(std::ssize(ids));
  return examples::shuffled_batches(lengths, batch, seed, epoch);
}

Batch make_batch(const std::vector<Ids>& sentences, const std::vector<std::size_t>& numbers,
                 unroll::Interval part) {
  const auto mine = std::span(numbers).subspan(static_cast<std::size_t>(part.begin),
                                               static_cast<std::size_t>(part.size()));
  std::size_t steps = 1;
  for (const std::size_t number : mine) steps = std::max(steps, sentences[number].size() - 1);
  const unroll::Shape shape{static_cast<unroll::Index>(steps), part.size()};
  Batch batch{unroll::Tensor(unroll::DType::i32, shape),
              unroll::Tensor(unroll::DType::i32, shape),
              0,
              {part.begin, std::ssize(numbers)}};
  const auto x = batch.x.values<std::int32_t>();
  const auto y = batch.y.values<std::int32_t>();
  std::fill(x.begin(), x.end(), 0);  // any word: nothing comes of it
  std::fill(y.begin(), y.end(), kPadding);
  for (std::size_t b = 0; b < mine.size(); ++b) {
    const Ids& ids = sentences[mine[b]];
    for (std::size_t t = 0; t + 1 < ids.size(); ++t) {
      x[t * mine.size() + b] = ids[t];
      y[t * mine.size() + b] = ids[t + 1];
    }
  }
  for (const std::size_t number : numbers) batch.words += std::ssize(sentences[number]) - 1;
  return batch;
}

Batch make_batch(const std::vector<Ids>& sentences, const std::vector<std::size_t>& numbers) {
  return make_batch(sentences, numbers, {0, std::ssize(numbers)});
}

}  // namespace wordlm
