// The loss beside its gradient: one pass over the logits gives both, and is written over them where
// nobody asks for the logits.
#include "core/plan/planned.h"

namespace unroll::testing {
namespace {

/// A readout of 5 classes and what it reads: 6 rows of 3.
struct Classifier {
  Var outputs(Tape& tape) const { return leaf(tape, {6, 3}, 1); }
  Var targets(Tape& tape) const { return tape.input(random_ids({6}, 2, 5)); }
  Var loss(Tape& tape) const {
    return softmax_cross_entropy(readout, outputs(tape), targets(tape));
  }

  Parameters parameters{DType::f64, 3};
  Linear readout{parameters, 3, 5};
};

/// The gradients of a loss and the loss itself, as its Gradients ask for them.
std::vector<Var> asked_for(Tape& tape, Var loss, const Classifier& model) {
  const std::vector<Var> wrt{tape.parameter(model.readout.W), tape.parameter(model.readout.b)};
  std::vector<Var> asked = tape.gradients(loss, wrt);
  asked.push_back(loss);
  return asked;
}

Plan plan_of(const Tape& tape, const std::vector<Var>& asked, const Passes& passes = {}) {
  return plan_for(tape, asked, passes, 1, Request::Purpose::gradients);
}

std::string_view name_of(const Plan& plan, Id node) { return plan.request.kind_of(node).op->name; }

/// The step that computes the gradient of cross_entropy.
const KernelStep& gradient_step(const Plan& plan) {
  const auto steps = steps_of<KernelStep>(plan);
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const KernelStep* step) {
    return name_of(plan, step->node) == "cross_entropy_gradient";
  });
  REQUIRE(found != steps.end());
  return **found;
}

bool gives_the_loss(const Plan& plan) {
  const KernelStep& step = gradient_step(plan);
  return step.second != kNone && name_of(plan, step.second) == "cross_entropy";
}

/// The largest difference that passes make to a loss, its gradient and the change of parameters
/// after it.
double difference_of_a_step(const std::function<Var(Tape&, const Classifier&)>& loss_of) {
  const auto run = [&](const Passes& passes) {
    Classifier model;
    Tape tape(DType::f64);
    tape.set_passes(passes);
    clear_to_nan(tape);
    const Var loss = loss_of(tape, model);
    const Gradients gradients = tape.gradients(loss, model.parameters);
    std::vector<double> values = gradients.flat().to_doubles();
    Sgd{0.5}.step(gradients);
    values.push_back(loss.item());
    const auto changed = model.parameters.flat().to_doubles();
    values.insert(values.end(), changed.begin(), changed.end());
    return values;
  };
  return difference(run({}), run(Passes::none()));
}

TEST_CASE("fuse: the gradient of a loss gives the loss") {
  const Classifier model;
  Tape tape(DType::f64);
  const std::vector<Var> asked = asked_for(tape, model.loss(tape), model);
  CHECK(gives_the_loss(plan_of(tape, asked)));
  CHECK_FALSE(gives_the_loss(plan_of(tape, asked, without(&Passes::fuse))));
  CHECK(plan_of(tape, asked).steps.size() + 1 ==
        plan_of(tape, asked, without(&Passes::fuse)).steps.size());
  CHECK(difference_of_a_step([](Tape& t, const Classifier& m) { return m.loss(t); }) < kClose);
}

TEST_CASE("place: the gradient of a loss is written over logits nobody asks for") {
  const Classifier model;
  Tape tape(DType::f64);
  const std::vector<Var> asked = asked_for(tape, model.loss(tape), model);
  CHECK(gradient_step(plan_of(tape, asked)).in_place);
  CHECK(gradient_step(plan_of(tape, asked, without(&Passes::fuse))).in_place);
  CHECK_FALSE(gradient_step(plan_of(tape, asked, without(&Passes::place))).in_place);
  CHECK(to_string(plan_of(tape, asked)).find("cross_entropy_gradient, in place") !=
        std::string::npos);
}

TEST_CASE("place: logits that are asked for or read later are not overwritten") {
  const Classifier model;
  Tape tape(DType::f64);
  const Var logits = model.readout(model.outputs(tape));
  std::vector<Var> asked =
      asked_for(tape, softmax_cross_entropy(logits, model.targets(tape)), model);
  CHECK_FALSE(gradient_step(plan_of(tape, asked)).in_place);  // they may be asked for
  tape.discard(logits);
  CHECK(gradient_step(plan_of(tape, asked)).in_place);
  asked.push_back(logits);
  CHECK_FALSE(gradient_step(plan_of(tape, asked)).in_place);  // they are
  asked.back() = sum(tanh(logits) * asked[0].tape().input(random_tensor({6, 5}, 9)));
  tape.discard(asked.back());
  const std::vector<Var> later{asked[0], asked[1], asked[2]};
  CHECK_FALSE(gradient_step(plan_of(tape, later)).in_place);  // by what is still to run

  const auto square_too = [](Tape& t, const Classifier& m) {
    const Var x = m.readout(m.outputs(t));
    t.discard(x);
    return softmax_cross_entropy(x, m.targets(t)) + sum(square(x));
  };
  CHECK(difference_of_a_step(square_too) < kClose);
}

