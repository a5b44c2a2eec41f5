#include "bptt/explode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "bptt/page.h"
#include "common/heat_map.h"
#include "common/output.h"

namespace bptt {

using namespace unroll;
using examples::say;

namespace {

// The picture shows a part of the plane of figure 6, and a descent that meets the cliff.
constexpr examples::Axis kW{3.5, 6.5};
constexpr examples::Axis kB{-3.5, -1};
constexpr std::size_t kColumns = 180;
constexpr std::size_t kRows = 150;
constexpr double kStartW = 5.5;
constexpr double kStartB = -2.4;
constexpr double kRate = 0.2;
constexpr double kClip = 0.5;
constexpr Index kDescent = 150;

/// The loss in the middle of every cell of the picture.
std::vector<CliffPoint> surface() {
  std::vector<double> w;
  std::vector<double> b;
  const auto middle = [](const examples::Axis& axis, std::size_t i, std::size_t count) {
    return axis.low +
           (axis.high - axis.low) * (static_cast<double>(i) + 0.5) / static_cast<double>(count);
  };
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      w.push_back(middle(kW, column, kColumns));
      b.push_back(middle(kB, row, kRows));
    }
  }
  return cliff_points(w, b);
}

/// The loss on both sides of the wall.
Table wall_table(double w) {
  const double wall = wall_at(w);
  std::vector<double> b;
  for (const double distance : {0.5, 0.1, 0.01, 1e-3, 1e-4, 1e-5}) b.push_back(wall + distance);
  b.push_back(wall);
  for (const double distance : {1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5}) b.push_back(wall - distance);
  Table table{{"b - wall", "loss", "|gradient|"}, {}};
  for (const CliffPoint& point : cliff_points(std::vector<double>(b.size(), w), b)) {
    table.rows.push_back({fmt::format("{:.2g}", point.b - wall), fmt::format("{:.4f}", point.loss),
                          fmt::format("{:.4g}", point.norm())});
  }
  return table;
}

double best_loss(const std::vector<CliffPoint>& path) {
  return std::ranges::min_element(path, {}, &CliffPoint::loss)->loss;
}

void print_descent(const std::vector<CliffPoint>& plain, const std::vector<CliffPoint>& clipped) {
  say("\ngradient descent from w = {}, b = {}, learning rate {}; clipped: gradients longer than "
      "{}\n"
      "are made that long, so that no step is longer than {} x {} = {}:\n\n",
      kStartW, kStartB, kRate, kClip, kRate, kClip, kRate * kClip);
  say("  {:>4}  {:^41}  {:^41}\n", "", "as it is", "clipped");
  say("  {0:>4}  {1:>9} {2:>9} {3:>8} {4:>12}  {1:>9} {2:>9} {3:>8} {4:>12}\n", "step", "w", "b",
      "loss", "|gradient|");
  const auto print = [](const CliffPoint& p) {
    return fmt::format("{:>9.3f} {:>9.3f} {:>8.4f} {:>12.3g}", p.w, p.b, p.loss, p.norm());
  };
  for (std::size_t i = 0; i < plain.size(); i += 10) {
    say("  {:>4}  {}  {}\n", i, print(plain[i]), print(clipped[i]));
  }
  say("\n  {:<22} {:>12} {:>12}\n  {:<22} {:>12.4g} {:>12.4g}\n  {:<22} {:>12.4g} {:>12.4g}\n", "",
      "as it is", "clipped", "longest step", longest_step(plain), longest_step(clipped),
      "smallest loss met", best_loss(plain), best_loss(clipped));
}

examples::HeatMap drawn(const std::vector<CliffPoint>& plain,
                        const std::vector<CliffPoint>& clipped) {
  examples::HeatMap map{.title = "The cliff, and what clipping does about it",
                        .subtitle = fmt::format(
                            "x' = w sigmoid(x) + b, {} steps from {}; loss (sigmoid(x) - {})², and "
                            "gradient descent from w = {}, b = {}",
                            kCliffSteps, kCliffStart, kCliffTarget, kStartW, kStartB),
                        .x_label = "w",
                        .y_label = "b",
                        .value_label = "loss",
                        .x = kW,
                        .y = kB,
                        .logarithmic = true,
                        .low = 1e-4,
                        .high = 0.5,
                        .contours = {0.01, 0.05, 0.07, 0.2, 0.35},
                        .panels = {}};
  examples::HeatPanel panel{
      .name = "", .columns = kColumns, .rows = kRows, .values = {}, .paths = {}};
  for (const CliffPoint& point : surface()) panel.values.push_back(point.loss);
  const auto path = [](std::string name, const std::vector<CliffPoint>& points) {
    examples::HeatPath result{std::move(name), {}};
    for (const CliffPoint& point : points) result.points.push_back({point.w, point.b});
    return result;
  };
  panel.paths = {path("as it is", plain), path(fmt::format("clipped at {}", kClip), clipped)};
  map.panels.push_back(std::move(panel));
  return map;
}

}  // namespace

