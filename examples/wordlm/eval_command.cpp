#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "common/numbers.h"
#include "common/output.h"
#include "text/input.h"
#include "wordlm/any_model.h"
#include "wordlm/commands.h"
#include "wordlm/encoded_corpus.h"
#include "wordlm/mixture.h"
#include "wordlm/report.h"
#include "wordlm/text_format.h"

namespace wordlm {

using examples::grouped;
using examples::say;
namespace {

/// How many words a text has, and how many of them the model does not know.
void print_counts(const AnyModel& model, const SentenceList& text, std::int64_t words) {
  const Vocabulary& vocabulary = model.vocabulary;
  if (vocabulary.unknown() == Vocabulary::kNone) {
    say("{}s: {}, ends of {} included\n", unit_of(vocabulary.units().tokens), grouped(words),
        vocabulary.units().running ? "lines" : "sentences");
    return;
  }
  std::int64_t unknown = 0;
  text.for_each_piece([&](std::span<const std::int32_t> ids) {
    unknown += std::ranges::count(ids, vocabulary.unknown());
  });
  say("{}s: {}, ends of sentences included; {} unknown to the model ({:.1f} %)\n",
      unit_of(vocabulary.units().tokens), grouped(words), grouped(unknown),
      100.0 * static_cast<double>(unknown) / static_cast<double>(words));
}

/// The text that the training of a model held out, in its ids. Only a file that the user names is
/// written.
Corpus held_out_corpus(const AnyModel& model, const EvalOptions& options) {
  const TextSettings& text = model.settings.text;
  const std::string& path = options.load;
  if (std::ranges::count(text.data, text::kStandardInput) > 0) {
    unroll::fail<unroll::Error>(
        "{}: was trained on standard input, of which nothing is left to measure on", path);
  }
  Corpus corpus = encoded_corpus(text, model.settings.seed, model.vocabulary,
                                 {options.ids, /*read_only=*/options.ids.empty()});
  keep_first(corpus.train, text);
  const std::string& trained = model.data;
  if (!trained.empty() && fingerprint(corpus.train) != trained) {
    unroll::fail<unroll::Error>("{}: {} no longer holds the text this model was trained on", path,
                                fmt::join(text.data, ", "));
  }
  return corpus;
}

/// A text of the user's, or other built-in comments for a model of those, in its ids.
Corpus corpus_to_measure(const AnyModel& model, const EvalOptions& options) {
  TextSettings text = model.settings.text;
  if (options.data.empty() && !text.data.empty()) {
    unroll::fail<unroll::Error>(
        "{}: was trained on {}; --data names a text to measure on, --held-out is the part of that "
        "one it was not trained on",
        options.load, fmt::join(text.data, ", "));
  }
  take_reading(options.text, text);
  if (!options.data.empty()) check_reading(options.text, std::span(&options.data, 1));
  const std::uint64_t seed = model.settings.seed + 2;  // neither training nor test comments
  Corpus corpus = read_evaluation(text, seed, options.data);
  encode(corpus, model.vocabulary);
  return corpus;
}

/// The losses of both models and of their mixture, the share of which is best on held-out text.
void print_mixture(const AnyModel& model, const EvalOptions& options, const SentenceList& text) {
  const AnyModel other = load_any(options.mix);
  if (other.vocabulary.words() != model.vocabulary.words() ||
      other.vocabulary.units() != model.vocabulary.units()) {
    unroll::fail<unroll::Error>(
        "{}: knows other words than {}; both have to be trained on the same text with the same "
        "options of it",
        options.mix, options.load);
  }
  const Corpus trained_on = held_out_corpus(model, options);
  if (!options.held_out) say("the share is that of: {}\n", trained_on.description);
  const SentenceList& held_out = trained_on.held_out;
  if (held_out.empty()) {
    unroll::fail<unroll::Error>("{}: its training held nothing out to find the share on",
                                options.load);
  }
  const double share =
      best_weight(model.all_log_probabilities(held_out), other.all_log_probabilities(held_out));
  const std::vector<double> p = model.all_log_probabilities(text);
  const std::vector<double> q = other.all_log_probabilities(text);
  const auto print = [](const std::string& name, const std::vector<double>& logs) {
    const double loss = mean_loss(logs);
    say("{}: loss {:.4f}, perplexity {:.2f}\n", name, loss, std::exp(loss));
  };
  print(other.description + " alone", q);
  print(fmt::format("mixture of {:.3f} model and {:.3f} {}", share, 1 - share, other.description),
        mix(p, q, share));
}

/// The file of --ids may be none of those that are read.
void check_files(const EvalOptions& options, const TextSettings& text) {
  std::vector<examples::NamedFile> inputs = {{"--load", options.load},
                                             {"--mix", options.mix},
                                             {"--data", options.data},
                                             {"--valid", text.valid},
                                             {"--test", text.test}};
  for (const std::string& path : text.data) inputs.push_back({"--data", path});
  std::vector<examples::NamedFile> outputs;
  add_ids_file({options.ids}, inputs, outputs);
  examples::check_outputs(outputs, inputs);
}

}  // namespace

void run_eval(const EvalOptions& options) {
  const AnyModel model = load_any(options.load);
  check_files(options, model.settings.text);
  const Corpus corpus =
      options.held_out ? held_out_corpus(model, options) : corpus_to_measure(model, options);
  const SentenceList& text = corpus.held_out;
  if (text.empty()) {
    unroll::fail<unroll::Error>("{}: its training held nothing out; --data names a text",
                                options.load);
  }
  const Evaluation evaluation = model.measure(text);
  say("model: {}\n{}\n", model.description, corpus.description);
  print_counts(model, text, evaluation.words);
  print_evaluation(evaluation, model.vocabulary.units().tokens);
  print_floor(corpus);
  if (!options.mix.empty()) print_mixture(model, options, text);
}

}  // namespace wordlm
