/// variants: recurrent cells compared on toy tasks. Without arguments it trains four of them on
/// the adding problem, less than a minute.

#include <unroll/core/run/threads.h>
#include <unroll/optim/optimizers.h>

#include <CLI/CLI.hpp>
#include <new>

#include "common/output.h"
#include "common/validators.h"
#include "variants/cells.h"
#include "variants/commands.h"

namespace {

using namespace variants;

/// What the command line says; what it leaves out comes from the task.
struct Arguments {
  bool list = false;
  bool tasks = false;
  std::string show;
  std::string plan;
  std::string view;
  int threads = 1;
  CompareOptions compare;
};

void add_options(CLI::App& app, Arguments& a) {
  Settings& s = a.compare.settings;
  std::vector<std::string> tasks;
  for (const TaskEntry* task : all_tasks()) tasks.emplace_back(task->name);
  std::vector<std::string> optimizers;
  for (const unroll::OptimizerEntry& entry : unroll::all_optimizers()) {
    optimizers.emplace_back(entry.name);
  }

  app.add_flag("--list", a.list, "every cell: its equations, parameters (--hidden), lines of code");
  app.add_flag("--tasks", a.tasks, "every task: its definition and its defaults");
  app.add_option("--show", a.show, "the code of a cell");
  app.add_option(
      "--plan", a.plan,
      "the plan of a training step of a cell on the task: what runs, in which order, and "
      "how long it takes");
  app.add_option("--view", a.view,
                 "with --plan: where to write that step as a page, to be opened in a browser; best "
                 "with a short --length")
      ->needs("--plan");
  app.add_option("--cell", a.compare.cells, "names of cells to train, separated by commas, or all")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--task", s.task, "what to train them on; see --tasks")
      ->check(CLI::IsMember(tasks))
      ->capture_default_str();
  const auto add_count = [&](const char* name, Index& value, Index least, Index most,
                             const char* text) {
    return app.add_option(name, value, text)->check(CLI::Range(least, most));
  };
  add_count("--length", s.length, 1, 1000000, "of a sequence; what it counts: see --tasks");
  add_count("--hidden", s.hidden, 1, 100000, "units of the cell");
  add_count("--batch", s.batch, 1, 100000, "sequences that share a step");
  add_count("--steps", s.steps, 0, 100000000, "training steps");
  app.add_option("--lr", s.learning_rate, "learning rate")->check(examples::positive());
  app.add_option("--clip", s.clip, "largest norm of a gradient; 0: any")
      ->check(examples::not_negative());
  app.add_option("--forget-bias", s.forget_bias, "added to the bias of forget gates")
      ->check(examples::any_number())
      ->capture_default_str();
  app.add_option("--optimizer", s.optimizer, "what takes the steps")
      ->check(CLI::IsMember(optimizers))
      ->capture_default_str();
  add_count("--every", s.every, 1, 100000000, "steps between measurements")->capture_default_str();
  add_count("--test", s.test, 1, 1000000, "sequences to measure with")->capture_default_str();
  app.add_option("--seed", s.seed, "of everything random")
      ->check(examples::whole_number())
      ->capture_default_str();
  app.add_option("--plot", a.compare.plot,
                 "draws the learning curves: writes PLOT.svg and PLOT.png");
  app.add_option("--csv", a.compare.csv, "where to write the numbers of the learning curves");
  app.add_option("--threads", a.threads,
                 "for matrix products, which here are too small for more than one to pay; 0: as "
                 "many as there are cores")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

/// The small job of a call without arguments.
void set_small_job(CompareOptions& options) {
  options.settings.length = 40;
  options.settings.hidden = 32;
  options.settings.steps = 1500;
}

/// What was not asked for is as the task has it.
void set_defaults(const CLI::App& app, Settings& s) {
  const Defaults& d = find_task(s.task).defaults;
  const auto set = [&]<class T>(const char* name, T& value, T fallback) {
    if (app.get_option(name)->count() == 0 && value == T{}) value = fallback;
  };
  set("--length", s.length, d.length);
  set("--hidden", s.hidden, d.hidden);
  set("--batch", s.batch, d.batch);
  set("--steps", s.steps, d.steps);
  set("--lr", s.learning_rate, d.learning_rate);
  set("--clip", s.clip, d.clip);
}

int run(const CLI::App& app, Arguments& arguments, bool without_arguments) {
  unroll::set_threads(arguments.threads);
  CompareOptions& compare = arguments.compare;
  if (arguments.tasks) {
    list_tasks();
  } else if (!arguments.show.empty()) {
    show_cell(arguments.show);
  } else {
    if (without_arguments) set_small_job(compare);
    set_defaults(app, compare.settings);
    if (!arguments.plan.empty()) {
      show_plan(arguments.plan, compare.settings, arguments.view);
    } else if (arguments.list) {
      list_cells(compare.settings.hidden);
    } else {
      return compare_cells(compare);
    }
  }
  return 0;
}

int report(const char* error) {
  (void)examples::flush_out();
  examples::write_error(fmt::format("variants: {}\n", error));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  examples::open_standard_streams();
  CLI::App app(
      "variants: recurrent cells compared on toy tasks.\n"
      "Without arguments it trains four of them on the adding problem, less than a minute.");
  Arguments arguments;
  add_options(app, arguments);
  int status = 0;
  try {
    app.parse(argc, argv);
    status = run(app, arguments, argc == 1);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : 2;
  } catch (const std::bad_alloc&) {
    status = report("not enough memory; a smaller --batch, --hidden or --length needs less");
  } catch (const std::exception& error) {
    status = report(error.what());
  }
  examples::end_program(status, "variants");
}
