#include "wordlm/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <numeric>

#include "common/numbers.h"
#include "wordlm/presets.h"
#include "wordlm/report.h"
#include "wordlm/streams.h"
#include "wordlm/trainer.h"

namespace wordlm {

using examples::grouped;
namespace {

std::int64_t count_unknown(const Ids& ids, const Vocabulary& vocabulary) {
  return std::count(ids.begin(), ids.end(), vocabulary.unknown());
}

/// How many words a text has, and how many of them the model does not know.
void print_counts(const Checkpoint& checkpoint, const std::vector<Ids>& text, std::int64_t words) {
  if (checkpoint.settings.text.reading == Reading::characters) {
    fmt::print("characters: {}, ends of lines included\n", grouped(words));
    return;
  }
  std::int64_t unknown = 0;
  for (const Ids& ids : text) unknown += count_unknown(ids, checkpoint.vocabulary);
  fmt::print("words: {}, ends of sentences included; {} unknown to the model ({:.1f} %)\n",
             grouped(words), grouped(unknown),
             100.0 * static_cast<double>(unknown) / static_cast<double>(words));
}

}  // namespace

void run_sample(const SampleOptions& options) {
  print_samples(load_checkpoint(options.load), options.count, options.seed, options.sampling);
}

void run_eval(const EvalOptions& options) {
  const Checkpoint checkpoint = load_checkpoint(options.load);
  Settings settings = checkpoint.settings;
  settings.text.data = options.data;
  settings.text.column = options.column;
  settings.seed = checkpoint.settings.seed + 2;  // neither the training nor the test comments
  const Corpus corpus = read_evaluation(settings);
  std::vector<Ids> text = encode_all(corpus.held_out_words, checkpoint.vocabulary);
  if (settings.text.is_running()) text = {running_text(text)};
  const Evaluation evaluation = measure(checkpoint, text);
  fmt::print("{}\n", corpus.description);
  print_counts(checkpoint, text, evaluation.words);
  print_evaluation(evaluation, settings.text.reading);
  print_floor(corpus);
}

void run_score(const ScoreOptions& options) {
  const Checkpoint checkpoint = load_checkpoint(options.load);
  std::vector<std::string> texts = options.sentences;
  if (texts.empty()) {
    for (std::string line; std::getline(std::cin, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!next_chunk(line).empty()) texts.push_back(line);
    }
  }
  if (texts.empty()) unroll::fail<unroll::Error>("no sentence to score");

  // Tokenised like training text, but each argument stays one sentence, whatever it holds.
  std::vector<Ids> sentences;
  for (std::string& text : texts) {
    text = repair_utf8(text).text;
    sentences.push_back(checkpoint.vocabulary.encode(words_of(checkpoint.settings, text)));
  }
  const std::vector<double> scores = score(*checkpoint.model, sentences);

  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (options.rank) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  }
  std::int64_t all_unknown = 0;
  fmt::print("{:>10}  {:>9}  {:>7}  sentence\n", "log p", "per word", "unknown");
  for (const std::size_t i : order) {
    const auto unknown = count_unknown(sentences[i], checkpoint.vocabulary);
    all_unknown += unknown;
    fmt::print("{:10.3f}  {:9.3f}  {:7}  {}\n", scores[i],
               scores[i] / static_cast<double>(sentences[i].size() - 1), unknown, texts[i]);
  }
  if (all_unknown > 0) {
    fmt::print(
        "note: words unknown to the model all count as {}, a frequent one; sentences that "
        "differ in them cannot be compared\n",
        Vocabulary::kUnknown);
  }
}

void run_presets() {
  for (const Preset& preset : all_presets()) {
    fmt::print("{}: {}\n  {}\n\n", preset.name, preset.source,
               fmt::join(options_of(preset.settings), " "));
  }
  fmt::print("Whatever is not named is as by default.\n");
}

}  // namespace wordlm
