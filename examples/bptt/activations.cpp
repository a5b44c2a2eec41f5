#include "bptt/activations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "bptt/networks.h"
#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

std::vector<Slope> slopes_of(Var (*f)(Var), std::span<const double> x) {
  Tape tape(DType::f64);
  const Var in = tape.input(Tensor::of<double>({static_cast<Index>(x.size())}, x));
  const Var y = f(in);
  const Var dy = tape.gradients(y, {&in, 1}).front();
  std::vector<Slope> slopes;
  for (Index i = 0; i < in.shape()[0]; ++i) {
    slopes.push_back({in.value().at(i), y.value().at(i), dy.value().at(i)});
  }
  return slopes;
}

namespace {

/// The largest slope of an activation function; nothing for another operation.
std::optional<double> largest_slope(std::string_view operation) {
  if (operation == "sigmoid") return 0.25;
  if (operation == "tanh" || operation == "relu") return 1;
  return std::nullopt;
}

}  // namespace

std::vector<Saturation> saturations(Var last) {
  Tape& tape = last.tape();
  std::vector<Saturation> all;
  for (std::uint32_t i = 0; i <= last.index(); ++i) {
    const Node node = tape.graph().nodes[i];
    const std::optional<double> largest = largest_slope(node.op->name);
    if (!largest || node.origin >= 0) continue;
    const Var in(&tape, tape.graph().inputs_of(node)[0], last.generation());
    const Var slope = tape.gradients(Var(&tape, i, last.generation()), {&in, 1}).front();
    auto entry = std::find_if(all.begin(), all.end(),
                              [&](const Saturation& s) { return s.name == node.op->name; });
    if (entry == all.end()) entry = all.insert(all.end(), {.name = std::string(node.op->name)});
    entry->values += slope.shape().size();
    entry->share += sum(slope < 0.1 * *largest).item();  // a count until all are counted
  }
  for (Saturation& s : all) s.share /= static_cast<double>(s.values);
  return all;
}

double surviving(Dropped dropped, double rate, Index steps, Index units, Index sequences,
                 std::uint64_t seed) {
  const Parameters p(DType::f64);
  const Rnn cell(p, 1, units, {.bias = false, .W = zeros(), .U = identity()},
                 [](Var h) { return h; });
  Tape tape(DType::f64);
  Noise noise(seed, 0);
  const Dropout drop{rate, noise};
  if (dropped == Dropped::state_with_one_mask) drop_recurrent(tape, p, sequences, rate, noise);
  Var h = full(tape, {sequences, units}, 1);
  const Var x = full(tape, {sequences, 1}, 1);
  for (Index t = 0; t < steps; ++t) {
    h = dropped == Dropped::state   ? cell.step(x, drop(h))
        : dropped == Dropped::input ? cell.step(drop(x), h)
                                    : cell.step(x, h);
  }
  return mean(not_equal(h, 0)).item();
}

double expected_to_survive(Dropped dropped, double rate, Index steps) {
  if (steps == 0 || dropped == Dropped::input) return 1;
  return dropped == Dropped::state ? std::pow(1 - rate, static_cast<double>(steps)) : 1 - rate;
}

