#include "tagger/task.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "common/batches.h"
#include "common/interrupt.h"
#include "text/characters.h"

namespace tagger {
namespace {

constexpr std::int64_t kTestBatch = 64;
constexpr unroll::Index kMultiple = 4;       // lengths are rounded up: fewer structures to plan
constexpr std::size_t kMostCharacters = 24;  // that are read of a word

using unroll::Index;
using unroll::Tape;
using unroll::Tensor;
using unroll::Var;
using Ids = std::vector<std::int32_t>;

/// The characters of a word in UTF-8, at most so many.
std::vector<std::string> characters_of(const std::string& word) {
  std::vector<std::string> characters;
  for (std::size_t at = 0; at < word.size() && characters.size() < kMostCharacters;) {
    std::size_t end = at + 1;
    while (end < word.size() && (static_cast<unsigned char>(word[end]) & 0xC0U) == 0x80U) ++end;
    characters.push_back(word.substr(at, end - at));
    at = end;
  }
  return characters;
}

/// The different words of a batch, as characters, and which of them each word is.
struct Spellings {
  unroll::Padded characters;  // (L, U)
  Tensor which;               // i32 (T, B)
};

Spellings spellings_of(std::span<const Encoded> sentences, std::span<const std::size_t> numbers,
                       Index steps) {
  std::map<Ids, std::int32_t> number_of;
  std::vector<Ids> different;
  Ids which(static_cast<std::size_t>(steps) * numbers.size());  // padding is any of them
  for (std::size_t b = 0; b < numbers.size(); ++b) {
    const auto& words = sentences[numbers[b]].characters;
    for (std::size_t t = 0; t < words.size(); ++t) {
      const auto [found, is_new] =
          number_of.emplace(words[t], static_cast<std::int32_t>(different.size()));
      if (is_new) different.push_back(words[t]);
      which[t * numbers.size() + b] = found->second;
    }
  }
  return {unroll::pad_sequence(different, {.multiple = kMultiple}),
          Tensor::of<std::int32_t>({steps, std::ssize(numbers)}, which)};
}

struct Batch {
  unroll::Padded words;  // (T, B)
  Tensor tags;           // i32 (T, B)
  Var emissions;
};

Batch run(const Tagger& tagger, Tape& tape, std::span<const Encoded> sentences,
          std::span<const std::size_t> numbers, unroll::Noise* noise) {
  std::vector<Ids> words;
  std::vector<Ids> tags;
  for (const std::size_t number : numbers) {
    words.push_back(sentences[number].words);
    tags.push_back(sentences[number].tags);
  }
  const unroll::PadOptions pad{.multiple = kMultiple};
  Batch batch{unroll::pad_sequence(words, pad), unroll::pad_sequence(tags, pad).ids, {}};
  const Model& model = tagger.model;
  Var x = model.E(tape.input(batch.words.ids));
  if (model.spelling) {
    const Spellings spellings = spellings_of(sentences, numbers, batch.words.ids.shape()[0]);
    const Var vectors =
        model.spelled(tape.input(spellings.characters.ids), spellings.characters.mask(tape));
    x = unroll::concat(std::array{x, unroll::embedding(vectors, tape.input(spellings.which))}, 2);
  }
  batch.emissions = model.emissions(x, batch.words.mask(tape), noise);
  return batch;
}

std::vector<std::int64_t> lengths_of(std::span<const Encoded> sentences) {
  std::vector<std::int64_t> lengths;
  for (const Encoded& sentence : sentences) lengths.push_back(std::ssize(sentence.words));
  return lengths;
}

std::uint64_t fingerprint_of(const std::vector<Encoded>& sentences) {
  std::string bytes;
  for (const Encoded& sentence : sentences) {
    bytes += fmt::format("{}\n{}\n", fmt::join(sentence.words, " "), fmt::join(sentence.tags, " "));
  }
  return unroll::hash_name(bytes);
}

}  // namespace

Alphabet Alphabet::of(const Corpus& corpus, std::int64_t least, std::int64_t most) {
  constexpr std::int64_t kLeast = 2;
  constexpr std::int64_t kMost = 100000;
  std::vector<std::vector<std::string>> words;
  std::vector<std::vector<std::string>> characters;
  for (const Sentence& sentence : corpus.sentences) {
    words.emplace_back();
    for (const std::string& word : sentence.words) {
      words.back().push_back(text::lower_case(word));
      characters.push_back(characters_of(word));
    }
  }
  return {examples::WordIds(words, least, most), examples::WordIds(characters, kLeast, kMost)};
}

Tagger::Tagger(const ModelSettings& s, Alphabet a, std::vector<std::string> t, unroll::DType dtype,
               std::uint64_t seed)
    : settings(s),
      alphabet(std::move(a)),
      tags(std::move(t)),
      parameters(dtype, seed),
      model(parameters, s, alphabet.words.size(), alphabet.characters.size(), std::ssize(tags)) {}

Encoded Tagger::encode(const Sentence& sentence) const {
  Encoded encoded;
  encoded.tags = sentence.tags;
  encoded.tags.resize(sentence.words.size());  // a sentence to be tagged has none
  for (const std::string& word : sentence.words) {
    encoded.words.push_back(alphabet.words.id(text::lower_case(word)));
    if (settings.characters == 0) continue;
    encoded.characters.push_back(alphabet.characters.ids(characters_of(word)));
  }
  return encoded;
}

std::vector<Encoded> Tagger::encode(const Corpus& corpus) const {
  std::vector<Encoded> all;
  for (const Sentence& sentence : corpus.sentences) all.push_back(encode(sentence));
  return all;
}

Var Tagger::loss(Tape& tape, std::span<const Encoded> sentences,
                 std::span<const std::size_t> numbers, unroll::Noise* noise) const {
  const Batch batch = run(*this, tape, sentences, numbers, noise);
  return model.crf.loss(batch.emissions, batch.tags, batch.words.lengths, unroll::Reduction::sum);
}

Tagger::Found Tagger::find(std::span<const Encoded> sentences) const {
  Found found;
  found.tags.resize(sentences.size());
  Tape tape(parameters.dtype());
  for (const auto& positions : unroll::bucket_by_length(lengths_of(sentences), kTestBatch)) {
    examples::stop_if_interrupted();
    const std::vector<std::size_t> numbers(positions.begin(), positions.end());
    tape.clear();
    const Batch batch = run(*this, tape, sentences, numbers, nullptr);
    found.loss +=
        model.crf.loss(batch.emissions, batch.tags, batch.words.lengths, unroll::Reduction::sum)
            .item();
    auto best = model.crf.best(batch.emissions.value(), batch.words.lengths);
    for (std::size_t b = 0; b < numbers.size(); ++b) {
      found.tags[numbers[b]] = std::move(best[b].tags);
    }
  }
  return found;
}

Scores score(const Tagger& tagger, std::span<const Encoded> sentences) {
  const Tagger::Found found = tagger.find(sentences);
  const auto names_of = [&](const Ids& tags) {
    std::vector<std::string> names;
    for (const std::int32_t tag : tags) names.push_back(tagger.tags[static_cast<std::size_t>(tag)]);
    return names;
  };
  const bool chunks = are_chunk_tags(tagger.tags);
  Scores scores;
  double words = 0;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const Ids& right = sentences[i].tags;
    words += static_cast<double>(right.size());
    for (std::size_t t = 0; t < right.size(); ++t) {
      scores.accuracy += right[t] == found.tags[i][t] ? 1 : 0;
    }
    if (chunks) scores.chunks.count(names_of(found.tags[i]), names_of(right));
  }
  scores.accuracy /= words;
  scores.nats = found.loss / words;
  return scores;
}

