#include "ctc/task.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "common/batches.h"
#include "common/interrupt.h"

namespace ctc {
namespace {

constexpr std::int64_t kTestBatch = 64;
constexpr std::int64_t kMultiple = 8;  // lengths are rounded up: fewer structures to plan

using unroll::Index;
using unroll::Tape;
using unroll::Tensor;
using unroll::Var;

/// Some signals, time first, the short ones filled up with zeros.
struct Batch {
  Tensor frames;  // f32 (T, B, inputs), normalised
  std::vector<Index> lengths;
  std::vector<Labels> labels;

  [[nodiscard]] Var mask(Tape& tape) const {
    return unroll::length_mask(tape, lengths, frames.shape()[0]);
  }
};

Batch batch_of(std::span<const Signal> signals, std::span<const std::size_t> numbers,
               const Normalization& normalization) {
  Batch batch;
  Index steps = 0;
  for (const std::size_t number : numbers) {
    batch.lengths.push_back(std::ssize(signals[number].frames));
    batch.labels.push_back(signals[number].labels);
    steps = std::max(steps, batch.lengths.back());
  }
  steps = (steps + kMultiple - 1) / kMultiple * kMultiple;
  const std::size_t inputs = normalization.mean.size();
  std::vector<float> values(static_cast<std::size_t>(steps) * numbers.size() * inputs);
  for (std::size_t b = 0; b < numbers.size(); ++b) {
    const auto& frames = signals[numbers[b]].frames;
    for (std::size_t t = 0; t < frames.size(); ++t) {
      for (std::size_t i = 0; i < inputs; ++i) {
        values[(t * numbers.size() + b) * inputs + i] =
            static_cast<float>((frames[t][i] - normalization.mean[i]) / normalization.deviation[i]);
      }
    }
  }
  batch.frames =
      Tensor::of<float>({steps, std::ssize(numbers), static_cast<Index>(inputs)}, values);
  return batch;
}

std::vector<std::int64_t> lengths_of(std::span<const Signal> signals) {
  std::vector<std::int64_t> lengths;
  for (const Signal& signal : signals) lengths.push_back(std::ssize(signal.frames));
  return lengths;
}

std::uint64_t fingerprint_of(const Signals& signals) {
  std::string bytes;
  for (const Signal& signal : signals.signals) {
    bytes += fmt::format("{}\n", fmt::join(signal.labels, " "));
    for (const auto& frame : signal.frames) bytes += fmt::format("{}\n", fmt::join(frame, " "));
  }
  return unroll::hash_name(bytes);
}

}  // namespace

Normalization normalization_of(const Signals& signals) {
  const auto inputs = static_cast<std::size_t>(signals.inputs());
  std::vector<double> sum(inputs);
  std::vector<double> squares(inputs);
  double frames = 0;
  const auto for_each_number = [&](auto&& f) {
    for (const Signal& signal : signals.signals) {
      for (const std::vector<float>& frame : signal.frames) {
        for (std::size_t i = 0; i < inputs; ++i) f(i, frame[i]);
      }
    }
  };
  for (const Signal& signal : signals.signals) frames += static_cast<double>(signal.frames.size());
  for_each_number([&](std::size_t i, double x) { sum[i] += x / frames; });
  for_each_number(
      [&](std::size_t i, double x) { squares[i] += (x - sum[i]) * (x - sum[i]) / frames; });
  for (double& square : squares) square = square > 0 ? std::sqrt(square) : 1;  // 1: a constant
  return {sum, squares};
}

Speller::Speller(const ModelSettings& s, Normalization n, std::vector<std::string> symbols,
                 unroll::DType dtype, std::uint64_t seed)
    : settings(s),
      normalization(std::move(n)),
      names(std::move(symbols)),
      parameters(dtype, seed),
      model(parameters, s, std::ssize(normalization.mean), std::ssize(names)) {}

Var Speller::loss(Tape& tape, std::span<const Signal> signals,
                  std::span<const std::size_t> numbers) const {
  const Batch batch = batch_of(signals, numbers, normalization);
  const Var log_y = model.log_probabilities(tape.input(batch.frames), batch.mask(tape));
  return unroll::ctc_loss(log_y, batch.labels, batch.lengths, {.blank = kBlank});
}

std::vector<Rows> Speller::log_probabilities(std::span<const Signal> signals) const {
  // Short ones first: signals of a batch are of like length.
  const std::vector<std::int64_t> lengths = lengths_of(signals);
  const auto batches = unroll::bucket_by_length(lengths, kTestBatch);
  std::vector<Rows> all(signals.size());
  Tape tape(parameters.dtype());
  for (const std::vector<Index>& positions : batches) {
    examples::stop_if_interrupted();
    const std::vector<std::size_t> numbers(positions.begin(), positions.end());
    const Batch batch = batch_of(signals, numbers, normalization);
    tape.clear();
    const std::vector<double> values =
        model.log_probabilities(tape.input(batch.frames), batch.mask(tape)).value().to_doubles();
    for (std::size_t b = 0; b < numbers.size(); ++b) {
      for (std::size_t t = 0; t < signals[numbers[b]].frames.size(); ++t) {
        const auto begin =
            values.begin() + static_cast<std::ptrdiff_t>((t * numbers.size() + b) * names.size());
        all[numbers[b]].emplace_back(begin, begin + std::ssize(names));
      }
    }
  }
  return all;
}

void Errors::count(const Labels& found, const Labels& right) {
  const std::int64_t distance = edit_distance(found, right);
  edits += distance;
  labels += std::ssize(right);
  wrong += distance > 0 ? 1 : 0;
}

double Errors::rate() const {
  return static_cast<double>(edits) / static_cast<double>(std::max<std::int64_t>(labels, 1));
}

SpellTask::SpellTask(const Speller& speller, Signals train, Signals test,
                     const examples::TrainingSettings& settings, std::optional<double> viterbi)
    : speller_(speller),
      train_(std::move(train)),
      test_(std::move(test)),
      settings_(settings),
      viterbi_(viterbi) {}

std::int64_t SpellTask::begin_epoch(std::int64_t epoch) {
  batches_ = examples::shuffled_batches(lengths_of(train_.signals), settings_.batch, settings_.seed,
                                        epoch);
  return std::ssize(batches_);
}

Var SpellTask::loss(Tape& tape, std::int64_t batch, unroll::Noise& /*noise*/) {
  return speller_.loss(tape, train_.signals, batches_[static_cast<std::size_t>(batch)]);
}

examples::Score SpellTask::score() {
  const Rows transitions = free_transitions(speller_.names.size());
  const std::vector<Rows> all = speller_.log_probabilities(test_.signals);
  Errors errors;
  for (std::size_t i = 0; i < all.size(); ++i) {
    errors.count(labels_of(best_path(all[i], transitions)), test_.signals[i].labels);
  }
  return {errors.rate(), std::nullopt};
}

std::string SpellTask::show(double score) const {
  std::string text = fmt::format("label error rate {:.1f} %", 100 * score);
  if (viterbi_) text += fmt::format(", the process's own Viterbi {:.1f} %", 100 * *viterbi_);
  return text;
}

std::uint64_t SpellTask::fingerprint() const { return fingerprint_of(train_); }

std::uint64_t SpellTask::test_fingerprint() const { return fingerprint_of(test_); }

}  // namespace ctc
