#include "translate/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/files.h>

#include <algorithm>
#include <iostream>

#include "common/output.h"
#include "common/outputs.h"
#include "text/characters.h"
#include "text/given_texts.h"
#include "translate/attention_plot.h"
#include "translate/bleu.h"
#include "translate/builtin_pairs.h"
#include "translate/translator_file.h"

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
  const auto translator = load_translator(options.load, options.data.empty());
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
  // A line for each pair of the file, blank for those without words: line by line beside it.
  std::vector<std::string> lines(std::max(pairs.in_file, pairs.pairs.size()));
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    lines[built_in ? i : pairs.pairs[i].number] = sentences[i];
  }
  unroll::write_file(options.output, fmt::format("{}\n", fmt::join(lines, "\n")));
  say("translations: {}\n", options.output);
}

void run_translate(const TranslateOptions& options) {
  const bool draws = !options.attention_plot.empty();
  if (draws) examples::check_is_picture(options.attention_plot);
  const NamedFile output{"--attention-plot", options.attention_plot};
  const NamedFile input{"--load", options.load};
  examples::check_outputs(std::span(&output, 1), std::span(&input, 1));
  if (draws && options.texts.size() != 1) {
    unroll::fail<unroll::Error>("--attention-plot: expected one sentence as an argument, found {}",
                                options.texts.size());
  }
  const auto translator = load_translator(options.load);
  const auto write = [&](const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    if (words.empty()) {
      // A file has a translation for each line; a sentence as an argument is a mistake.
      if (!options.texts.empty()) unroll::fail<unroll::Error>("'{}': no word to translate", text);
      say("\n");
      return;
    }
    const Ids source = translator->source_ids(words);
    const Found best = search(*translator, std::span(&source, 1), options.search).front().front();
    say("{}\n", sentences_of({best.words}, *translator).front());
    (void)examples::flush_out();
    if (!draws) return;
    std::vector<std::string> target;
    for (const std::int32_t id : best.words) target.push_back(translator->target.word(id));
    target.emplace_back("(end)");
    examples::write_picture(
        attention_picture(words, target, attention_of(*translator, source, best.words)),
        options.attention_plot);
  };
  if (!options.texts.empty()) {
    text::for_each_given_text(options.texts, "translate", write);
    return;
  }
  bool any = false;
  for (std::string line; std::getline(std::cin, line); any = true) {
    write(text::repair_utf8(line).text);
  }
  if (!any) unroll::fail<unroll::Error>("no sentence to translate");
}

void run_bleu(const BleuOptions& options) {
  say("{}\n", bleu(read_lines(options.translations), read_lines(options.references), options.lower)
                  .to_string());
}

}  // namespace translate
