#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "common/numbers.h"
#include "common/output.h"
#include "common/outputs.h"
#include "wordlm/commands.h"
#include "wordlm/mixture.h"
#include "wordlm/ngram_file.h"
#include "wordlm/report.h"
#include "wordlm/text_format.h"

namespace wordlm {

using examples::grouped;
using examples::say;
namespace {

void print_model(const NgramModel& model) {
  for (int length = 1; length <= model.order(); ++length) {
    const auto [one, two, more] = model.discounts(length);
    say("{}-grams: {}, discounts {:.3f}, {:.3f}, {:.3f}\n", length, grouped(model.distinct(length)),
        one, two, more);
  }
}

void print_loss(const char* what, const NgramModel& model, const SentenceList& texts) {
  if (texts.empty()) return;
  const double loss = mean_loss(log_probabilities(model, texts));
  say("{} loss {:.6f}, perplexity {:.2f}\n", what, loss, std::exp(loss));
}

}  // namespace

void run_ngram(const NgramOptions& given) {
  Settings settings = given.settings;
  TextSettings& text = settings.text;
  std::vector<examples::NamedFile> inputs = {{"--valid", text.valid}, {"--test", text.test}};
  for (const std::string& path : text.data) inputs.push_back({"--data", path});
  std::vector<examples::NamedFile> outputs = {{"--save", given.save}};
  add_ids_file(given.ids, inputs, outputs);
  examples::check_outputs(outputs, inputs);
  choose_format(text);
  check_reading(text, text.data);
  check(text);
  auto [corpus, vocabulary] =
      new_encoded_corpus(text, settings.seed, !given.tokens_given, given.ids);
  say("{}\n", corpus.description);
  print_vocabulary(vocabulary, vocabulary.size(), text);
  keep_first(corpus.train, text);
  NgramFile ngrams{
      settings, vocabulary,
      NgramModel(corpus.train, given.order, vocabulary.size(), vocabulary.sentence_start()),
      fingerprint(corpus.train), vocabulary.counts().unknown};
  print_model(ngrams.model);
  print_floor(corpus);
  print_loss("held-out", ngrams.model, corpus.held_out);
  print_loss("test", ngrams.model, corpus.test);
  if (given.save.empty()) return;
  save_ngrams(given.save, ngrams);
  say("saved: {}\n", given.save);
}

}  // namespace wordlm
