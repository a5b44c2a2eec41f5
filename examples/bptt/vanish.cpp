#include "bptt/vanish.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "bptt/matrices.h"
#include "bptt/networks.h"
#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

std::vector<Lengths> state_gradients(const AnyCell& cell, const Tensor& x,
                                     const std::function<Var(Var)>& loss_of) {
  Tape tape(DType::f64);
  const Index batch = x.shape()[1];
  AnyState state = cell.zero_state(tape, batch);
  const std::size_t parts = state.vars.size();
  std::vector<Var> states;  // all Vars of the state after the first step, after the second, ...
  for (const Var& xt : unstack(tape.input(x))) {
    state = cell.step(xt, state);
    states.insert(states.end(), state.vars.begin(), state.vars.end());
  }
  const std::vector<Var> gradients = tape.gradients(loss_of(output_of(state)), states);
  std::vector<Lengths> lengths(parts);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const double squares = sum(square(gradients[i])).item();
    lengths[i % parts].push_back(std::sqrt(squares / static_cast<double>(batch)));
  }
  return lengths;
}

std::vector<Tensor> jacobians_to_last(const AnyCell& cell, const Tensor& x) {
  Tape tape(DType::f64);
  // The sequence as often as there are units, side by side: copy i is asked for the gradient of
  // unit i, which is row i of the Jacobian.
  const Index units = output_of(cell.zero_state(tape, 1)).shape()[1];
  AnyState state = cell.zero_state(tape, units);
  std::vector<Var> states;
  for (const Var& xt : unstack(tape.input(x))) {
    state = cell.step(broadcast_to(xt, {units, xt.shape()[1]}), state);
    states.push_back(output_of(state));
  }
  const Var last = states.back();
  states.pop_back();
  const Var own = lower_triangle(tape, units, units) * upper_triangle(tape, units, units);
  std::vector<Tensor> jacobians;
  for (const Var& rows : tape.gradients(sum(last * own), states)) {
    jacobians.emplace_back(rows.value());
  }
  return jacobians;
}

double pascanu_bound(const TensorView& U, double slope, Index steps) {
  return std::pow(slope * largest_singular_value(U), static_cast<double>(steps));
}

namespace {

/// h' = U h, of parameters that are added to `p`.
Rnn linear_network(const Parameters& p, const Tensor& U) {
  Rnn cell(p, 1, U.shape()[0], {.bias = false, .W = zeros()}, [](Var h) { return h; });
  cell.gate.U.set(U);
  return cell;
}

}  // namespace

double growth_per_step(const Tensor& U, Index near, Index far) {
  const Parameters p(DType::f64);
  const std::vector<Tensor> jacobians =
      jacobians_to_last(AnyCell(linear_network(p, U)), Tensor(DType::f64, {far + 1, 1, 1}));
  const auto length = [&](Index steps) {
    return largest_singular_value(jacobians[static_cast<std::size_t>(far - steps)]);
  };
  return std::pow(length(far) / length(near), 1 / static_cast<double>(far - near));
}

