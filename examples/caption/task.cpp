#include "caption/task.h"

#include <fmt/ranges.h>

#include "common/batches.h"
#include "common/interrupt.h"

namespace caption {
namespace {

constexpr std::int64_t kTestBatch = 64;
constexpr unroll::Index kMultiple = 4;  // lengths are rounded up: fewer structures to plan
constexpr std::int32_t kNoTarget = -1;  // behind the end of a caption

using unroll::Tape;
using unroll::Tensor;
using unroll::Var;

/// Some examples, time first. At each step a word is read and the next is predicted.
struct Batch {
  Tensor scenes;   // f32 (B, scene)
  Tensor words;    // i32 (T, B)
  Tensor targets;  // i32 (T, B)
};

Batch batch_of(const Encoded& examples, std::span<const std::size_t> numbers, std::int32_t end) {
  std::vector<float> scenes;
  std::vector<std::vector<std::int32_t>> words;
  std::vector<std::vector<std::int32_t>> targets;
  for (const std::size_t number : numbers) {
    const std::vector<float>& scene = examples.scenes[number];
    scenes.insert(scenes.end(), scene.begin(), scene.end());
    const std::vector<std::int32_t>& caption = examples.captions[number];
    words.push_back(caption);
    words.back().insert(words.back().begin(), end);
    targets.push_back(caption);
    targets.back().push_back(end);
  }
  const unroll::Index batch = std::ssize(numbers);
  return {Tensor::of<float>({batch, std::ssize(scenes) / batch}, scenes),
          unroll::pad_sequence(words, {.multiple = kMultiple}).ids,
          unroll::pad_sequence(targets, {.value = kNoTarget, .multiple = kMultiple}).ids};
}

std::vector<std::int64_t> lengths_of(const Encoded& examples) {
  std::vector<std::int64_t> lengths;
  for (const auto& caption : examples.captions) lengths.push_back(std::ssize(caption));
  return lengths;
}

std::uint64_t fingerprint_of(const Encoded& examples) {
  std::string bytes;
  for (std::size_t i = 0; i < examples.scenes.size(); ++i) {
    bytes += fmt::format("{}: {}\n", fmt::join(examples.scenes[i], " "),
                         fmt::join(examples.captions[i], " "));
  }
  return unroll::hash_name(bytes);
}

}  // namespace

Captioner::Captioner(const ModelSettings& s, std::int64_t size, examples::WordIds w,
                     unroll::DType dtype, std::uint64_t seed)
    : settings(s),
      scene_size(size),
      words(std::move(w)),
      parameters(dtype, seed),
      model(parameters, s, size, words.size() + 1) {}

Encoded Captioner::encode(const Examples& all) const {
  Encoded encoded;
  for (const Example& example : all.examples) {
    encoded.scenes.push_back(example.scene);
    encoded.captions.push_back(words.ids(example.caption));
  }
  return encoded;
}

Var Captioner::loss(Tape& tape, const Encoded& examples,
                    std::span<const std::size_t> numbers) const {
  const Batch batch = batch_of(examples, numbers, end());
  const Var z = tape.input(batch.scenes);
  const Var x = model.input(tape.input(batch.words), z);
  const Var h = unroll::unroll_over(model.lstm, x, model.start(z)).outputs;
  const Var sum = unroll::softmax_cross_entropy(model.out, h, tape.input(batch.targets),
                                                unroll::Reduction::sum, kNoTarget);
  return sum / static_cast<double>(numbers.size());
}

double Captioner::loss(const Encoded& examples) const {
  Tape tape(parameters.dtype());
  double sum = 0;
  for (const auto& positions : unroll::bucket_by_length(lengths_of(examples), kTestBatch)) {
    examples::stop_if_interrupted();
    const std::vector<std::size_t> numbers(positions.begin(), positions.end());
    tape.clear();
    sum += loss(tape, examples, numbers).item() * static_cast<double>(numbers.size());
  }
  return sum / static_cast<double>(examples.scenes.size());
}

CaptionTask::CaptionTask(const Captioner& captioner, Encoded train, Encoded test,
                         const examples::TrainingSettings& settings, std::optional<double> best)
    : captioner_(captioner),
      train_(std::move(train)),
      test_(std::move(test)),
      settings_(settings),
      best_(best) {}

std::int64_t CaptionTask::begin_epoch(std::int64_t epoch) {
  batches_ = examples::shuffled_batches(lengths_of(train_), settings_.batch, settings_.seed, epoch);
  return std::ssize(batches_);
}

Var CaptionTask::loss(Tape& tape, std::int64_t batch, unroll::Noise& /*noise*/) {
  return captioner_.loss(tape, train_, batches_[static_cast<std::size_t>(batch)]);
}

std::string CaptionTask::show(double score) const {
  return fmt::format("{:.3f} nats per caption", score);
}

std::uint64_t CaptionTask::fingerprint() const { return fingerprint_of(train_); }

std::uint64_t CaptionTask::test_fingerprint() const { return fingerprint_of(test_); }

}  // namespace caption
