// Training and its report, on sizes that take no time.
#include "variants/trainer.h"

#include "common/interrupt.h"
#include "support.h"
#include "variants/cells.h"
#include "variants/report.h"

namespace unroll::testing {
namespace {

using variants::Outcome;
using variants::Point;
using variants::Result;
using variants::Settings;
using variants::Task;

Settings tiny() {
  Settings settings;
  settings.task = "parity";
  settings.length = 6;
  settings.hidden = 8;
  settings.batch = 16;
  settings.steps = 250;
  settings.learning_rate = 0.02;
  settings.clip = 1;
  settings.test = 120;  // two pieces and a part of one
  return settings;
}

const CellEntry& cell_named(const std::string& name) {
  return *variants::find_cells(std::vector{name}).front();
}

Result train(const std::string& cell, const Settings& settings) {
  return variants::train(cell_named(cell),
                         *variants::find_task(settings.task).make(settings.length), settings);
}

bool same_curves(const Result& a, const Result& b) {
  return std::equal(a.curve.begin(), a.curve.end(), b.curve.begin(), b.curve.end(),
                    [](const Point& p, const Point& q) {
                      return p.step == q.step && p.measure.loss == q.measure.loss &&
                             p.measure.score == q.measure.score;
                    });
}

TEST_CASE("variants: cells are found by name, each once, and all by one word") {
  const auto names_of = [](const std::vector<std::string>& names) {
    std::vector<std::string_view> found;
    for (const CellEntry* cell : variants::find_cells(names)) found.push_back(cell->name);
    return found;
  };
  CHECK(names_of({"mine", "gru", "mine"}) == std::vector<std::string_view>{"mine", "gru"});
  CHECK(names_of({"gru", "all"}).front() == "gru");
  CHECK(names_of({"gru", "all"}).size() == variants::cells().size());
  CHECK(variants::cells().size() > all_cells().size());
  CHECK_THROWS_WITH_AS((void)variants::find_cells(std::vector<std::string>{"gru", "grü"}),
                       doctest::Contains("no cell 'grü'; there are: rnn, "), Error);
}

TEST_CASE("variants: equations are short: the median below 10 lines, none above 20") {
  std::vector<Index> lines;
  for (const CellEntry& cell : variants::cells()) lines.push_back(variants::equation_lines(cell));
  std::sort(lines.begin(), lines.end());
  CHECK(lines[lines.size() / 2] < 10);
  CHECK(lines.back() <= 20);
  CHECK(variants::equation_lines(cell_named("mine")) == 3);
}

TEST_CASE("variants: a training solves an easy task, and gives the same numbers again") {
  const Result result = train("gru", tiny());
  CHECK(result.outcome == Outcome::complete);
  CHECK(result.steps == 250);
  CHECK(result.parameters == 3 * (8 * 2 + 8 * 8 + 8) + 8);
  std::vector<Index> steps;
  for (const Point& point : result.curve) steps.push_back(point.step);
  CHECK(steps == std::vector<Index>{0, 100, 200, 250});
  CHECK(result.curve.front().measure.loss == doctest::Approx(std::log(2)).epsilon(0.2));
  CHECK(result.curve.back().measure.score == 1);
  CHECK(result.steps_to_solve.has_value());
  CHECK(same_curves(result, train("gru", tiny())));

  Settings other = tiny();
  other.seed = 2;
  CHECK_FALSE(same_curves(result, train("gru", other)));
}

TEST_CASE("variants: every cell learns something on every task") {
  for (const auto* entry : variants::all_tasks()) {
    for (const CellEntry& cell : variants::cells()) {
      Settings settings = tiny();
      settings.task = std::string(entry->name);
      settings.length = 4;
      settings.steps = 60;
      settings.learning_rate = 0.01;
      const Result result = train(std::string(cell.name), settings);
      INFO(entry->name, ", ", cell.name, ": ", result.error);
      CHECK(result.outcome == Outcome::complete);
      CHECK(result.curve.back().measure.loss < result.curve.front().measure.loss);
    }
  }
}

TEST_CASE("variants: a training that diverges or fails is reported in the table, not thrown") {
  Settings settings = tiny();
  settings.task = "adding";
  settings.clip = 0;
  settings.learning_rate = 1e30;
  const Result diverged = train("rnn-relu", settings);
  CHECK(diverged.outcome == Outcome::diverged);
  CHECK(diverged.steps < 250);
  CHECK(diverged.curve.size() >= 1);

  CellEntry broken = cell_named("gru");
  broken.make = [](const Parameters&, Input, Index, const CellOptions&) -> AnyCell {
    fail<Error>("a cell of three layers needs 3 units, not 8");
  };
  const Result failed = variants::train(broken, *variants::find_task("parity").make(4), tiny());
  CHECK(failed.outcome == Outcome::failed);
  CHECK(failed.error == "a cell of three layers needs 3 units, not 8");
  CHECK(failed.curve.empty());
}

TEST_CASE("variants: an interrupted training returns the steps it has made") {
  Settings settings = tiny();
  const auto task = variants::find_task("parity").make(6);
  const Result result =
      variants::train(cell_named("rnn"), *task, settings, [](Index step, double loss) {
        CHECK(std::isfinite(loss));
        if (step == 120) examples::interrupted = true;
      });
  examples::interrupted = false;
  CHECK(result.outcome == Outcome::interrupted);
  CHECK(result.steps == 120);
  CHECK(result.curve.size() == 2);
}

Result made_up(const std::string& cell, std::vector<double> losses,
               Outcome outcome = Outcome::complete) {
  Result result;
  result.cell = &cell_named(cell);
  result.parameters = 100;
  result.outcome = outcome;
  for (const double loss : losses) {
    result.curve.push_back({result.steps, {loss, 0.5}});
    result.steps += 100;
  }
  result.steps -= 100;
  result.seconds = 2;
  return result;
}

TEST_CASE("variants: the table lists the best cell first and failures last") {
  std::vector<Result> results = {made_up("rnn", {0.9, 0.17}), made_up("lstm", {0.8, NAN}),
                                 made_up("gru", {0.7, 0.01}), made_up("mine", {})};
  results[1].outcome = Outcome::diverged;
  results[2].steps_to_solve = 100;
  results[3].outcome = Outcome::failed;
  results[3].error = "it cannot";
  variants::sort_results(results);
  Settings settings = tiny();
  settings.task = "adding";
  const auto& entry = variants::find_task("adding");
  CHECK(variants::table(entry, *entry.make(6), settings, results) ==
        "adding of length 6, 250 steps; 8 hidden units, batches of 16, adam at 0.02, clipped at 1, "
        "seed 1\n"
        "loss: squared error; guessing gives 0.1667\n"
        "score: % of sums right to 0.04; solved: loss below 0.01\n"
        "\n"
        "cell  parameters  equations        loss    score  steps to solve  seconds  steps/s\n"
        "gru          100          4    0.010000     50.0             100      2.0     50.0\n"
        "rnn          100          1    0.170000     50.0               -      2.0     50.0\n"
        "lstm         100          6         nan     50.0               -      2.0     50.0  "
        "diverged at step 101\n"
        "mine         100          3  it cannot\n");
}

TEST_CASE("variants: curves are written as a chart and as a table of numbers") {
  const std::vector<Result> results = {made_up("gru", {0.7, 0.01}), made_up("rnn", {0.9, 0.17})};
  Settings settings = tiny();
  settings.task = "reber";
  settings.length = 1;
  const auto& entry = variants::find_task("reber");
  const examples::Chart chart = variants::learning_curves(entry, *entry.make(1), settings, results);
  CHECK(chart.title == "Reber of length 1");
  CHECK(chart.logarithmic);
  CHECK(chart.levels.size() == 2);
  CHECK(chart.curves.size() == 2);
  CHECK(chart.curves[0].name == "gru");
  CHECK(chart.curves[0].note == "0.01");
  CHECK(chart.curves[0].points[1].x == 100);
  CHECK(chart.curves[0].points[1].y == 0.01);
  CHECK(variants::to_csv(results) ==
        "cell,step,loss,score\ngru,0,0.7,0.5\ngru,100,0.01,0.5\nrnn,0,0.9,0.5\nrnn,100,0.17,0.5\n");
}

}  // namespace
}  // namespace unroll::testing
