#include "wordlm/report.h"

#include <cmath>

#include "common/numbers.h"
#include "common/output.h"
#include "text/characters.h"
#include "text/words.h"

namespace wordlm {

using examples::say;

using examples::grouped;
namespace {

/// Characters or bytes as a text.
std::string put_together(const text::Sentence& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text::repair_utf8(text).text;
}

/// A word, short enough for a message, on one line.
std::string shortened(const std::string& word) {
  if (word == "\n") return "\\n";
  constexpr std::size_t kCharacters = 40;
  std::size_t end = 0;
  for (std::size_t i = 0; i < kCharacters; ++i) end += text::code_point_at(word, end).length;
  return end < word.size() ? word.substr(0, end) + "..." : word;
}

}  // namespace

void print_vocabulary(const Vocabulary& vocabulary, std::int64_t ids, const TextSettings& text) {
  const VocabularyCounts& counts = vocabulary.counts();
  const Units units = vocabulary.units();
  const char* const unit = units.tokens == Tokens::bpe ? "word" : unit_of(units.tokens);
  say("vocabulary: {} {}s in {} {}, {} distinct; {} ids", grouped(counts.words), unit,
      grouped(counts.sentences), units.has_line_feeds() ? "lines" : "sentences",
      grouped(counts.distinct_words), grouped(vocabulary.size()));
  if (units.tokens == Tokens::bpe) {
    say(", of bytes and of pieces of words such as '{}'", shortened(vocabulary.words().back()));
  } else if (!counts.rarest_word.empty()) {
    say(", the rarest {} kept is '{}', seen {}", unit, shortened(counts.rarest_word),
        counts.rarest_count == 1 ? "once" : fmt::format("{} times", counts.rarest_count));
  }
  say("\n");
  if (counts.unknown > 0) {
    say("note: words of the text that stand for {}, too rare or marked so: {}\n",
        Vocabulary::kUnknown, grouped(counts.unknown));
  }
  if (counts.unknown == 0 && !text.data.empty() && vocabulary.unknown() != Vocabulary::kNone) {
    say("note: no word of the text stands for {}, which is not trained; --min-count 2 would\n",
        Vocabulary::kUnknown);
  }
  if (ids > vocabulary.size()) {
    say("note: the model has {} ids as asked for; {} of them have no word\n", grouped(ids),
        grouped(ids - vocabulary.size()));
  }
}

void print_model(const Checkpoint& checkpoint) {
  const ModelSettings& s = checkpoint.settings.model;
  const std::string kind =
      s.is_window() ? fmt::format("window of {} words, hidden layer of {}", s.order - 1, s.hidden)
                    : fmt::format("{} of {} x {}", s.cell, s.layers, s.hidden);
  const std::string output = s.output == "full"      ? ""
                             : s.output == "sampled" ? fmt::format(", output sampled {}", s.sampled)
                                                     : fmt::format(", output {}", s.output);
  say("model: {}, {}{}{}{}: {} parameters\n", kind,
      s.embedding > 0 ? fmt::format("embedding {}", s.embedding) : "one-hot input",
      s.tie ? ", the output's weights too" : "", output, s.bias ? "" : ", no biases",
      grouped(checkpoint.model->parameters().size()));
  std::string equations(s.is_window() ? "y = b + W x + U tanh(d + H x)"
                                      : unroll::find_cell(s.cell).equations);
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

void print_evaluation(const Evaluation& evaluation, Tokens tokens) {
  say("loss: {:.4f} nats per {}\nperplexity: {:.2f}\n", evaluation.loss, unit_of(tokens),
      std::exp(evaluation.loss));
}

std::string written(const Vocabulary& vocabulary, const Ids& ids) {
  text::Sentence tokens;
  for (const std::int32_t id : ids) tokens.push_back(vocabulary.word(id));
  return vocabulary.units().tokens == Tokens::word ? text::join_words(tokens)
                                                   : put_together(tokens);
}

void print_samples(const Checkpoint& checkpoint, int count, std::uint64_t seed,
                   const SamplingOptions& options, const Ids& prompt) {
  const Vocabulary& vocabulary = checkpoint.vocabulary;
  const bool texts = vocabulary.units().has_line_feeds();
  sample(*checkpoint.model, vocabulary, in_tokens(options, vocabulary.units().tokens), prompt, seed,
         count, [&](int number, const Ids& ids) {
           const std::string text = written(vocabulary, ids);
           texts ? say("{}{}\n", number > 0 ? "\n---\n" : "", text) : say("  {}\n", text);
         });
}

}  // namespace wordlm