Var cliff_loss(const OneUnit& unit) {
  Var x = full(unit.w.tape(), unit.w.shape(), kCliffStart);
  for (Index t = 0; t < kCliffSteps; ++t) {
    const Tape::StepScope scope(x.tape(), t);
    x = unit.step(x);
  }
  const Var error = sigmoid(x) - kCliffTarget;
  return error * error;
}

double CliffPoint::norm() const { return std::hypot(dw, db); }

std::vector<CliffPoint> cliff_points(const std::vector<double>& w, const std::vector<double>& b) {
  const auto count = static_cast<Index>(w.size());
  Tape tape(DType::f64);
  const OneUnit unit{tape.input(Tensor::of<double>({count}, w)),
                     tape.input(Tensor::of<double>({count}, b))};
  const Var loss = cliff_loss(unit);
  const std::vector<Var> gradients = tape.gradients(loss, std::array{unit.w, unit.b});
  const std::vector<double> losses = loss.value().to_doubles();
  const std::vector<double> dw = gradients[0].value().to_doubles();
  const std::vector<double> db = gradients[1].value().to_doubles();
  std::vector<CliffPoint> points;
  for (std::size_t i = 0; i < w.size(); ++i) {
    points.push_back({w[i], b[i], losses[i], dw[i], db[i]});
  }
  return points;
}

std::vector<CliffPoint> descend(double w, double b, double learning_rate, double clip,
                                Index steps) {
  const Parameters parameters(DType::f64);
  const Parameter pw = parameters.add("w", {1}, constant(w));
  const Parameter pb = parameters.add("b", {1}, constant(b));
  Sgd sgd({.learning_rate = learning_rate});
  Tape tape(DType::f64);
  std::vector<CliffPoint> path;
  for (Index step = 0; step <= steps; ++step) {
    tape.clear();
    const Var loss = cliff_loss({tape.parameter(pw), tape.parameter(pb)});
    Gradients gradients = tape.gradients(loss, parameters);
    const auto number = [](const TensorView& view) { return view.to_doubles().front(); };
    path.push_back({number(pw.value()), number(pb.value()), loss.item(), number(gradients[pw]),
                    number(gradients[pb])});
    if (step == steps) break;
    if (clip > 0) clip_by_global_norm(gradients, clip);
    sgd.step(gradients);
  }
  return path;
}

double wall_at(double w) {
  constexpr double kHalfway = 0.18;
  double above = -1.5;  // the loss is small here
  double below = -4;    // and large here
  while (above - below > 1e-12) {
    const double middle = (above + below) / 2;
    (cliff_points({w}, {middle}).front().loss < kHalfway ? above : below) = middle;
  }
  return (above + below) / 2;
}

double longest_step(const std::vector<CliffPoint>& path) {
  double longest = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    longest = std::max(longest, std::hypot(path[i].w - path[i - 1].w, path[i].b - path[i - 1].b));
  }
  return longest;
}

void run_explode(const Folder& folder) {
  constexpr double kAtW = 5;
  const std::string story = fmt::format(
      "One unit without an input, x' = w sigmoid(x) + b, runs {} steps from x = {}. It should end\n"
      "where sigmoid(x) = {}. Its two weights are used {} times each, and where the unit has two\n"
      "states to fall into, a tiny change of a weight decides between them: the loss has a wall, "
      "and\n"
      "at the wall the gradient explodes. One step along it throws the weights far away; clipping\n"
      "keeps its direction and limits its length (Pascanu et al. 2013, figure 6).\n",
      kCliffSteps, kCliffStart, kCliffTarget, kCliffSteps);
  const std::string across =
      fmt::format("Across the wall, which at w = {} stands at b = {:.6f}:\n", kAtW, wall_at(kAtW));
  const Table wall = wall_table(kAtW);
  say("{}\n{}\n{}", story, across, to_text(wall));
  const std::vector<CliffPoint> plain = descend(kStartW, kStartB, kRate, 0, kDescent);
  const std::vector<CliffPoint> clipped = descend(kStartW, kStartB, kRate, kClip, kDescent);
  print_descent(plain, clipped);
  if (!folder.is_given()) return;
  folder.write("explode", drawn(plain, clipped));
  folder.write("explode.html",
               chapter_page("The cliff, and what clipping does about it",
                            paragraph(story) +
                                picture("explode.svg",
                                        "the error surface over w and b, with both descents") +
                                paragraph(across) + to_html(wall)));
}

}  // namespace bptt
