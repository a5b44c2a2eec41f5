// Losses composed of operations: against PyTorch, and CTC against the sum over all its paths.
#include "golden.h"
#include "support.h"

namespace unroll::testing {
namespace {

using Numbers = std::vector<double>;
using Symbols = std::vector<std::vector<std::int32_t>>;

/// Compares a loss of the Vars `inputs` of a golden case, and its gradients.
template <class F>
void compare(const std::string& name, const std::vector<std::string>& inputs, F f) {
  const GoldenCase golden = read_golden("ops/golden_losses.json", name);
  Tape tape(DType::f64);
  std::vector<Var> vars;
  for (const std::string& input : inputs) vars.push_back(tape.input(golden[input]));
  const Var loss = f(tape, golden, std::span<const Var>(vars));
  INFO(name);
  CHECK(difference(loss.value(), golden["loss"]) < 1e-12);
  const std::vector<Var> gradients = tape.gradients(loss, vars);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    CHECK(difference(gradients[i].value(), golden["grad." + inputs[i]]) < 1e-12);
  }
}

TEST_CASE("losses: regression losses and divergences are PyTorch's") {
  using Golden = const GoldenCase&;
  compare("mse", {"y", "target"}, [](Tape&, Golden, Vars v) { return mse_loss(v[0], v[1]); });
  compare("l1", {"y", "target"}, [](Tape&, Golden, Vars v) { return l1_loss(v[0], v[1]); });
  compare("huber", {"y", "target"},
          [](Tape&, Golden, Vars v) { return huber_loss(v[0], v[1], 0.7); });
  compare("binary_cross_entropy_with_logits", {"logits"}, [](Tape& tape, Golden golden, Vars v) {
    return binary_cross_entropy_with_logits(v[0], tape.input(golden["shares"]));
  });
  compare("kl_divergence", {"logits"}, [](Tape& tape, Golden golden, Vars v) {
    return kl_divergence(tape.input(golden["p"]), log_softmax(v[0]));
  });
}

TEST_CASE("losses: class weights and smoothed labels are PyTorch's") {
  const auto with = [](CrossEntropyOptions options, bool weighted) {
    return [=](Tape& tape, const GoldenCase& golden, Vars v) mutable {
      if (weighted) options.class_weights = tape.input(golden["weights"]);
      return softmax_cross_entropy(v[0], tape.input(golden["targets"].to(DType::i32)), options);
    };
  };
  compare("weighted", {"logits"}, with({.ignore_index = 2}, true));
  compare("smooth", {"logits"}, with({.ignore_index = 2, .label_smoothing = 0.3}, false));
  compare("weighted_smooth", {"logits"}, with({.ignore_index = 2, .label_smoothing = 0.3}, true));
  compare("nll", {"logits"}, [](Tape& tape, const GoldenCase& golden, Vars v) {
    return nll_loss(log_softmax(v[0]), tape.input(golden["targets"].to(DType::i32)));
  });
}

TEST_CASE("losses: without weights and smoothing the options change nothing") {
  Tape tape(DType::f64);
  const Var logits = tape.input(random_tensor({4, 5}, 1));
  const Var targets = tape.input(random_ids({4}, 2, 5));
  const double plain = softmax_cross_entropy(logits, targets).item();
  CHECK(softmax_cross_entropy(logits, targets, CrossEntropyOptions{}).item() ==
        doctest::Approx(plain).epsilon(1e-14));
  CHECK_THROWS_WITH_AS((void)softmax_cross_entropy(logits, targets, {.label_smoothing = 1.5}),
                       "softmax_cross_entropy: a label smoothing of 1.5: from 0 to 1", ValueError);
  CHECK_THROWS_WITH_AS((void)huber_loss(logits, logits, 0),
                       "huber_loss: a delta of 0: one above 0 is needed", ValueError);
}

TEST_CASE("losses: a distribution with zeros has a divergence, and a finite gradient") {
  Tape tape(DType::f64);
  const std::vector<Var> v{tape.input(Tensor::of<double>({1, 2}, {0, 1})),
                           tape.input(Tensor::of<double>({1, 2}, {-3, -0.5}))};
  const Var loss = kl_divergence(v[0], v[1]);
  CHECK(loss.item() == 0.5);
  const std::vector<Var> gradients = tape.gradients(loss, v);
  CHECK(gradients[0].value().to_doubles() == Numbers{0, 1.5});
  CHECK(gradients[1].value().to_doubles() == Numbers{0, -1});
}

TEST_CASE("losses: masked_softmax is the softmax over the elements its mask keeps") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(Tensor::of<double>({2, 3}, {1, 1, INFINITY, 5, 6, 7}))};
  const Var mask = tape.input(Tensor::of<double>({2, 3}, {1, 1, 0, 0, 0, 0}));
  const Var p = masked_softmax(x[0], mask);
  CHECK(p.value().to_doubles() == Numbers{0.5, 0.5, 0, 0, 0, 0});
  const Var first = sum(p * tape.input(Tensor::of<double>({3}, {1, 0, 0})));
  CHECK(tape.gradients(first, x)[0].value().to_doubles() == Numbers{0.25, -0.25, 0, 0, 0, 0});
  CHECK(difference(masked_softmax(transpose(x[0]), transpose(mask), 0).value().to_doubles(),
                   {0.5, 0, 0.5, 0, 0, 0}) == 0);
}