TEST_CASE("fuse: a loss that its own gradient depends on is computed before it") {
  const auto focal = [](Tape& tape, const Classifier& m) {
    const Var logits = m.readout(m.outputs(tape));
    tape.discard(logits);
    return sum(square(cross_entropy(logits, m.targets(tape))));
  };
  const Classifier model;
  Tape tape(DType::f64);
  const Plan plan = plan_of(tape, asked_for(tape, focal(tape, model), model));
  CHECK_FALSE(gives_the_loss(plan));
  CHECK(gradient_step(plan).in_place);  // the loss is there by then
  CHECK(difference_of_a_step(focal) < kClose);
}

TEST_CASE("fuse: losses that weigh each other's gradients do not wait for each other") {
  const auto losses = [](Tape& tape, const Classifier& m) {
    const Var first = m.loss(tape);
    const Var second = softmax_cross_entropy(m.readout, tanh(m.outputs(tape)), m.targets(tape));
    return std::pair(first, second);
  };
  const auto product = [&](Tape& tape, const Classifier& m) {
    const auto [first, second] = losses(tape, m);
    return first * second;
  };
  const auto balanced = [&](Tape& tape, const Classifier& m) {
    const auto [first, second] = losses(tape, m);
    return first * stop_gradient(second) + second * stop_gradient(first);
  };
  const auto square_of_one = [](Tape& tape, const Classifier& m) {
    return m.loss(tape) * m.loss(tape);
  };
  CHECK(difference_of_a_step(product) < kClose);
  CHECK(difference_of_a_step(balanced) < kClose);
  CHECK(difference_of_a_step(square_of_one) < kClose);
}

TEST_CASE("place: logits of several heads side by side get their gradients in place") {
  CHECK(difference_of_a_step([](Tape& tape, const Classifier& m) {
          const Gates heads(5, 5);
          std::vector<Var> losses;
          for (const Var& logits : heads.of(tanh(m.readout(m.outputs(tape))))) {
            tape.discard(logits);
            losses.push_back(softmax_cross_entropy(logits, m.targets(tape)));
          }
          return add_up(losses);
        }) < kClose);
}

TEST_CASE("place: logits that are parts of other values, or contain them, stay right") {
  const auto joined = [](Tape& tape, const Classifier& m) {
    const Var half = m.readout(tape.input(random_tensor({3, 3}, 4, -1, 1)));
    const Var logits = concat(std::vector{half, tanh(half)}, 0);
    tape.discard(half);
    tape.discard(logits);
    return softmax_cross_entropy(logits, m.targets(tape));
  };
  CHECK(difference_of_a_step(joined) < kClose);
  Classifier model;
  Tape plain(DType::f64);
  const Tensor expected(rows(model.readout(model.outputs(plain)), 1, 3).value());
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var logits = model.readout(model.outputs(tape));
  const Var some = rows(logits, 1, 3);  // may be asked for
  tape.discard(logits);
  const Var loss = softmax_cross_entropy(logits, model.targets(tape)) + sum(square(some));
  Sgd{0.5}.step(tape.gradients(loss, model.parameters));
  CHECK(difference(some.value(), expected) < kClose);
}

TEST_CASE("place: a bad target in the middle of a run leaves logits and loss to be asked for") {
  Classifier model;
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var logits = model.readout(model.outputs(tape));
  const Var good = softmax_cross_entropy(logits, model.targets(tape));
  tape.discard(logits);
  const Tensor bad = Tensor::of<std::int32_t>({6}, {0, 1, 2, 5, 0, 0});
  const Gradients gradients =
      tape.gradients(softmax_cross_entropy(logits, tape.input(bad)), model.parameters);
  CHECK_THROWS_WITH_AS(gradients.run(),
                       "cross_entropy: target 5 at position 3: expected one in [0, 5)", ValueError);
  Tape other(DType::f64);
  CHECK(difference(logits.value(), model.readout(model.outputs(other)).value()) < kClose);
  CHECK(good.item() == doctest::Approx(model.loss(other).item()));
}

TEST_CASE("fuse: with several losses of the same logits each gradient gives its own loss") {
  const auto several = [](Tape& tape, const Classifier& m) {
    const Var logits = m.readout(m.outputs(tape));
    const Var targets = m.targets(tape);
    const Var others = tape.input(random_ids({6}, 7, 5));
    tape.discard(logits);
    const auto ignored = static_cast<Index>(targets.value().at(0));
    const Var first = 2 * softmax_cross_entropy(logits, targets, Reduction::sum, ignored);
    const Var second = first + softmax_cross_entropy(logits, targets);
    return second + 3 * softmax_cross_entropy(logits, others) +
           softmax_cross_entropy(logits, targets);
  };
  CHECK(difference_of_a_step(several) < kClose);
}

