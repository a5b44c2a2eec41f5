/// The options of a text to train on.

#include <algorithm>

#include "common/training_options.h"
#include "common/validators.h"
#include "wordlm/options.h"

namespace wordlm {
namespace {

using examples::not_negative;
using examples::one_of;
using examples::Options;

Tokens tokens_of(const std::string& name) {
  return static_cast<Tokens>(std::ranges::find(kTokenNames, name) - kTokenNames.begin());
}

Options add_kind_options(CLI::App& app, TextSettings& s) {
  auto* const stream = app.add_flag("--stream", s.running,
                                    "running text in --batch parallel streams, read in pieces of "
                                    "--bptt steps, the state carried on; a text file is read as it "
                                    "is, words between blanks, a line a sentence");
  auto* const tokens =
      app.add_option_function<std::string>(
             "--tokens", [&s](const std::string& name) { s.tokens = tokens_of(name); },
             "the units of the text: word, char, byte, or bpe, pieces of words found by byte-pair "
             "encoding; without it char for a text without blanks between words, else word")
          ->check(one_of("tokens", {kTokenNames.begin(), kTokenNames.end()}));
  auto* const chars = app.add_flag_callback(
      "--chars",
      [&s] {
        s.running = true;
        s.tokens = Tokens::character;
      },
      "running text of characters: --stream --tokens char");
  chars->excludes(tokens);
  return {
      stream,
      tokens,
      chars,
      app.add_flag("--keep-case", s.keep_case, "words keep their upper case"),
      app.add_option("--comments", s.comments, "how many built-in comments to train on")
          ->check(CLI::Range(1, 10000000))
          ->capture_default_str(),
      app.add_option("--first", s.limit, "train on the first so many sentences only; 0: all")
          ->check(not_negative())
          ->capture_default_str(),
      app.add_option("--held-out", s.held_out,
                     "part of the sentences kept to measure on, of running text the last; 0: the "
                     "loss shown is that of the training sentences")
          ->check(not_negative())
          ->check(CLI::Range(0.0, 0.5))
          ->capture_default_str(),
      app.add_option("--min-count", s.min_count,
                     "words seen less often become UNKNOWN_TOKEN, which is learned from them; "
                     "without it 2 where else no word of a text of 2000 or more would")
          ->check(CLI::Range(1, 1000000)),
      app.add_option("--vocabulary", s.vocabulary,
                     "ids of the model: the special words and the most frequent others; without it "
                     "as many as the text has, at most 8000")
          ->check(CLI::Range(4, 10000000)),
  };
}

}  // namespace

TextOptions add_text(CLI::App& app, TextSettings& s, IdsPlace& ids) {
  auto* const data =
      app.add_option("--data", s.data,
                     "a file of comments: a table, as .csv or .tsv, lines of JSON, as .jsonl, or "
                     "text, one comment a line; each of them perhaps packed, as .gz; '-': standard "
                     "input; may be given several times; without it built-in comments")
          ->allow_extra_args(false);
  TextOptions options{data, nullptr, nullptr, add_reading_options(app, s), {}};
  options.valid = app.add_option("--valid", s.valid,
                                 "a file to measure on after each epoch, instead of --held-out");
  options.test = app.add_option("--test", s.test, "a file to measure on in the end");
  app.add_option("--ids", ids.file,
                 "a file in which the ids of the text are kept, so that it is read once only; "
                 "'none': nowhere; without it beside a text of 64 MB or more, as TEXT.ids");
  options.kind = add_kind_options(app, s);
  app.get_option("--comments")->excludes(data);
  for (CLI::Option* const option : options.reading) option->needs(data);
  return options;
}

}  // namespace wordlm
