#include "wordlm/options.h"

#include <algorithm>

#include "common/validators.h"
#include "wordlm/text_format.h"

namespace wordlm {

using examples::positive;
using examples::whole_number;

namespace {

void add_load(CLI::App& app, std::string& load) {
  app.add_option("--load", load, "the model, a file that 'wordlm train --save' wrote")->required();
}

void add_sample(CLI::App& app, SampleOptions& options) {
  add_load(app, options.load);
  app.add_option("--count", options.count, "sentences")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--temperature", options.sampling.temperature,
                 "below 1 likely words become likelier, above 1 unlikely ones")
      ->check(positive())
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str();
  auto* const least = app.add_option("--min-words", options.sampling.min_words,
                                     "shortest sentence; six characters count as a word")
                          ->check(CLI::Range(0, 1000))
                          ->capture_default_str();
  auto* const most = app.add_option("--max-words", options.sampling.max_words, "longest sentence")
                         ->check(CLI::Range(1, 100000))
                         ->capture_default_str();
  app.callback([=, &options] {
    const auto [shortest, longest] =
        std::pair(options.sampling.min_words, options.sampling.max_words);
    if (shortest > longest) {
      throw CLI::ValidationError(
          (most->count() > 0 ? most : least)->get_name(),
          fmt::format("no sentence has at least {} and at most {} words", shortest, longest));
    }
  });
  app.add_option("--prompt", options.prompt, "what every text begins with");
  const auto plain = {
      app.add_option("--top-k", options.sampling.top_k,
                     "draw only from so many of the likeliest words; 0: from all")
          ->check(CLI::Range(0, 10000000))
          ->capture_default_str(),
      app.add_option("--top-p", options.sampling.top_p,
                     "draw only from the likeliest words that have together this part of the "
                     "probability")
          ->check(examples::number("PART", "a number above 0, at most 1",
                                   [](double x) { return x > 0 && x <= 1; }))
          ->capture_default_str(),
      app.get_option("--temperature"), app.get_option("--count")};
  auto* const beam =
      app.add_option("--beam", options.beam,
                     "find so many of the likeliest texts instead of drawing any, by a search that "
                     "goes on with so many beginnings")
          ->check(CLI::Range(1, 1000));
  for (CLI::Option* const option : plain) beam->excludes(option);
  app.add_option("--length", options.sampling.length,
                 "tokens of a text, for a model of running text of characters, bytes or pieces")
      ->check(CLI::Range(0, 10000000))
      ->capture_default_str();
  beam->excludes(app.add_option("--seed", options.seed, "another seed, other sentences")
                     ->check(whole_number())
                     ->capture_default_str());
}

}  // namespace

std::vector<CLI::Option*> add_reading_options(CLI::App& app, TextSettings& text) {
  const auto is_format = [](const std::string& name) {
    return std::ranges::find(kFormats, name) == kFormats.end()
               ? fmt::format("no format '{}'; there are: {}", name, fmt::join(kFormats, ", "))
               : std::string();
  };
  const auto is_delimiter = [](const std::string& name) {
    return name == "tab" || (name.size() == 1 && name != "\"" && name != " ")
               ? std::string()
               : fmt::format("'{}' is neither a character nor 'tab'", name);
  };
  return {app.add_option("--read", text.format,
                         "the format of files: csv, tsv, jsonl, lines (a comment a line) or text "
                         "(running text as it is); without it by their endings")
              ->check(CLI::Validator(is_format, "NAME")),
          app.add_option("--column,--field", text.column,
                         "of a table, by name or number, or member of objects of JSON; without it "
                         "'body', 'text', 'comment' or "
                         "'content', or the only one"),
          app.add_option("--delimiter", text.delimiter,
                         "between the fields of csv, a character or 'tab'; without it found")
              ->check(CLI::Validator(is_delimiter, "CHAR")),
          app.add_flag("--skip-bad-rows", text.skip_bad_rows,
                       "leave broken records of a table, or lines of JSON, out and count them")};
}

void add_commands(CLI::App& app, CommandLine& line) {
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", "wordlm " UNROLL_VERSION);
  app.add_option(
         "--threads", line.threads,
         "that work; 0: one a core, as without the option, unless UNROLL_THREADS says otherwise")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.set_config("--config", "",
                 "read options from a file (TOML), those of a command below its name in brackets; "
                 "what is given besides overrides them");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--print-config", line.print_config,
               "write the options that are given as such a file, and do nothing else")
      ->configurable(false);

  auto* const train = app.add_subcommand("train", "train a model");
  add_train(*train, line.train);
  auto* const sample = app.add_subcommand("sample", "write sentences");
  add_sample(*sample, line.sample);
  auto* const eval = app.add_subcommand("eval", "loss and perplexity on a text");
  add_load(*eval, line.eval.load);
  auto* const data =
      eval->add_option("--data", line.eval.data,
                       "comments, as for train; without it, for a model of built-in comments, "
                       "others of those");
  for (CLI::Option* const option : add_reading_options(*eval, line.eval.text)) option->needs(data);
  auto* const held_out =
      eval->add_flag("--held-out", line.eval.held_out,
                     "measure on the part of its own text that the training held out")
          ->excludes(data);
  auto* const mix =
      eval->add_option("--mix", line.eval.mix,
                       "n-grams of 'wordlm ngram --save' to mix with the model; their share is "
                       "that which is best on the text that the training held out");
  auto* const ids = eval->add_option(
      "--ids", line.eval.ids,
      "a file in which the ids of the text it was trained on are kept, or 'none', as for train; "
      "without it TEXT.ids is read where it is there, but not written");
  eval->callback([=] {
    if (ids->count() > 0 && held_out->count() + mix->count() == 0) {
      throw CLI::ValidationError("--ids", "goes with --held-out or --mix");
    }
  });
  auto* const ngram = app.add_subcommand("ngram", "count n-grams: the model to beat");
  add_ngram(*ngram, line.ngram);
  auto* const score = app.add_subcommand("score", "log-probability of sentences");
  add_load(*score, line.score.load);
  score->add_option("sentences", line.score.sentences,
                    "the sentences, each quoted; without any, the lines of standard input");
  score->add_flag("--rank", line.score.rank, "the most probable first");
  score->add_flag("--words", line.score.words, "the log-probability of each word, too");
  score->add_flag("--json", line.score.json, "a line of JSON for each sentence");
  auto* const inspect =
      app.add_subcommand("inspect", "a page of HTML: how a model reads sentences word by word");
  add_inspect(*inspect, line.inspect);
  auto* const plot = app.add_subcommand("plot", "draw the curves of trainings");
  plot->add_option("logs", line.plot.logs, "files that 'wordlm train --log' wrote")->required();
  plot->add_option("-o,--output", line.plot.output, "the picture, .svg or .png")
      ->capture_default_str();
  auto* const info = app.add_subcommand("info", "what a model is and how it was trained");
  info->add_option("model", line.info, "a file that 'wordlm train --save' wrote")->required();
  auto* const presets = app.add_subcommand("presets", "the published recipes and what they set");
  for (CLI::App* const command :
       {train, sample, eval, ngram, score, inspect, plot, info, presets}) {
    command->fallthrough();
    command->allow_config_extras(CLI::config_extras_mode::error);
    command->footer(
        "Before or after the command: --threads, --config, --print-config, see wordlm --help");
  }
}

}  // namespace wordlm
