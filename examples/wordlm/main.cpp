/// wordlm: a word language model on a file of comments (the reddit model of the WildML tutorial,
/// grown up). Without arguments it trains on built-in comments and writes ten sentences.

#include <cstdio>
#include <new>

#include "wordlm/options.h"

namespace {

int report(const char* error) {
  std::fflush(stdout);
  fmt::print(stderr, "wordlm: {}\n", error);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace wordlm;
  CLI::App app(
      "wordlm: a word language model on a file of comments.\n"
      "Without a command it trains on built-in comments and writes ten sentences.");
  CommandLine line;
  add_commands(app, line);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (line.threads) unroll::set_threads(*line.threads);
    // What the environment says is looked at before any work is done.
    (void)unroll::threads();
    (void)unroll::Passes::from_environment();
    int status = 0;
    if (app.got_subcommand("sample")) {
      run_sample(line.sample);
    } else if (app.got_subcommand("eval")) {
      run_eval(line.eval);
    } else if (app.got_subcommand("score")) {
      run_score(line.score);
    } else if (app.got_subcommand("presets")) {
      run_presets();
    } else {
      status = run_train(line.train);
    }
    if (std::fflush(stdout) != 0) unroll::fail<unroll::IoError>("the output cannot be written");
    return status;
  } catch (const std::bad_alloc&) {
    return report("not enough memory; a smaller --batch, --hidden or --vocabulary needs less");
  } catch (const std::exception& error) {
    return report(error.what());
  }
}
