#include "sentiment/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/batches.h"
#include "common/interrupt.h"

namespace sentiment {
namespace {

constexpr std::int64_t kTestBatch = 64;
constexpr unroll::Index kMultiple = 4;  // lengths are rounded up: fewer structures to plan

using unroll::Tape;
using unroll::Tensor;
using unroll::Var;

struct Batch {
  unroll::Padded texts;
  Tensor labels;  // i32 (B)
};

Batch batch_of(const Encoded& reviews, std::span<const std::size_t> numbers) {
  std::vector<std::vector<std::int32_t>> texts;
  std::vector<std::int32_t> labels;
  for (const std::size_t number : numbers) {
    texts.push_back(reviews.texts[number]);
    labels.push_back(reviews.labels[number]);
  }
  return {unroll::pad_sequence(texts, {.multiple = kMultiple}),
          Tensor::of<std::int32_t>({std::ssize(labels)}, labels)};
}

std::uint64_t fingerprint_of(const Encoded& reviews) {
  std::string bytes;
  for (std::size_t i = 0; i < reviews.texts.size(); ++i) {
    bytes += fmt::format("{} {}\n", reviews.labels[i], fmt::join(reviews.texts[i], " "));
  }
  return unroll::hash_name(bytes);
}

}  // namespace

Encoded encode(const Reviews& reviews, const examples::WordIds& words) {
  Encoded encoded;
  for (const Review& review : reviews.reviews) {
    encoded.texts.push_back(words.ids(review.words));
    encoded.labels.push_back(review.label);
  }
  return encoded;
}

Judge::Judge(const ModelSettings& s, examples::WordIds w, std::vector<std::string> l,
             unroll::DType dtype, std::uint64_t seed)
    : settings(s),
      words(std::move(w)),
      labels(std::move(l)),
      parameters(dtype, seed),
      model(parameters, s, words.size(), std::ssize(labels)) {}

Var Judge::loss(Tape& tape, const Encoded& reviews, std::span<const std::size_t> numbers,
                unroll::Noise* noise) const {
  const Batch batch = batch_of(reviews, numbers);
  const Var x = model.E(tape.input(batch.texts.ids));
  return unroll::softmax_cross_entropy(model.logits(x, batch.texts.mask(tape), noise),
                                       tape.input(batch.labels));
}

std::vector<double> Judge::probabilities(const std::vector<std::int32_t>& text) const {
  Tape tape(parameters.dtype());
  const unroll::Padded padded = unroll::pad_sequence(std::span(&text, 1));
  const Var logits = model.logits(model.E(tape.input(padded.ids)), padded.mask(tape));
  return unroll::softmax(logits).value().to_doubles();
}

double Judge::accuracy(const Encoded& reviews) const {
  // Short ones first: texts of a batch are of like length.
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < reviews.texts.size(); ++i) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return reviews.texts[i].size(); });
  Tape tape(parameters.dtype());
  std::int64_t right = 0;
  for (const auto& numbers : examples::batches_in_order(order.size(), kTestBatch)) {
    examples::stop_if_interrupted();
    std::vector<std::size_t> chosen;
    for (const std::size_t number : numbers) chosen.push_back(order[number]);
    const Batch batch = batch_of(reviews, chosen);
    tape.clear();
    const Var logits = model.logits(model.E(tape.input(batch.texts.ids)), batch.texts.mask(tape));
    const std::vector<std::int32_t> found = unroll::argmax(logits.value());
    const auto labels = batch.labels.values<std::int32_t>();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      right += found[i] == labels[i] ? 1 : 0;
    }
  }
  return static_cast<double>(right) / static_cast<double>(order.size());
}

SentimentTask::SentimentTask(const Judge& judge, Encoded train, Encoded test,
                             const examples::TrainingSettings& settings, std::optional<double> best)
    : judge_(judge),
      train_(std::move(train)),
      test_(std::move(test)),
      settings_(settings),
      best_(best) {}

std::int64_t SentimentTask::begin_epoch(std::int64_t epoch) {
  std::vector<std::int64_t> lengths;
  for (const auto& text : train_.texts) lengths.push_back(std::ssize(text));
  batches_ = examples::shuffled_batches(lengths, settings_.batch, settings_.seed, epoch);
  return std::ssize(batches_);
}

Var SentimentTask::loss(Tape& tape, std::int64_t batch, unroll::Noise& noise) {
  return judge_.loss(tape, train_, batches_[static_cast<std::size_t>(batch)], &noise);
}

examples::Score SentimentTask::score() { return {judge_.accuracy(test_), best_}; }

std::string SentimentTask::show(double score) const {
  return fmt::format("accuracy {:.1f} %", 100 * score);
}

std::uint64_t SentimentTask::fingerprint() const { return fingerprint_of(train_); }

std::uint64_t SentimentTask::test_fingerprint() const { return fingerprint_of(test_); }

}  // namespace sentiment
