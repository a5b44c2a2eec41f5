#include "tagger/commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/output.h"
#include "tagger/builtin_sentences.h"
#include "tagger/tagger_file.h"
#include "text/given_texts.h"
#include "text/sentences.h"

namespace tagger {

using examples::say;
namespace {

constexpr std::int64_t kTested = 2000;  // built-in sentences
constexpr std::uint64_t kTestSeed = 12345;

/// Words and their tags, a line each, as a file of columns has them.
void say_tags(const Tagger& tagger, const Sentence& sentence) {
  const Encoded encoded = tagger.encode(sentence);
  const std::vector<std::int32_t> tags = tagger.find(std::span(&encoded, 1)).tags[0];
  std::size_t widest = 0;
  for (const std::string& word : sentence.words) widest = std::max(widest, word.size());
  for (std::size_t i = 0; i < sentence.words.size(); ++i) {
    say("{:<{}}  {}\n", sentence.words[i], widest, tagger.tags[static_cast<std::size_t>(tags[i])]);
  }
  say("\n");
}

}  // namespace

void run_eval(const EvalOptions& options) {
  const auto tagger = load_tagger(options.load, options.data.empty());
  const bool built_in = options.data.empty();
  const Corpus corpus =
      built_in ? builtin_sentences(kTested, kTestSeed) : read_corpus(options.data, tagger->tags);
  if (built_in && corpus.tags != tagger->tags) {
    unroll::fail<unroll::Error>("{}: not trained on built-in sentences; --data names others",
                                options.load);
  }
  const Scores scores = score(*tagger, tagger->encode(corpus));
  say("{}\naccuracy {:.2f} %", corpus.description, 100 * scores.accuracy);
  if (built_in) {
    const BestPossible best = best_possible(corpus);
    say(", best possible {:.2f} %\n{:.4f} nats a word, entropy of the tags {:.4f}\n",
        100 * best.accuracy, scores.nats, best.nats);
    return;
  }
  say("\n{:.4f} nats a word\n", scores.nats);
  if (!are_chunk_tags(tagger->tags)) return;
  const ChunkScore& chunks = scores.chunks;
  say("chunks: {} found, {} of them of {} right: precision {:.2f} %, recall {:.2f} %, F1 {:.2f} "
      "%\n",
      chunks.found, chunks.correct, chunks.right, 100 * chunks.precision(), 100 * chunks.recall(),
      100 * chunks.f1());
}

void run_tag(const TagOptions& options) {
  const auto tagger = load_tagger(options.load);
  text::for_each_given_text(options.texts, "tag", [&](const std::string& text) {
    bool any = false;
    text::for_each_sentence(text, text::Case::kept, [&](const text::Sentence& words) {
      say_tags(*tagger, {{words.begin(), words.end()}, {}});
      any = true;
    });
    if (!any) unroll::fail<unroll::Error>("'{}' holds no word to tag", text);
    (void)examples::flush_out();
  });
}

}  // namespace tagger
