#include <unroll/ops/check_gradients.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/reduce.h>

#include <cmath>
#include <utility>

namespace unroll {
namespace {

/// One scalar of any result: its elements under fixed random weights, so that no symmetry of a
/// plain sum (a softmax's rows sum to 1) can hide an error.
Var weighted_sum(Var y) {
  std::vector<double> weights(static_cast<std::size_t>(y.shape().size()));
  Random random(20151);
  for (double& weight : weights)
    weight = random.uniform(0.5, 1.5) * (random.bits() % 2 == 0 ? 1 : -1);
  return sum(y * y.tape().input(Tensor::of<double>(y.shape(), weights)));
}

/// Compares one element and keeps the worst.
void compare(GradientCheck& check, const GradientCheckOptions& options, std::size_t input,
             Index element, double analytic, double numeric) {
  const double allowed =
      options.absolute_tolerance +
      options.relative_tolerance * std::max(std::abs(analytic), std::abs(numeric));
  double error = std::abs(analytic - numeric) / allowed;
  if (std::isnan(error)) error = INFINITY;
  if (error <= check.worst_error) return;
  check.worst_error = error;
  check.passed = error <= 1;
  check.input = input;
  check.element = element;
  check.analytic = analytic;
  check.numeric = numeric;
}

/// The central difference of `loss` in one value, which is put back.
double central_difference(double& x, double relative_step, const std::function<double()>& loss) {
  const double before = x;
  const double step = relative_step * std::max(1.0, std::abs(x));
  x = before + step;
  const double above = loss();
  x = before - step;
  const double below = loss();
  x = before;
  return (above - below) / (2 * step);
}

void describe(GradientCheck& check, const GradientCheckOptions& options, const std::string& where) {
  check.worst_error = std::max(check.worst_error, 0.0);
  check.message =
      fmt::format("{}, element {}: gradient {:.10g} {} finite difference {:.10g}", where,
                  check.element, check.analytic, check.passed ? "and" : "but", check.numeric);
  if (!check.passed) {
    check.message += fmt::format(
        " with step {:g} (if they agree in some digits, try others: rounding is in proportion to "
        "1 / step, curvature to step squared)",
        options.step);
  }
}

}  // namespace

GradientCheck check_gradients(const std::function<Var(Tape&, std::span<const Var>)>& f,
                              const std::vector<Tensor>& inputs,
                              const GradientCheckOptions& options) {
  std::vector<Tensor> values;
  for (const Tensor& input : inputs) {
    values.push_back(is_floating(input.dtype()) ? input.to(DType::f64) : input);
  }
  Tape tape(DType::f64);
  const auto record = [&] {
    tape.clear();
    std::vector<Var> vars;
    for (const Tensor& value : values) vars.push_back(tape.input(value));
    const Var loss = weighted_sum(f(tape, vars));
    return std::pair(loss, vars);
  };

  const auto [loss, vars] = record();
  std::vector<Tensor> analytic;
  for (const Var& gradient : tape.gradients(loss, vars)) analytic.emplace_back(gradient.value());

  GradientCheck check;
  check.worst_error = -1;  // even an exact gradient has a worst element
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_floating(values[i].dtype())) continue;
    for (Index j = 0; j < values[i].size(); ++j) {
      double& x = values[i].values<double>()[static_cast<std::size_t>(j)];
      const double numeric =
          central_difference(x, options.step, [&] { return record().first.item(); });
      compare(check, options, i, j, analytic[i].at(j), numeric);
    }
  }
  describe(check, options,
           values.empty()
               ? "no input"
               : fmt::format("input {} {}", check.input, values[check.input].shape().to_string()));
  return check;
}

GradientCheck check_gradients(const std::function<Var(Tape&)>& f, const Parameters& parameters,
                              const GradientCheckOptions& options) {
  if (parameters.dtype() != DType::f64) {
    fail<TypeError>("check_gradients: the parameters are {}, f64 is needed",
                    name_of(parameters.dtype()));
  }
  Tape tape(DType::f64);
  const auto record = [&] {
    tape.clear();
    return weighted_sum(f(tape));
  };
  const Gradients gradients = tape.gradients(record(), parameters, Tape::Unreached::zero);
  const std::vector<Parameter> all = parameters.all();

  GradientCheck check;
  check.worst_error = -1;  // even an exact gradient has a worst element
  std::vector<Tensor> analytic;
  for (const Parameter& p : all) analytic.emplace_back(gradients[p]);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Tensor before(all[i].value());
    Tensor values = before;
    for (Index j = 0; j < values.size(); ++j) {
      double& x = values.values<double>()[static_cast<std::size_t>(j)];
      try {
        const double numeric = central_difference(x, options.step, [&] {
          tape.clear();
          all[i].set(values);
          return record().item();
        });
        compare(check, options, i, j, analytic[i].at(j), numeric);
      } catch (...) {
        tape.clear();
        all[i].set(before);
        throw;
      }
    }
    tape.clear();
    all[i].set(before);
  }
  if (!all.empty()) {
    check.name = all[check.input].name();
    describe(check, options,
             fmt::format("parameter '{}' {}", check.name, all[check.input].shape().to_string()));
  }
  return check;
}

}  // namespace unroll