double most_frequent_tag_accuracy(const Corpus& train, const Corpus& test) {
  using Counts = std::map<std::int32_t, std::int64_t>;
  const auto most_frequent = [](const Counts& counts) {
    return std::ranges::max_element(counts, {}, &Counts::value_type::second)->first;
  };
  std::map<std::string, Counts> of_word;
  Counts of_all;
  for (const Sentence& sentence : train.sentences) {
    for (std::size_t i = 0; i < sentence.words.size(); ++i) {
      ++of_word[sentence.words[i]][sentence.tags[i]];
      ++of_all[sentence.tags[i]];
    }
  }
  std::int64_t right = 0;
  for (const Sentence& sentence : test.sentences) {
    for (std::size_t i = 0; i < sentence.words.size(); ++i) {
      const auto found = of_word.find(sentence.words[i]);
      const Counts& counts = found == of_word.end() ? of_all : found->second;
      right += most_frequent(counts) == sentence.tags[i] ? 1 : 0;
    }
  }
  return static_cast<double>(right) / static_cast<double>(test.words());
}

TagTask::TagTask(const Tagger& tagger, std::vector<Encoded> train, std::vector<Encoded> test,
                 const examples::TrainingSettings& settings, std::optional<double> best)
    : tagger_(tagger),
      train_(std::move(train)),
      test_(std::move(test)),
      settings_(settings),
      best_(best),
      chunks_(are_chunk_tags(tagger.tags)) {}

std::int64_t TagTask::begin_epoch(std::int64_t epoch) {
  batches_ = examples::shuffled_batches(lengths_of(train_), settings_.batch, settings_.seed, epoch);
  return std::ssize(batches_);
}

Var TagTask::loss(Tape& tape, std::int64_t batch, unroll::Noise& noise) {
  const auto& numbers = batches_[static_cast<std::size_t>(batch)];
  return tagger_.loss(tape, train_, numbers, &noise) / static_cast<double>(numbers.size());
}

examples::Score TagTask::score() {
  const Scores scores = tagger::score(tagger_, test_);
  return {chunks_ ? scores.chunks.f1() : scores.accuracy, best_};
}

std::string TagTask::show(double score) const {
  return fmt::format("{} {:.1f} %", chunks_ ? "F1" : "accuracy", 100 * score);
}

std::uint64_t TagTask::fingerprint() const { return fingerprint_of(train_); }

std::uint64_t TagTask::test_fingerprint() const { return fingerprint_of(test_); }

}  // namespace tagger
