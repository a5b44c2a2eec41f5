/// wordlm: a word language model on a file of comments (the reddit model of the WildML tutorial,
/// grown up). Without arguments it trains on built-in comments and writes ten sentences.

#include "common/output.h"
#include "common/program.h"
#include "wordlm/options.h"

namespace wordlm {
namespace {

/// Runs the command of a command line; the exit status.
int run(const CLI::App& app, const CommandLine& line, const unroll::Processes& processes) {
  const bool trains = app.got_subcommand("train") || app.get_subcommands().empty();
  if (processes.count() > 1 && !trains) {
    if (processes.rank() > 0) return 1;
    unroll::fail<unroll::Error>("{} processes were started, and only 'train' can use several",
                                processes.count());
  }
  if (line.threads) unroll::set_threads(*line.threads);
  // What the environment says is looked at before any work is done.
  (void)unroll::threads();
  (void)unroll::Passes::from_environment();
  if (app.got_subcommand("sample")) {
    run_sample(line.sample);
  } else if (app.got_subcommand("eval")) {
    run_eval(line.eval);
  } else if (app.got_subcommand("ngram")) {
    run_ngram(line.ngram);
  } else if (app.got_subcommand("score")) {
    run_score(line.score);
  } else if (app.got_subcommand("inspect")) {
    run_inspect(line.inspect);
  } else if (app.got_subcommand("plot")) {
    run_plot(line.plot);
  } else if (app.got_subcommand("info")) {
    run_info(line.info);
  } else if (app.got_subcommand("presets")) {
    run_presets();
  } else {
    return run_train(line.train, processes);
  }
  return 0;
}

/// Reads the command line and runs its command; the exit status.
int run(int argc, char** argv, const unroll::Processes& processes) {
  CLI::App app(
      "wordlm: a word language model on a file of comments.\n"
      "Without a command it trains on built-in comments and writes ten sentences.");
  CommandLine line;
  add_commands(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (processes.rank() > 0) return error.get_exit_code() == 0 ? 0 : 2;  // the first says it
    if (const auto* config = dynamic_cast<const CLI::ConfigError*>(&error)) {
      examples::write_error(fmt::format(
          "wordlm: the file of --config: {}; --print-config shows such a file\n", config->what()));
      return 2;
    }
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (line.print_config && processes.rank() > 0) return 0;
  if (line.print_config) {
    examples::write_out(app.config_to_str(/*default_also=*/false));
    return 0;
  }
  return run(app, line, processes);
}

/// The same for the processes that were started together.
int run_together(int argc, char** argv) {
  const unroll::Processes processes;
  try {
    return run(argc, argv, processes);
  } catch (const unroll::FailedElsewhere&) {
    processes.wait_for_abort();  // by the process that says why
    return 1;
  }
}

}  // namespace
}  // namespace wordlm

int main(int argc, char** argv) {
  examples::run_program(
      "wordlm", [&] { return wordlm::run_together(argc, argv); },
      [] { unroll::Processes::abort_all(1); });
}