TEST_CASE("freeing: a value that can be asked for and not recomputed is kept") {
  Classifier model;
  Tape plain(DType::f64);
  const Tensor expected((model.readout(model.outputs(plain)) * 2).value());
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var logits = model.readout(model.outputs(tape));
  const Var twice = logits * 2;  // read in the sweep that computes it, and nowhere else
  tape.discard(logits);
  Sgd{0.5}.step(tape.gradients(square(twice + 1), model.parameters));
  CHECK(difference(twice.value(), expected) < kClose);
}

TEST_CASE("fuse: the loss is the same to the last bit, alone or with its gradient") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const Index width : {1, 5, 16, 33, 300}) {
      for (const int count : {1, 2, 3}) {
        const WithThreads scope(count);
        const Parameters parameters(dtype, 3);
        const Linear readout(parameters, 3, width);
        const auto loss_of = [&](Tape& tape) {
          const Var targets = tape.input(random_ids({6}, 2, width));
          return softmax_cross_entropy(readout, leaf(tape, {6, 3}, 1), targets);
        };
        Tape alone(dtype);
        alone.set_passes({});
        Tape together(dtype);
        together.set_passes({});
        const Var loss = loss_of(together);
        const Gradients gradients = together.gradients(loss, parameters);
        gradients.run();
        CHECK(together.graph().nodes[loss.index()].value != nullptr);
        const Var same = loss_of(alone);
        CHECK(loss.item() == same.item());
        CHECK(same_bits(gradients.flat(), alone.gradients(same, parameters).flat()));
      }
    }
  }
}

TEST_CASE("freeing: a freed value is recomputed as long as the parameters are unchanged") {
  Classifier model;
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var logits = model.readout(model.outputs(tape));
  const Var kept = tanh(logits);
  const Var loss = softmax_cross_entropy(logits, model.targets(tape)) + sum(square(kept));
  const std::vector<double> expected = [&] {
    Tape other(DType::f64);
    return model.readout(model.outputs(other)).value().to_doubles();
  }();
  tape.discard(logits);
  const Gradients gradients = tape.gradients(loss, model.parameters);
  gradients.run();
  CHECK(tape.graph().nodes[logits.index()].value == nullptr);
  SUBCASE("asked for before the change") {
    CHECK(difference(logits.value().to_doubles(), expected) < kClose);
  }
  SUBCASE("asked for after it") {
    const std::string text = fmt::format(
        "Var #{} 'W x + b' (linear) was not kept, and a parameter it was "
        "computed from has changed since; ask for it before the change",
        logits.index());
    Sgd{0.5}.step(gradients);
    CHECK_THROWS_WITH_AS((void)logits.value(), text.c_str(), HandleError);
    for (std::size_t i = 0; i < expected.size(); ++i) {  // others are what they were
      CHECK(kept.value().at(static_cast<Index>(i)) == doctest::Approx(std::tanh(expected[i])));
    }
  }
}

TEST_CASE("freeing: a gradient recorded after another has run reads the old parameters") {
  const auto second_after = [](const Passes& passes) {
    Classifier model;
    const Parameters others(DType::f64, 5);
    const Linear encoder(others, 3, 3);
    Tape tape(DType::f64);
    tape.set_passes(passes);
    const Var loss = softmax_cross_entropy(model.readout, tanh(encoder(model.outputs(tape))),
                                           model.targets(tape));
    const Gradients decoding = tape.gradients(loss, model.parameters);
    decoding.run();
    const Gradients encoding = tape.gradients(loss, others);
    Sgd{0.5}.step(decoding);
    Sgd{0.5}.step(encoding);
    return encoding.flat().to_doubles();
  };
  CHECK(difference(second_after({}), second_after(Passes::none())) < kClose);
}

TEST_CASE("freeing: a change in another tree leaves freed values recomputable") {
  Classifier model;
  Classifier other;
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var logits = model.readout(model.outputs(tape));
  tape.discard(logits);
  const Var unread = other.readout(model.outputs(tape));
  tape.gradients(softmax_cross_entropy(logits, model.targets(tape)), model.parameters).run();
  const Tensor before(unread.value());
  other.readout.W.set(random_tensor({5, 3}, 8));
  Tape plain(DType::f64);
  CHECK(difference(logits.value(), model.readout(model.outputs(plain)).value()) < kClose);
  CHECK(difference(unread.value(), before) == 0);
}

}  // namespace
}  // namespace unroll::testing
