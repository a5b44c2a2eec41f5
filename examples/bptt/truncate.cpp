#include "bptt/truncate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

namespace {

constexpr Index kHidden = 16;
constexpr Index kBatch = 8;

}  // namespace

Echo::Echo(const CellEntry& entry, const CellOptions& options, Index steps, Index delay)
    : cell_(entry.make(parameters_ / "cell", 1, kHidden, options)),
      readout_(parameters_ / "readout", kHidden, 1),
      x_(DType::f64, {steps, kBatch, 1}),
      y_(DType::f64, {steps, kBatch, 1}) {
  Random random(11);
  for (double& value : x_.values<double>()) value = random.uniform(-1, 1);
  const auto begin = x_.values<double>().begin();
  std::copy(begin, begin + (steps - delay) * kBatch, y_.values<double>().begin() + delay * kBatch);
}

Echo::Gradient Echo::gradient(const Unroll& unroll) const {
  Tape tape(DType::f64);
  const Var outputs = unroll(tape.input(x_), cell_.zero_state(tape, kBatch));
  const Var loss = mean(square(readout_(outputs) - tape.input(y_)));
  const Gradients gradients = tape.gradients(loss, parameters_);
  Gradient all;
  for (const Parameter& p : (parameters_ / "cell").all()) {
    const std::vector<double> values = gradients[p].to_doubles();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

Echo::Gradient Echo::full() const {
  return gradient([&](Var x, AnyState state) { return unroll_over(cell_, x, state).outputs; });
}

Echo::Gradient Echo::windowed(Index steps_back) const {
  return gradient(
      [&](Var x, AnyState state) { return unroll_truncated(cell_, x, state, steps_back).outputs; });
}

Echo::Gradient Echo::in_pieces(Index size) const {
  return gradient([&](Var x, AnyState state) {
    const Index steps = x.shape()[0];
    std::vector<Var> outputs;
    for (Index begin = 0; begin < steps; begin += size) {
      auto piece = unroll_over(cell_, rows(x, begin, std::min(begin + size, steps)), state);
      outputs.push_back(piece.outputs);
      state = piece.last;
      for_each_var(state, [](Var& var) { var = stop_gradient(var); });
    }
    return concat(outputs, 0);
  });
}

Echo::Gradient Echo::randomized(double keep, Random& random) const {
  return gradient([&](Var x, AnyState state) {
    return unroll_randomized(cell_, x, state, keep, random).outputs;
  });
}

Likeness compare(std::span<const double> gradient, std::span<const double> full) {
  const auto product = [](std::span<const double> a, std::span<const double> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  const double length = std::sqrt(product(gradient, gradient));
  const double full_length = std::sqrt(product(full, full));
  return {product(gradient, full) / (length * full_length), length / full_length};
}

Randomized draw_randomized(const Echo& echo, double keep, int draws, std::uint64_t seed) {
  const std::vector<double> full = echo.full();
  Randomized result;
  result.mean.resize(full.size());
  std::vector<double> squares(full.size());
  Random random(seed);
  for (int draw = 0; draw < draws; ++draw) {
    const std::vector<double> one = echo.randomized(keep, random);
    result.mean_cosine += compare(one, full).cosine / draws;
    for (std::size_t i = 0; i < one.size(); ++i) {
      result.mean[i] += one[i] / draws;
      squares[i] += one[i] * one[i] / draws;
    }
  }
  double distance = 0;
  double expected = 0;
  double length = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    const double variance = std::max(0.0, squares[i] - result.mean[i] * result.mean[i]);
    result.standard_error.push_back(std::sqrt(variance / draws));
    distance += std::pow(result.mean[i] - full[i], 2);
    expected += variance / draws;
    length += full[i] * full[i];
  }
  result.distance = std::sqrt(distance / length);
  result.expected_distance = std::sqrt(expected / length);
  return result;
}

std::vector<examples::ChartPoint> train_echo(Index steps, Index delay, Index steps_back,
                                             Index updates) {
  constexpr Index kEvery = 50;
  const Parameters p(DType::f32, 1);
  const Rnn cell(p / "cell", 1, kHidden, {.U = orthogonal()});
  const Linear readout(p / "readout", kHidden, 1);
  Adam adam({.learning_rate = 0.003});
  Random random(1);
  Tape tape;
  std::vector<examples::ChartPoint> losses;
  double total = 0;
  for (Index update = 1; update <= updates; ++update) {
    Tensor numbers(DType::f32, {steps, 2 * kBatch, 1});
    for (float& value : numbers.values<float>()) value = static_cast<float>(random.uniform(-1, 1));
    tape.clear();
    const Var x = tape.input(numbers);
    const Var h = unroll_truncated(cell, x, zero_state(cell, tape, 2 * kBatch), steps_back).outputs;
    const Var loss = mean(square(readout(rows(h, delay, steps)) - rows(x, 0, steps - delay)));
    Gradients gradients = tape.gradients(loss, p);
    clip_by_global_norm(gradients, 1);
    total += loss.item();
    adam.step(gradients);
    if (update % kEvery != 0) continue;
    losses.push_back({static_cast<double>(update), total / kEvery});
    total = 0;
  }
  return losses;
}

namespace {

constexpr Index kSteps = 40;
constexpr Index kDelay = 10;
constexpr std::array<Index, 8> kShown = {0, 1, 2, 5, 9, 10, 20, 39};

struct Case {
  const char* name;
  const char* cell;
  CellOptions options;
};

std::vector<Case> all_cases() {
  return {{"rnn", "rnn", {}},
          {"rnn, U orthogonal", "rnn", {.U = orthogonal()}},
          {"gru", "gru", {}},
          {"lstm", "lstm", {}}};
}

Echo echo_of(const Case& c) { return {find_cell(c.cell), c.options, kSteps, kDelay}; }

void compare_windows(const Folder& folder) {
  say("Truncated at k: the gradient of each output goes at most k steps further back. Its cosine "
      "with the full\ngradient, and its length in lengths of that:\n\n  {:>4}",
      "k");
  examples::Chart chart{
      .title = "What is left of the gradient when it is cut after k steps",
      .subtitle = fmt::format("gradient of the cell's weights; echo after {} steps, fresh networks",
                              kDelay),
      .x_label = "k, steps that the gradient of an output goes back",
      .y_label = "cosine with the full gradient"};
  std::vector<std::vector<Likeness>> all;  // of each case, over k
  for (const Case& c : all_cases()) {
    say(" {:>18} {:>6}", c.name, "length");
    const Echo echo = echo_of(c);
    const std::vector<double> full = echo.full();
    examples::Curve& curve = chart.curves.emplace_back(examples::Curve{.name = c.name});
    std::vector<Likeness>& over_k = all.emplace_back();
    for (Index k = 0; k < kSteps; ++k) {
      over_k.push_back(compare(echo.windowed(k), full));
      if (k <= kShown[6]) curve.points.push_back({static_cast<double>(k), over_k.back().cosine});
    }
  }
  say("\n");
  for (const Index k : kShown) {
    say("  {:>4}", k);
    for (const std::vector<Likeness>& over_k : all) {
      const auto [cosine, length] = over_k[static_cast<std::size_t>(k)];
      say(" {:>18.3f} {:>6.2f}", cosine, length);
    }
    say("\n");
  }
  folder.write("truncate", chart);
}

void compare_pieces() {
  say("\nThe cheaper form: the sequence in pieces of n steps, where the state goes on and the "
      "gradient does not\ncome back. The first output of a piece then sees no step before its "
      "own. Cosine with the full gradient\nof pieces of n steps, beside that of windows of n "
      "steps (k = n - 1):\n\n  {:>4}",
      "n");
  for (const Case& c : all_cases()) say(" {:>18} {:>7}", c.name, "windows");
  say("\n");
  for (const Index n : {1, 5, 10, 20, 40}) {
    say("  {:>4}", n);
    for (const Case& c : all_cases()) {
      const Echo echo = echo_of(c);
      const std::vector<double> full = echo.full();
      say(" {:>18.3f} {:>7.3f}", compare(echo.in_pieces(n), full).cosine,
          compare(echo.windowed(n - 1), full).cosine);
    }
    say("\n");
  }
}

void compare_randomized() {
  constexpr int kDraws = 500;
  say("\nThe randomised form goes on at each step with probability p, and divides by p what goes "
      "on (Tallec &\nOllivier 2017). A single draw is off as any truncation is, but the mean "
      "is the full gradient: its\ndistance from that, over {} draws, is what chance explains. "
      "Distances in lengths of the full gradient:\n\n  {:<18} {:>6} {:>12} {:>12} {:>16} {:>12}\n",
      kDraws, "", "p", "mean reach", "one: cosine", "mean: distance", "by chance");
  for (const Case& c : all_cases()) {
    const Echo echo = echo_of(c);
    for (const double keep : {0.8, 0.9}) {
      const Randomized drawn = draw_randomized(echo, keep, kDraws, 3);
      say("  {:<18} {:>6} {:>12.1f} {:>12.3f} {:>16.4f} {:>12.4f}\n", c.name, keep,
          keep / (1 - keep), drawn.mean_cosine, drawn.distance, drawn.expected_distance);
    }
  }
  say("\nThe price is noise, which grows as p becomes smaller: long paths come rarely, and then "
      "many times too\nlarge.\n");
}

void compare_training(const Folder& folder) {
  constexpr Index kUpdates = 1000;
  constexpr std::array<Index, 4> kUpdatesShown = {200, 400, 600, 1000};
  say("\nWhat a cut costs in training. The rnn with an orthogonal U, on new sequences at each "
      "update, learns to\nrepeat what it read {} steps before only if the gradient reaches that "
      "far. Squared error after so many\nupdates; saying the mean costs {:.4f}:\n\n  {:<8}",
      kDelay, kEchoGuessing, "k");
  for (const Index update : kUpdatesShown) say(" {:>9}", update);
  say("\n");
  examples::Chart chart{
      .title = "Learning with a gradient that is cut after k steps",
      .subtitle = fmt::format("echo after {} steps; rnn of {} units, U orthogonal "
                              "at first",
                              kDelay, kHidden),
      .x_label = "updates",
      .y_label = "squared error",
      .logarithmic = true,
      .levels = {{"saying the mean", kEchoGuessing}}};
  for (const Index k : {kSteps, kDelay, kDelay - 1, kDelay / 2}) {
    const std::string name = k < kSteps ? fmt::format("k = {}", k) : "not cut";
    examples::Curve curve{.name = name, .points = train_echo(kSteps, kDelay, k, kUpdates)};
    say("  {:<8}", name);
    for (const auto& [update, loss] : curve.points) {
      const auto is_it = [at = update](Index shown) { return static_cast<double>(shown) == at; };
      if (std::ranges::any_of(kUpdatesShown, is_it)) say(" {:>9.4f}", loss);
    }
    say("\n");
    chart.curves.push_back(std::move(curve));
  }
  folder.write("truncate-training", chart);
}

}  // namespace

void run_truncate(const Folder& folder) {
  say("A network reads numbers and has to repeat each {} steps later; {} steps, {} units, fresh "
      "networks.\nGradients are those of the cell's weights: the readout's are right however the "
      "cell's are cut.\n\n",
      kDelay, kSteps, kHidden);
  compare_windows(folder);
  compare_pieces();
  compare_randomized();
  compare_training(folder);
}

}  // namespace bptt
