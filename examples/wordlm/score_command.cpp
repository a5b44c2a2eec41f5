#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "common/numbers.h"
#include "common/output.h"
#include "text/characters.h"
#include "text/given_texts.h"
#include "wordlm/any_model.h"
#include "wordlm/commands.h"
#include "wordlm/report.h"

namespace wordlm {

using examples::count_of;
using examples::say;
namespace {

/// A sentence and what the model says of it.
struct Scored {
  std::string text;
  std::vector<std::string> words;         // and the end of the sentence
  std::vector<double> log_probabilities;  // of each of them
  double log_probability = 0;             // of all of them
  std::int64_t unknown = 0;               // words that the model does not know

  [[nodiscard]] double per_word() const {
    return log_probability / static_cast<double>(log_probabilities.size());
  }
};

/// Reads a text like training text, but as one sentence, whatever it holds.
Scored score(const AnyModel& model, const std::string& text) {
  const Vocabulary& vocabulary = model.vocabulary;
  Scored scored;
  scored.text = text;
  const auto [ids, tokens] = encode_text(model.settings.text, vocabulary, text);
  scored.words = tokens;
  scored.words.push_back(vocabulary.word(ids.back()));
  scored.log_probabilities = model.log_probabilities(ids);
  scored.log_probability =
      std::accumulate(scored.log_probabilities.begin(), scored.log_probabilities.end(), 0.0);
  scored.unknown = std::count(ids.begin(), ids.end(), vocabulary.unknown());
  return scored;
}

/// A token on one line.
std::string visible(const std::string& token) {
  return token == "\n" ? "\\n" : text::repair_utf8(token).text;
}

void print_header(const ScoreOptions& options) {
  if (options.json) return;
  if (options.words) {
    say("{:>10}  word\n", "log p");
  } else {
    say("{:>10}  {:>9}  {:>7}  sentence\n", "log p", "per word", "unknown");
  }
}

void print_json(const Scored& scored, bool words) {
  nlohmann::ordered_json line{{"text", scored.text},
                              {"log_probability", scored.log_probability},
                              {"per_word", scored.per_word()},
                              {"unknown", scored.unknown}};
  for (std::size_t i = 0; words && i < scored.words.size(); ++i) {
    line["words"].push_back(
        {{"word", visible(scored.words[i])}, {"log_probability", scored.log_probabilities[i]}});
  }
  say("{}\n", line.dump());
}

void print(const Scored& scored, const ScoreOptions& options) {
  if (options.json) {
    print_json(scored, options.words);
  } else if (options.words) {
    for (std::size_t i = 0; i < scored.words.size(); ++i) {
      say("{:10.3f}  {}\n", scored.log_probabilities[i], visible(scored.words[i]));
    }
    say("{:10.3f}  in all: {}\n\n", scored.log_probability, scored.text);
  } else {
    say("{:10.3f}  {:9.3f}  {:7}  {}\n", scored.log_probability, scored.per_word(), scored.unknown,
        scored.text);
  }
  (void)examples::flush_out();  // who sends line by line waits for each answer
}

void print_unknown(const AnyModel& model) {
  const std::int64_t seen = model.unknown_words;
  say("note: words unknown to the model all count as {}, {}; sentences that differ in them cannot "
      "be compared\n",
      Vocabulary::kUnknown,
      seen > 0 ? fmt::format("which stood for {} of its training text", count_of(seen, "rare word"))
               : "which its training text never held");
}

}  // namespace

void run_score(const ScoreOptions& options) {
  const AnyModel model = load_any(options.load);
  std::vector<Scored> ranked;
  std::int64_t count = 0;
  std::int64_t unknown = 0;
  text::for_each_given_text(options.sentences, "score", [&](const std::string& text) {
    Scored scored = score(model, text);
    if (count++ == 0) print_header(options);
    unknown += scored.unknown;
    if (options.rank) {
      ranked.push_back(std::move(scored));
    } else {
      print(scored, options);
    }
  });
  std::ranges::stable_sort(ranked, std::ranges::greater(), &Scored::log_probability);
  for (const Scored& scored : ranked) print(scored, options);
  if (unknown > 0 && !options.json) print_unknown(model);
}

}  // namespace wordlm
