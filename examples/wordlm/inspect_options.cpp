/// The options of `wordlm inspect`.

#include "wordlm/options.h"

namespace wordlm {

void add_inspect(CLI::App& app, InspectOptions& options) {
  app.add_option("--load", options.load, "the model, a file that 'wordlm train --save' wrote")
      ->required();
  app.add_option(
         "--text", options.texts,
         "a sentence, quoted, any number of times; without any, the lines of standard input")
      ->expected(1)
      ->take_all();
  app.add_option("--units", options.units,
                 "units of each layer whose gates are shown, as 0,3,17; without it the eight of "
                 "each whose output varies most")
      ->delimiter(',')
      ->check(CLI::Range(0, 100000));
  app.add_option("--view", options.view,
                 "where to write how -log p of the first text was computed and differentiated, "
                 "node by node, a page of its own");
  app.add_option("-o,--output", options.output, "the page, HTML")->capture_default_str();
}

}  // namespace wordlm
