// Zeros of both signs, the smallest and the largest numbers, infinities, NaN and ties: values and
// gradients against PyTorch's.
#include "golden.h"
#include "support.h"

#include <functional>
#include <map>
#include <set>

namespace unroll::testing {
namespace {

constexpr const char* kFile = "ops/golden_extremes.json";

/// Whether two numbers are one: both NaN, one infinity, or equal but for rounding.
bool same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-12 * std::abs(b);
}

/// Where unroll differs on purpose.
struct Difference {
  std::string what;  // the function, or that and the gradient
  std::function<bool(double a, double b, double theirs)> where;
  const char* why;
};

using F = Var (*)(std::span<const Var>);

/// Compares a function with its golden case, element by element, but for what is said to differ.
void compare(const std::string& name, const std::vector<std::string>& inputs, F f,
             std::set<std::string_view>& seen, const std::vector<Difference>& differences) {
  const GoldenCase golden = read_golden(kFile, name);
  Tape tape(DType::f64);
  std::vector<Var> vars;
  for (const std::string& input : inputs) vars.push_back(tape.input(golden[input]));
  const Var y = f(vars);
  const std::vector<Var> gradients = tape.gradients(y, vars);
  for (const Node& node : tape.graph().nodes) seen.insert(node.op->name);
  const auto check = [&](const std::string& what, Var ours) {
    if (!golden.tensors.contains(what == name ? "y" : what)) return;
    const Tensor& theirs = golden[what == name ? "y" : what];
    REQUIRE(ours.value().size() == theirs.size());
    for (Index i = 0; i < theirs.size(); ++i) {
      const Tensor& first = golden[inputs.front()];
      const Tensor& last = golden[inputs.back()];
      const double a = first.at(first.size() == theirs.size() ? i : 0);
      const double b = last.at(last.size() == theirs.size() ? i : 0);
      const bool differs = std::ranges::any_of(differences, [&](const Difference& d) {
        return d.what == (what == name ? name : name + " " + what) && d.where(a, b, theirs.at(i));
      });
      INFO(name, ", ", what, " ", i, " at ", a, " and ", b, ": ", ours.value().at(i), ", PyTorch ",
           theirs.at(i));
      CHECK((differs || same(ours.value().at(i), theirs.at(i))));
    }
  };
  check(name, y);
  for (std::size_t i = 0; i < inputs.size(); ++i) check("grad." + inputs[i], gradients[i]);
}

TEST_CASE("extremes: values and gradients are PyTorch's, or differ for a reason") {
  const auto nan = [](double a, double b, double) { return std::isnan(a) || std::isnan(b); };
  const auto at = [](double wanted) {
    return [wanted](double a, double, double) { return std::abs(a) == wanted; };
  };
  const auto tie = [nan](double a, double b, double) { return a == b || nan(a, b, 0); };
  const auto theirs_is_nan = [](double, double, double theirs) { return std::isnan(theirs); };
  const std::vector<Difference> differences{
      {"sign", nan, "NaN has no sign; PyTorch says 0"},
      {"abs grad.x", nan, "NaN has no sign; PyTorch says 0"},
      {"elu grad.x", nan, "NaN is passed on; PyTorch says 1"},
      {"hard_tanh grad.x", nan, "it is clamp, whose gradient is 0 there"},
      {"log1p", at(5e-324), "the smallest numbers are not taken for 0"},
      {"expm1 grad.x", at(40), "computed as exp(x), which is more exact than y + 1"},
      {"power_0.5", at(INFINITY), "pow as IEEE 754 has it: (-inf)^0.5 is inf; PyTorch takes sqrt"},
      {"power_0.5 grad.x", at(INFINITY), "as above"},
      {"softplus grad.x", [](double a, double, double) { return a > 700; }, "PyTorch's overflows"},
      {"maximum grad.a", tie, "of equal ones the second gets the gradient, PyTorch halves it"},
      {"maximum grad.b", tie, "as above"},
      {"minimum grad.a", tie, "as above"},
      {"minimum grad.b", tie, "as above"},
      {"hard_sigmoid grad.x", nan, "NaN is passed on, as by relu"},
      {"pow grad.b", nan, "0 stays 0 whatever the power"},
      {"logsumexp grad.x", at(INFINITY), "what is impossible, log(0), has gradient 0"},
      {"max grad.x", theirs_is_nan, "beside NaN 0, which is not the largest"},
      {"min grad.x", theirs_is_nan, "as above"},
  };
  std::set<std::string_view> seen;
  const std::map<std::string, F> unary{
      {"abs", [](Vars v) { return abs(v[0]); }},
      {"sign", [](Vars v) { return sign(v[0]); }},
      {"sin", [](Vars v) { return sin(v[0]); }},
      {"cos", [](Vars v) { return cos(v[0]); }},
      {"exp", [](Vars v) { return exp(v[0]); }},
      {"expm1", [](Vars v) { return expm1(v[0]); }},
      {"log", [](Vars v) { return log(v[0]); }},
      {"log1p", [](Vars v) { return log1p(v[0]); }},
      {"sqrt", [](Vars v) { return sqrt(v[0]); }},
      {"square", [](Vars v) { return square(v[0]); }},
      {"erf", [](Vars v) { return erf(v[0]); }},
      {"reciprocal", [](Vars v) { return reciprocal(v[0]); }},
      {"negative", [](Vars v) { return -v[0]; }},
      {"affine", [](Vars v) { return affine(v[0], 2, 1); }},
      {"sigmoid", [](Vars v) { return sigmoid(v[0]); }},
      {"tanh", [](Vars v) { return tanh(v[0]); }},
      {"relu", [](Vars v) { return relu(v[0]); }},
      {"leaky_relu", [](Vars v) { return leaky_relu(v[0]); }},
      {"elu", [](Vars v) { return elu(v[0]); }},
      {"silu", [](Vars v) { return silu(v[0]); }},
      {"gelu", [](Vars v) { return gelu(v[0]); }},
      {"softsign", [](Vars v) { return softsign(v[0]); }},
      {"hard_tanh", [](Vars v) { return hard_tanh(v[0]); }},
      {"hard_sigmoid", [](Vars v) { return hard_sigmoid(v[0]); }},
      {"clamp", [](Vars v) { return clamp(v[0], -1, 0.5); }},
      {"softplus", [](Vars v) { return softplus(v[0]); }},
      {"log_sigmoid", [](Vars v) { return log_sigmoid(v[0]); }},
      {"power_3", [](Vars v) { return pow(v[0], 3); }},
      {"power_-1.5", [](Vars v) { return pow(v[0], -1.5); }},
      {"power_0", [](Vars v) { return pow(v[0], 0); }},
      {"power_0.5", [](Vars v) { return pow(v[0], 0.5); }},
  };
  const std::map<std::string, F> binary{
      {"add", [](Vars v) { return v[0] + v[1]; }},
      {"sub", [](Vars v) { return v[0] - v[1]; }},
      {"mul", [](Vars v) { return v[0] * v[1]; }},
      {"div", [](Vars v) { return v[0] / v[1]; }},
      {"pow", [](Vars v) { return pow(v[0], v[1]); }},
      {"maximum", [](Vars v) { return maximum(v[0], v[1]); }},
      {"minimum", [](Vars v) { return minimum(v[0], v[1]); }},
      {"where", [](Vars v) { return where(v[0] > 0, v[0], v[1]); }},
      {"greater", [](Vars v) { return v[0] > v[1]; }},
      {"greater_equal", [](Vars v) { return v[0] >= v[1]; }},
      {"equal", [](Vars v) { return equal(v[0], v[1]); }},
      {"not_equal", [](Vars v) { return not_equal(v[0], v[1]); }},
  };
  // Along an axis, of two elements each; argmax and argmin by way of a table of numbers.
  const std::map<std::string, F> rows{
      {"sum", [](Vars v) { return sum(v[0], 1); }},
      {"mean", [](Vars v) { return mean(v[0], 1); }},
      {"max", [](Vars v) { return max(v[0], 1); }},
      {"min", [](Vars v) { return min(v[0], 1); }},
      {"logsumexp", [](Vars v) { return logsumexp(v[0], 1); }},
      {"prod", [](Vars v) { return prod(v[0], 1); }},
      {"cumsum", [](Vars v) { return cumsum(v[0], 1); }},
      {"softmax", [](Vars v) { return softmax(v[0]); }},
      {"log_softmax", [](Vars v) { return log_softmax(v[0]); }},
      {"argmax",
       [](Vars v) {
         return embedding(v[0].tape().input(Tensor::of<double>({2}, {0, 1})), argmax(v[0]));
       }},
      {"argmin",
       [](Vars v) {
         return embedding(v[0].tape().input(Tensor::of<double>({2}, {0, 1})), argmin(v[0]));
       }},
  };
  for (const auto& [name, f] : unary) compare(name, {"x"}, f, seen, differences);
  for (const auto& [name, f] : binary) compare(name, {"a", "b"}, f, seen, differences);
  for (const auto& [name, f] : rows) compare(name, {"x"}, f, seen, differences);
  compare(
      "add", {"a", "b"}, [](Vars v) { return add_up(v); }, seen, differences);
  for (const Op* op : all_ops()) {
    if (op->name == "broadcast_to") continue;  // copies
    INFO(op->name, " has no line in the table of extremes");
    CHECK((op->kind != OpKind::elementwise || seen.contains(op->name)));
  }
}

}  // namespace
}  // namespace unroll::testing