namespace {

constexpr Index kSteps = 50;
constexpr Index kUpdates = 1000;
constexpr std::array<Index, 8> kShown = {0, 1, 2, 5, 10, 20, 30, 49};  // steps before the last

std::vector<Network> all_networks() {
  std::vector<Network> networks;
  networks.push_back(make_rnn("rnn sigmoid", sigmoid));
  networks.push_back(make_rnn("rnn tanh", tanh));
  networks.push_back(make_irnn());
  networks.push_back(make_network("gru"));
  networks.push_back(make_network("lstm"));
  return networks;
}

/// One curve a Var of the state of each network: its gradient's length, 1 at the last step.
std::vector<examples::Curve> measure(const std::vector<Network>& networks,
                                     const variants::Task& task) {
  Random random(7);
  const variants::Batch batch = task.draw(50, random);
  const auto sequences = static_cast<double>(batch.x.shape()[1]);
  std::vector<examples::Curve> curves;
  for (const Network& network : networks) {
    const std::vector<Lengths> lengths =
        state_gradients(network.cell, batch.x.to(DType::f64),
                        [&](Var h) { return task.loss(network.readout(h), batch) * sequences; });
    for (std::size_t part = 0; part < lengths.size(); ++part) {
      examples::Curve& curve = curves.emplace_back();
      curve.name = network.name;
      if (lengths.size() > 1) curve.name += part == 0 ? " h" : " c";
      for (std::size_t t = 0; t < lengths[part].size(); ++t) {
        curve.points.push_back(
            {static_cast<double>(t + 1), lengths[part][t] / lengths[part].back()});
      }
    }
  }
  return curves;
}

void print_curves(const std::vector<examples::Curve>& curves) {
  say("  {:<16}", "steps before T");
  for (const Index steps : kShown) say(" {:>9}", steps);
  say("\n");
  for (const examples::Curve& curve : curves) {
    say("  {:<16}", curve.name);
    for (const Index steps : kShown) {
      say(" {:>9.2g}", curve.points[static_cast<std::size_t>(kSteps - 1 - steps)].y);
    }
    say("\n");
  }
}

/// Leaves out points below a trillionth, which would make the axis so long that the others lie on
/// top of each other.
void leave_out_small(examples::Curve& curve) {
  std::erase_if(curve.points, [](const examples::ChartPoint& point) { return point.y < 1e-12; });
}

void draw_curves(const Folder& folder, std::string_view name, std::string title,
                 std::string subtitle, std::vector<examples::Curve> curves) {
  for (examples::Curve& curve : curves) leave_out_small(curve);
  folder.write(name, examples::Chart{.title = std::move(title),
                                     .subtitle = std::move(subtitle),
                                     .x_label = "step t",
                                     .y_label = "length of the gradient at step t, 1 at the last",
                                     .logarithmic = true,
                                     .curves = std::move(curves)});
}

void show_gradients(const Folder& folder) {
  const auto task = variants::kAdding.make(kSteps);
  const std::vector<Network> networks = all_networks();
  say("The adding problem: after {} steps, what is the sum of the two numbers that were marked? "
      "The length of\nthe gradient of the last step's loss with respect to the state h_t (of an "
      "LSTM also c_t), divided by\nthat at the last step T. Fresh networks of {} units:\n\n",
      kSteps, Network::kHidden);
  const std::vector<examples::Curve> before = measure(networks, *task);
  print_curves(before);
  draw_curves(folder, "vanish-untrained", "How far the gradient reaches before training",
              "adding problem; the loss is that of the last step; cut off at 1e-12", before);

  say("\nTrained for {} updates (Adam, batches of 20), and the loss reached; guessing the mean "
      "costs {:.4f}:\n\n",
      kUpdates, task->guessing());
  for (const Network& network : networks) {
    train(network, *task, kUpdates);
    const double loss = test_loss(network, *task);
    say("  {:<16} {:>9.4f}   {}\n", network.name, loss,
        loss < 0.01                     ? "learned"
        : loss < 0.9 * task->guessing() ? "on its way"
                                        : "no better than guessing");
  }
  say("\n");
  const std::vector<examples::Curve> after = measure(networks, *task);
  print_curves(after);
  draw_curves(folder, "vanish-trained", "How far the gradient reaches after training",
              fmt::format("after {} updates on the adding problem; cut off at 1e-12", kUpdates),
              after);
  say("\nWhere nothing arrives nothing is learned. The gates of GRU and LSTM let the state through "
      "unchanged\nwhere they are open, and its gradient back; the identity does the same for "
      "ReLU. Sigmoid and tanh\nlose the numbers on the way, and guess.\n");
}

/// The largest singular value of dh_T/dh_(T-n) over n, of a cell whose state is one Var.
examples::Curve singular_values(std::string name, const Rnn& cell, const Tensor& x) {
  const std::vector<Tensor> jacobians = jacobians_to_last(AnyCell(cell), x);
  examples::Curve curve{.name = std::move(name)};
  for (std::size_t n = 1; n <= jacobians.size(); ++n) {
    curve.points.push_back(
        {static_cast<double>(n), largest_singular_value(jacobians[jacobians.size() - n])});
  }
  return curve;
}

/// What no curve of that cell can be above, over as many steps.
examples::Curve bound_of(std::string name, const Rnn& cell, double slope, std::size_t steps) {
  examples::Curve curve{.name = std::move(name)};
  for (std::size_t n = 1; n <= steps; ++n) {
    curve.points.push_back(
        {static_cast<double>(n), pascanu_bound(cell.gate.U.value(), slope, static_cast<Index>(n))});
  }
  return curve;
}

void show_jacobians(const Folder& folder) {
  struct Case {
    const char* name;
    Var (*f)(Var);
    double slope;
    Initializer U;
  };
  const std::array cases = {Case{"sigmoid", sigmoid, 0.25, fan_in_uniform()},
                            Case{"tanh", tanh, 1, fan_in_uniform()},
                            Case{"relu, U = I", relu, 1, identity()}};
  constexpr std::array<std::size_t, 5> kDistances = {1, 5, 10, 20, 49};
  say("\nOne step back multiplies the gradient by U^T diag(f'), n steps back by a product of n of "
      "these. Its\nlargest singular value, beside what it cannot exceed: (max f' times the largest "
      "singular value of U)^n\n(Pascanu et al. 2013, equation 7):\n\n  {:>4}",
      "n");
  Tensor x(DType::f64, {kSteps, 1, Network::kInputs});
  Random random(3);
  for (double& value : x.values<double>()) value = random.uniform();
  std::vector<std::array<examples::Curve, 2>> pairs;
  for (const Case& c : cases) {
    say(" {:>14} {:>9}", c.name, "bound");
    const Parameters p(DType::f64, 1);
    const Rnn cell(p, Network::kInputs, Network::kHidden, {.U = c.U}, c.f);
    examples::Curve measured = singular_values(c.name, cell, x);
    examples::Curve bound =
        bound_of(fmt::format("{}: bound", c.name), cell, c.slope, measured.points.size());
    pairs.push_back({std::move(measured), std::move(bound)});
  }
  say("\n");
  for (const std::size_t n : kDistances) {
    say("  {:>4}", n);
    for (const auto& [measured, bound] : pairs) {
      say(" {:>14.2g} {:>9.2g}", measured.points[n - 1].y, bound.points[n - 1].y);
    }
    say("\n");
  }
  say("\nA bound below 1 proves that the gradient vanishes; a bound above 1 proves nothing.\n");

  examples::Chart chart{.title = "The product of the Jacobians and its bound",
                        .subtitle = "dh_T/dh_(T-n) of fresh networks; cut off at 1e-12",
                        .x_label = "steps n",
                        .y_label = "largest singular value",
                        .logarithmic = true};
  for (auto& [measured, bound] : pairs) {
    const bool same = measured.points.back().y == bound.points.back().y;
    if (same) measured.name += ", and bound";
    leave_out_small(measured);
    leave_out_small(bound);
    chart.curves.push_back(std::move(measured));
    if (!same) chart.curves.push_back(std::move(bound));
  }
  folder.write("vanish-jacobians", chart);
}

void show_eigenvalues(const Folder& folder) {
  constexpr Index kUnits = 16;
  constexpr Index kFar = 200;
  const Parameters p(DType::f64, 5);
  const Parameter random_U = p.add("U", {kUnits, kUnits}, normal(1));
  const double radius = spectral_radius(random_U.value());
  say("\nWithout an activation function, h' = U h, the long run is decided by the largest "
      "eigenvalue alone. One\nrandom U ({} units), scaled; growth is that of |dh_T/dh_t| a step, "
      "from {} to {} steps:\n\n  {:>18} {:>24} {:>16}\n",
      kUnits, kFar / 2, kFar, "largest eigenvalue", "largest singular value", "growth per step");
  examples::Chart chart{
      .title = "The largest eigenvalue decides",
      .subtitle = "dh_T/dh_(T-n) of the linear network h' = U h, one random U scaled",
      .x_label = "steps n",
      .y_label = "largest singular value",
      .logarithmic = true};
  for (const double wanted : {1.1, 1.0, 0.9, 0.7}) {
    Tensor U(random_U.value());
    for (double& value : U.values<double>()) value *= wanted / radius;
    say("  {:>18.4f} {:>24.4f} {:>16.4f}\n", spectral_radius(U), largest_singular_value(U),
        growth_per_step(U, kFar / 2, kFar));
    const Parameters q(DType::f64);
    const Rnn cell = linear_network(q, U);
    chart.curves.push_back(singular_values(fmt::format("largest eigenvalue {:.1f}", wanted), cell,
                                           Tensor(DType::f64, {kSteps, 1, 1})));
  }
  folder.write("vanish-eigenvalues", chart);
  say("\nBelow 1 the gradient vanishes and above 1 it explodes, in both cases exponentially; the "
      "singular value,\nwhich may be larger, counts only for the first few steps.\n");
}

}  // namespace

void run_vanish(const Folder& folder) {
  show_gradients(folder);
  show_jacobians(folder);
  show_eigenvalues(folder);
}

}  // namespace bptt
