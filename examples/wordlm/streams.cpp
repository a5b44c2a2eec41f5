#include "wordlm/streams.h"

#include <unroll/core/error.h>

#include <algorithm>

namespace wordlm {

Streams::Streams(std::span<const std::int32_t> text, std::int64_t batch, std::int64_t steps)
    : text_(text),
      batch_(batch),
      steps_(steps),
      length_((static_cast<std::int64_t>(text.size()) - 1) / batch) {
  if (length_ < 1) {
    unroll::fail<unroll::Error>(
        "a text of {} words cannot be divided into {} streams; a smaller --batch helps",
        text.empty() ? 0 : text.size() - 1, batch);
  }
}

std::int64_t Streams::dropped() const {
  return static_cast<std::int64_t>(text_.size()) - 1 - words();
}

Batch Streams::piece(std::int64_t number, unroll::Interval part) const {
  const std::int64_t first = number * steps_;
  const std::int64_t steps = std::min(steps_, length_ - first);
  const unroll::Shape shape{steps, part.size()};
  Batch batch{unroll::Tensor(unroll::DType::i32, shape),
              unroll::Tensor(unroll::DType::i32, shape),
              steps * batch_,
              {part.begin, batch_}};
  const auto x = batch.x.values<std::int32_t>();
  const auto y = batch.y.values<std::int32_t>();
  std::size_t place = 0;
  for (std::int64_t t = 0; t < steps; ++t) {
    for (std::int64_t b = part.begin; b < part.end; ++b, ++place) {
      const auto word = static_cast<std::size_t>(b * length_ + first + t);
      x[place] = text_[word];
      y[place] = text_[word + 1];
    }
  }
  return batch;
}

}  // namespace wordlm
