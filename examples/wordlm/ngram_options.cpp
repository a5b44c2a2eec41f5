/// The options of `wordlm ngram`.

#include "common/validators.h"
#include "wordlm/options.h"

namespace wordlm {

void add_ngram(CLI::App& app, NgramOptions& options) {
  app.add_option("--order", options.order, "words of the longest n-grams")
      ->check(CLI::Range(1, NgramModel::kMostOrder))
      ->capture_default_str();
  (void)add_text(app, options.settings.text, options.ids);
  app.add_option("--seed", options.settings.seed, "of the built-in comments")
      ->check(examples::whole_number())
      ->capture_default_str();
  app.add_option("--save", options.save, "where to save the counts");
  app.callback([&app, &options] {
    options.tokens_given =
        app.count("--tokens") > 0 || options.settings.text.tokens != Tokens::word;
  });
}

}  // namespace wordlm