Var loss_of(Var logits, const Symbols& targets, const std::vector<Index>& lengths,
            CtcOptions options = {.blank = 0, .reduction = Reduction::sum}) {
  return ctc_loss(log_softmax(logits), targets, lengths, options);
}

TEST_CASE("ctc: losses and gradients are PyTorch's") {
  compare("ctc", {"logits"}, [](Tape&, const GoldenCase&, Vars v) {
    return loss_of(v[0], {{1, 1, 2}, {3}, {}, {4, 5}}, {9, 5, 7, 3});
  });
  compare("ctc_blank_last", {"logits"}, [](Tape&, const GoldenCase&, Vars v) {
    return loss_of(v[0], {{0, 1, 0, 1}, {2, 2}, {3, 4, 0}, {1}}, {9, 9, 9, 9},
                   {.blank = 5, .reduction = Reduction::sum});
  });
}

/// What a path says: repeated symbols once, blanks not at all.
std::vector<std::int32_t> collapsed(const std::vector<std::int32_t>& path, std::int32_t blank) {
  std::vector<std::int32_t> said;
  for (std::size_t t = 0; t < path.size(); ++t) {
    if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) said.push_back(path[t]);
  }
  return said;
}

TEST_CASE("ctc: the loss is the sum over all paths that say the targets") {
  constexpr Index kSteps = 5;
  constexpr std::int32_t kClasses = 3;
  Tape tape(DType::f64);
  const Var log_p = log_softmax(tape.input(random_tensor({kSteps, 1, kClasses}, 4)));
  const TensorView table = log_p.value();
  for (const std::vector<std::int32_t>& target :
       {std::vector<std::int32_t>{}, {0}, {0, 0}, {0, 2}, {2, 0, 2}, {0, 0, 0}, {2, 2, 0, 2}}) {
    double total = 0;
    std::vector<std::int32_t> path(kSteps, 0);
    for (int number = 0; number < 243; ++number) {
      double log_path = 0;
      for (int t = 0, rest = number; t < kSteps; ++t, rest /= kClasses) {
        path[static_cast<std::size_t>(t)] = rest % kClasses;
        log_path += table.at(t * kClasses + rest % kClasses);
      }
      if (collapsed(path, 1) == target) total += std::exp(log_path);
    }
    const double loss =
        ctc_loss(log_p, Symbols{target}, std::vector<Index>{kSteps}, {.blank = 1}).item();
    CHECK(std::exp(-loss) == doctest::Approx(total).epsilon(1e-12));
  }
}

TEST_CASE("ctc: gradients are those of finite differences") {
  const Symbols targets{{1, 1}, {}, {2}};
  const std::vector<Index> lengths{6, 4, 5};
  const auto loss = [&](Tape&, std::span<const Var> v) { return loss_of(v[0], targets, lengths); };
  const GradientCheck check = check_gradients(loss, {random_tensor({6, 3, 4}, 5)});
  INFO(check.message);
  CHECK(check.passed);
}

TEST_CASE("ctc: targets that no path says cost infinity and have gradient zero") {
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(random_tensor({2, 1, 4}, 1))};
  const Var loss = loss_of(x[0], {{1, 1}}, {2});  // a blank between the two needs a third step
  CHECK(loss.item() == INFINITY);
  for (const double slope : tape.gradients(loss, x)[0].value().to_doubles()) CHECK(slope == 0);
}

TEST_CASE("ctc: shapes, lengths and blanks that do not fit are refused") {
  Tape tape(DType::f64);
  const Var x = tape.input(random_tensor({4, 2, 3}, 1));
  const auto refused = [&](const Symbols& targets, const std::vector<Index>& lengths,
                           std::int32_t blank, const char* text) {
    CHECK_THROWS_WITH_AS((void)ctc_loss(x, targets, lengths, {.blank = blank}), text, Error);
  };
  refused({{1}, {3}}, {4, 4}, 0,
          "ctc_loss: target 3 at position 0 of sequence 1: expected one in [0, 3) other than the "
          "blank, 0");
  refused({{1}, {2, 0}}, {4, 4}, 0,
          "ctc_loss: target 0 at position 1 of sequence 1: expected one in [0, 3) other than the "
          "blank, 0");
  refused({{1}}, {4, 4}, 0,
          "ctc_loss: 1 lists of targets and 2 lengths for log-probabilities (4 x 2 x 3): one of "
          "each for every one of the 2 sequences is needed");
  refused({{1}, {2}}, {4, 5}, 0, "ctc_loss: a length of 5: expected 1 to 4");
  refused({{1}, {2}}, {4, 4}, 3, "ctc_loss: blank 3: expected one in [0, 3)");
  CHECK_THROWS_WITH_AS((void)ctc_loss(select(x, 0), Symbols{}, std::vector<Index>{}),
                       "ctc_loss: log-probabilities (2 x 3): (T, B, V) is needed", ShapeError);
}

}  // namespace
}  // namespace unroll::testing