namespace {

struct Activation {
  const char* name;
  Var (*f)(Var);
};
constexpr std::array kActivations = {Activation{"sigmoid", sigmoid}, Activation{"tanh", tanh},
                                     Activation{"relu", relu}};

void show_slopes(const Folder& folder) {
  constexpr std::array kShown = {-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0};
  say("A step back multiplies the gradient by the slope of the activation function: at most 1/4 "
      "for the\nsigmoid, 1 for tanh and only at 0, and for ReLU 1 or nothing.\n\n  {:>6}",
      "x");
  for (const auto& [name, f] : kActivations) say(" {:>10} {:>9}", name, "slope");
  say("\n");
  for (const double x : kShown) {
    say("  {:>6}", x);
    for (const auto& [name, f] : kActivations) {
      const Slope at = slopes_of(f, {&x, 1}).front();
      say(" {:>10.4f} {:>9.4f}", at.y, at.slope);
    }
    say("\n");
  }
  std::vector<double> places;
  for (int i = -250; i <= 250; ++i) places.push_back(i / 50.0);
  examples::Chart values{.title = "Activation functions",
                         .subtitle = "sigmoid, tanh and ReLU",
                         .x_label = "x",
                         .y_label = "f(x)",
                         .y_max = 2};
  examples::Chart slopes{.title = "What a step back multiplies by",
                         .subtitle = "the derivatives of sigmoid, tanh and ReLU",
                         .x_label = "x",
                         .y_label = "f'(x)"};
  for (const auto& [name, f] : kActivations) {
    values.curves.push_back({.name = name});
    slopes.curves.push_back({.name = name});
    for (const Slope& at : slopes_of(f, places)) {
      values.curves.back().points.push_back({at.x, at.y});
      slopes.curves.back().points.push_back({at.x, at.slope});
    }
  }
  folder.write("activations", values);
  folder.write("activations-slopes", slopes);
}

void show_saturation(const Folder& folder) {
  constexpr Index kSteps = 30;
  constexpr Index kUpdates = 600;
  constexpr Index kEvery = 20;
  constexpr std::array<Index, 5> kShown = {0, 100, 200, 400, 600};
  const auto task = variants::kAdding.make(kSteps);
  std::vector<Network> networks;
  networks.push_back(make_rnn("rnn sigmoid", sigmoid));
  networks.push_back(make_rnn("rnn tanh", tanh));
  networks.push_back(make_rnn("rnn tanh, large U", tanh, {.U = normal(1)}));
  networks.push_back(make_irnn());
  networks.push_back(make_network("gru"));
  networks.push_back(make_network("lstm"));

  say("\nSaturated: where the slope is less than a tenth of its largest. The share of all values "
      "of "
      "all steps,\n% after so many updates on the adding problem ({} steps), and the loss at the "
      "end; guessing costs {:.4f}:\n\n  {:<28}",
      kSteps, task->guessing(), "updates");
  for (const Index update : kShown) say(" {:>7}", update);
  say(" {:>8}\n", "loss");
  examples::Chart chart{.title = "Saturated while training",
                        .subtitle =
                            "share of values where the slope is below a tenth of its "
                            "largest; adding problem",
                        .x_label = "updates",
                        .y_label = "saturated, %"};
  Random random(3);
  const variants::Batch batch = task->draw(50, random);
  for (const Network& network : networks) {
    std::vector<examples::Curve> curves;
    const auto take = [&](Index update) {
      Tape tape(DType::f64);
      const std::vector<Saturation> all = saturations(network.loss(tape, *task, batch));
      curves.resize(all.size());
      for (std::size_t i = 0; i < all.size(); ++i) {
        curves[i].name =
            all.size() == 1 ? network.name : fmt::format("{}: its {}", network.name, all[i].name);
        curves[i].points.push_back({static_cast<double>(update), 100 * all[i].share});
      }
    };
    train(network, *task, kUpdates, [&](Index update, Var /*loss*/) {
      if (update % kEvery == 0) take(update);
    });
    take(kUpdates);
    const double loss = test_loss(network, *task);
    for (examples::Curve& curve : curves) {
      say("  {:<28}", curve.name);
      for (const Index update : kShown) {
        say(" {:>7.1f}", curve.points[static_cast<std::size_t>(update / kEvery)].y);
      }
      say(" {:>8.4f}\n", loss);
      chart.curves.push_back(std::move(curve));
    }
  }
  folder.write("activations-saturated", chart);
  say("\nWith large recurrent weights tanh is flat from the beginning. The other tanh network and "
      "the "
      "sigmoid are\nnot flat anywhere and fail as well: over so many steps slopes below 1 are "
      "enough. ReLU is 0 for most\nvalues and learns all the same: where it is not 0 its slope is "
      "1.\n");
}

void show_dropout(const Folder& folder) {
  constexpr double kRate = 0.2;
  constexpr Index kUnits = 64;
  constexpr Index kSequences = 100;
  constexpr std::array<Index, 7> kShown = {0, 1, 2, 5, 10, 20, 40};
  struct Case {
    const char* name;
    Dropped dropped;
  };
  constexpr std::array kCases = {Case{"input", Dropped::input},
                                 Case{"state, one mask", Dropped::state_with_one_mask},
                                 Case{"state, new masks", Dropped::state}};
  say("\nDropout of {:g} %: the share of a state that is not zero after T steps, counted over {} "
      "units, beside\nwhat is to be expected. Dropped from what is read (Zaremba et al. 2014) the "
      "memory stays whole;\ndropped from the state at each step it is gone after a few, p^T; with "
      "one mask for all steps (Gal &\nGhahramani 2016) it loses once:\n\n  {:>4}",
      100 * kRate, kUnits * kSequences, "T");
  for (const auto& [name, dropped] : kCases) say(" {:>16} {:>8}", name, "expected");
  say("\n");
  examples::Chart chart{.title = "What dropout leaves of a state",
                        .subtitle = fmt::format("share of units that are not zero after T steps, "
                                                "rate {:g} %",
                                                100 * kRate),
                        .x_label = "steps T",
                        .y_label = "share that survives"};
  for (const auto& [name, dropped] : kCases) chart.curves.push_back({.name = name});
  for (Index steps = 0; steps <= kShown.back(); ++steps) {
    const bool shown = std::find(kShown.begin(), kShown.end(), steps) != kShown.end();
    if (shown) say("  {:>4}", steps);
    for (std::size_t i = 0; i < kCases.size(); ++i) {
      const Dropped dropped = kCases[i].dropped;
      const double share = surviving(dropped, kRate, steps, kUnits, kSequences, 1);
      chart.curves[i].points.push_back({static_cast<double>(steps), share});
      if (shown) say(" {:>16.4f} {:>8.4f}", share, expected_to_survive(dropped, kRate, steps));
    }
    if (shown) say("\n");
  }
  folder.write("activations-dropout", chart);
}

}  // namespace

void run_activations(const Folder& folder) {
  show_slopes(folder);
  show_saturation(folder);
  show_dropout(folder);
}

}  // namespace bptt
