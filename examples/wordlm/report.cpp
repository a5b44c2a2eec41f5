#include "wordlm/report.h"

#include <cmath>

#include "common/numbers.h"
#include "common/output.h"
#include "wordlm/words.h"

namespace wordlm {

using examples::say;

using examples::grouped;
namespace {

/// A word, short enough for a message, on one line.
std::string shortened(const std::string& word) {
  if (word == "\n") return "\\n";
  constexpr std::size_t kCharacters = 40;
  std::size_t end = 0;
  for (std::size_t i = 0; i < kCharacters; ++i) end += code_point_at(word, end).length;
  return end < word.size() ? word.substr(0, end) + "..." : word;
}

}  // namespace

const char* unit_of(Reading reading) {
  return reading == Reading::characters ? "character" : "word";
}

void print_vocabulary(const Vocabulary& vocabulary, std::int64_t ids, Reading reading) {
  const VocabularyCounts& counts = vocabulary.counts();
  const char* const unit = unit_of(reading);
  say("vocabulary: {} {}s in {} {}, {} distinct; {} ids, the rarest {} kept is '{}', seen {}\n",
      grouped(counts.words), unit, grouped(counts.sentences),
      reading == Reading::characters ? "lines" : "sentences", grouped(counts.distinct_words),
      grouped(vocabulary.size()), unit, shortened(counts.rarest_word),
      counts.rarest_count == 1 ? "once" : fmt::format("{} times", counts.rarest_count));
  if (counts.unknown > 0) {
    say("note: words of the text that stand for {}, too rare or marked so: {}\n",
        Vocabulary::kUnknown, grouped(counts.unknown));
  }
  if (ids > vocabulary.size()) {
    say("note: the model has {} ids as asked for; {} of them have no word\n", grouped(ids),
        grouped(ids - vocabulary.size()));
  }
}

void print_model(const Checkpoint& checkpoint) {
  const ModelSettings& s = checkpoint.settings.model;
  say("model: {} of {} x {}, {}{}{}: {} parameters\n", s.cell, s.layers, s.hidden,
      s.embedding > 0 ? fmt::format("embedding {}", s.embedding) : "one-hot input",
      s.tie ? ", the output's weights too" : "", s.bias ? "" : ", no biases",
      grouped(checkpoint.model->parameters().size()));
  std::string equations(unroll::find_cell(s.cell).equations);
  for (std::size_t at = 0; (at = equations.find('\n', at)) != std::string::npos; ++at) {
    equations.replace(at, 1, "\n       ");
  }
  say("       {}\n", equations);
}

void print_floor(const Corpus& corpus) {
  if (!corpus.source_entropy) return;
  say("the loss no model can beat: {:.4f} in the long run", *corpus.source_entropy);
  if (corpus.held_out_entropy) {
    say(", {:.4f} on these test sentences", *corpus.held_out_entropy);
  }
  say("\n");
}

void print_evaluation(const Evaluation& evaluation, Reading reading) {
  say("loss: {:.4f} nats per {}\nperplexity: {:.2f}\n", evaluation.loss, unit_of(reading),
      std::exp(evaluation.loss));
}

void print_samples(const Checkpoint& checkpoint, int count, std::uint64_t seed,
                   const SamplingOptions& options) {
  const Model& model = *checkpoint.model;
  const Vocabulary& vocabulary = checkpoint.vocabulary;
  for (int i = 0; i < count; ++i) {
    // A stream of its own for each: a sample does not depend on how many come before it.
    unroll::Random random(seed, unroll::hash_name(fmt::format("sample {}", i)));
    if (checkpoint.settings.text.reading == Reading::characters) {
      say("{}{}\n", i > 0 ? "\n---\n" : "", sample_characters(model, vocabulary, options, random));
    } else {
      say("  {}\n", join_words(sample_sentence(model, vocabulary, options, random)));
    }
  }
}

}  // namespace wordlm
