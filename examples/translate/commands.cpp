#include "translate/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/files.h>

#include "common/output.h"
#include "common/outputs.h"
#include "translate/attention_plot.h"
#include "translate/bleu.h"
#include "translate/builtin_pairs.h"
#include "translate/translator_file.h"
#include "wordlm/given_texts.h"

namespace translate {
namespace {

using examples::NamedFile;
using examples::say;

constexpr std::int64_t kTested = 1000;  // built-in pairs

}  // namespace

void run_eval(const EvalOptions& options) {
  std::vector<NamedFile> inputs = {{"--load", options.load}};
  for (const std::string& path : options.data) inputs.push_back({"--data", path});
  const NamedFile output{"--output", options.output};
  examples::check_outputs(std::span(&output, 1), inputs);
  const auto translator = load_translator(options.load);
  const bool built_in = options.data.empty();
  const Pairs pairs =
      built_in ? builtin_pairs(kTested, 12345, Part::test) : read_pairs(options.data);
  say("{}\n", built_in ? "built-in pairs: 1,000 that no training sees" : pairs.description);
  const std::vector<Ids> found = translate_all(*translator, pairs, options.search);
  const std::vector<std::string> sentences = sentences_of(found, *translator);
  say("accuracy {:.1f} %{}\n", 100 * accuracy(found, pairs, *translator),
      built_in ? ", best possible 100.0 %" : "");
  say("{}\n", bleu(sentences, references_of(pairs), /*lower=*/true).to_string());
  if (options.output.empty()) return;
  unroll::write_file(options.output, fmt::format("{}\n", fmt::join(sentences, "\n")));
  say("translations: {}\n", options.output);
}

void run_translate(const TranslateOptions& options) {
  const bool draws = !options.attention_plot.empty();
  const NamedFile output{"--attention-plot", options.attention_plot};
  const NamedFile input{"--load", options.load};
  examples::check_outputs(std::span(&output, 1), std::span(&input, 1));
  if (draws && options.texts.size() != 1) {
    unroll::fail<unroll::Error>("--attention-plot: expected one sentence as an argument, found {}",
                                options.texts.size());
  }
  const auto translator = load_translator(options.load);
  wordlm::for_each_given_text(options.texts, "translate", [&](const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    if (words.empty()) unroll::fail<unroll::Error>("'{}': no word to translate", text);
    const Ids source = translator->source_ids(words);
    const Found best = search(*translator, std::span(&source, 1), options.search).front().front();
    say("{}\n", sentences_of({best.words}, *translator).front());
    (void)examples::flush_out();
    if (!draws) return;
    std::vector<std::string> target;
    for (const std::int32_t id : best.words) target.push_back(translator->target.word(id));
    target.emplace_back("(end)");
    unroll::write_file(options.attention_plot,
                       attention_svg(words, target, attention_of(*translator, source, best.words)));
  });
}

void run_bleu(const BleuOptions& options) {
  say("{}\n", bleu(read_lines(options.translations), read_lines(options.references), options.lower)
                  .to_string());
}

}  // namespace translate
