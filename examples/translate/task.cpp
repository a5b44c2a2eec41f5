#include "translate/task.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "common/batches.h"
#include "translate/bleu.h"
#include "translate/search.h"

namespace translate {
namespace {

constexpr std::int32_t kPadding = -1;   // as a target: counts nothing
constexpr unroll::Index kMultiple = 4;  // lengths are rounded up: fewer structures to plan

using unroll::Tape;
using unroll::Var;

const ModelSettings& checked(const ModelSettings& s) {
  if (s.both_ways && s.hidden % 2 != 0) {
    unroll::fail<unroll::Error>(
        "--hidden {}: an encoder of both directions has half of the units in each; an even number "
        "is expected",
        s.hidden);
  }
  return s;
}

/// What the decoder does when it reads given words.
struct Forced {
  std::vector<Var> features;  // of each step: (B, hidden)
  std::vector<Var> weights;   // of each step: (S, B), with attention
};

Forced force(const Model& model, const unroll::Padded& source, Var words, unroll::Noise* noise) {
  Tape& tape = words.tape();
  const auto memory = model.encode(tape.input(source.ids), source.mask(tape), noise);
  Forced forced;
  Model::State state = memory.first;
  for (const Var y : unroll::unstack(model.read(words, noise))) {
    const Tape::StepScope scope(tape, std::ssize(forced.features));
    auto step = model.step(y, state, memory);
    state = std::move(step.state);
    forced.features.push_back(step.features);
    if (step.weights) forced.weights.push_back(*step.weights);
  }
  return forced;
}

std::uint64_t fingerprint_of(const Encoded& pairs) {
  std::string bytes;
  for (std::size_t i = 0; i < pairs.source.size(); ++i) {
    bytes +=
        fmt::format("{}\t{}\n", fmt::join(pairs.source[i], " "), fmt::join(pairs.target[i], " "));
  }
  return unroll::hash_name(bytes);
}

}  // namespace

Translator::Translator(const ModelSettings& s, examples::WordIds source_words,
                       examples::WordIds target_words, unroll::DType dtype, std::uint64_t seed)
    : settings(checked(s)),
      source(std::move(source_words)),
      target(std::move(target_words)),
      parameters(dtype, seed),
      model(parameters, s, source.size(), target.size() + 1) {}

Ids Translator::source_ids(std::span<const std::string> words) const {
  Ids ids = source.ids(words);
  if (settings.reverse) std::ranges::reverse(ids);
  return ids;
}

Encoded encode(const Pairs& pairs, const Translator& translator) {
  Encoded encoded;
  for (const Pair& pair : pairs.pairs) {
    encoded.source.push_back(translator.source_ids(pair.source));
    encoded.target.push_back(translator.target.ids(pair.target));
  }
  return encoded;
}

Var loss_of(const Translator& translator, Tape& tape, const Encoded& pairs,
            std::span<const std::size_t> numbers, unroll::Noise* noise) {
  std::vector<Ids> source;
  std::vector<Ids> before;  // the word before each
  std::vector<Ids> target;
  for (const std::size_t number : numbers) {
    source.push_back(pairs.source[number]);
    const Ids& words = pairs.target[number];
    before.push_back({translator.end()});
    before.back().insert(before.back().end(), words.begin(), words.end());
    target.push_back(words);
    target.back().push_back(translator.end());
  }
  const auto words = unroll::pad_sequence(before, {.multiple = kMultiple});
  const auto wanted = unroll::pad_sequence(target, {.value = kPadding, .multiple = kMultiple});
  const Forced forced =
      force(translator.model, unroll::pad_sequence(source, {.multiple = kMultiple}),
            tape.input(words.ids), noise);
  const Var features = dropped(unroll::stack(forced.features), translator.model.dropout, noise);
  return unroll::softmax_cross_entropy(translator.model.out, features, tape.input(wanted.ids),
                                       unroll::Reduction::mean, kPadding);
}

std::vector<std::vector<double>> attention_of(const Translator& translator, const Ids& source,
                                              const Ids& target) {
  if (!translator.settings.attends()) {
    unroll::fail<unroll::Error>("a model without attention looks at no words");
  }
  Tape tape(translator.parameters.dtype());
  const Tape::Inference inference(tape);
  Ids words = {translator.end()};
  words.insert(words.end(), target.begin(), target.end());
  const Forced forced = force(translator.model, unroll::pad_sequence(std::span(&source, 1)),
                              tape.input(unroll::pad_sequence(std::span(&words, 1)).ids), nullptr);
  std::vector<std::vector<double>> weights;
  const Var all = unroll::stack(forced.weights);  // (T, S, 1)
  const std::vector<double> values = all.value().to_doubles();
  for (auto row = values.begin(); row != values.end(); row += std::ssize(source)) {
    weights.emplace_back(row, row + std::ssize(source));
    if (translator.settings.reverse) std::ranges::reverse(weights.back());
  }
  return weights;
}

double accuracy(const std::vector<Ids>& translations, const Pairs& pairs,
                const Translator& translator) {
  std::int64_t right = 0;
  for (std::size_t i = 0; i < translations.size(); ++i) {
    right += translations[i] == translator.target.ids(pairs.pairs[i].target) ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(translations.size());
}

std::vector<std::string> sentences_of(const std::vector<Ids>& translations,
                                      const Translator& translator) {
  std::vector<std::string> sentences;
  for (const Ids& ids : translations) {
    std::vector<std::string> words;
    for (const std::int32_t id : ids) words.push_back(translator.target.word(id));
    sentences.push_back(sentence_of(words));
  }
  return sentences;
}

std::vector<std::string> references_of(const Pairs& pairs) {
  std::vector<std::string> references;
  for (const Pair& pair : pairs.pairs) references.push_back(pair.reference);
  return references;
}

TranslateTask::TranslateTask(const Translator& translator, const Pairs& train, Pairs test,
                             const examples::TrainingSettings& settings, Metric metric)
    : translator_(translator),
      train_(encode(train, translator)),
      test_(std::move(test)),
      settings_(settings),
      metric_(metric) {}

std::int64_t TranslateTask::begin_epoch(std::int64_t epoch) {
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 0; i < train_.source.size(); ++i) {
    lengths.push_back(std::ssize(train_.source[i]) + std::ssize(train_.target[i]));
  }
  batches_ = examples::shuffled_batches(lengths, settings_.batch, settings_.seed, epoch);
  return std::ssize(batches_);
}

Var TranslateTask::loss(Tape& tape, std::int64_t batch, unroll::Noise& noise) {
  return loss_of(translator_, tape, train_, batches_[static_cast<std::size_t>(batch)],
                 translator_.settings.dropout > 0 ? &noise : nullptr);
}

examples::Score TranslateTask::score() {
  const std::vector<Ids> found = translate_all(translator_, test_, {.width = 1});
  if (metric_ == Metric::accuracy) return {accuracy(found, test_, translator_), 1.0};
  return {bleu(sentences_of(found, translator_), references_of(test_), /*lower=*/true).score, {}};
}

std::string TranslateTask::show(double score) const {
  return metric_ == Metric::accuracy ? fmt::format("accuracy {:.1f} %", 100 * score)
                                     : fmt::format("BLEU {:.2f}", score);
}

std::uint64_t TranslateTask::fingerprint() const { return fingerprint_of(train_); }

std::uint64_t TranslateTask::test_fingerprint() const {
  std::string bytes;
  for (const Pair& pair : test_.pairs) {
    bytes += fmt::format("{}\t{}\n", fmt::join(pair.source, " "), pair.reference);
  }
  return unroll::hash_name(bytes);
}

}  // namespace translate
