// Buffers in one block, and what a plan lets go.
#include "core/plan/planned.h"

#include <unroll/core/plan/layout.h>

namespace unroll::testing {
namespace {

TEST_CASE("layout: buffers in use at the same time never overlap") {
  Random random(1);
  for (int times = 0; times < 200; ++times) {
    std::vector<Lifetime> buffers;
    Index sum = 0;
    for (std::int64_t i = random.below(60); i >= 0; --i) {
      const auto first = static_cast<std::uint32_t>(random.below(50));
      const auto last = first + static_cast<std::uint32_t>(random.below(20));
      buffers.push_back({random.below(5) == 0 ? 0 : random.below(1000), first, last});
      sum += buffers.back().bytes + 63;
    }
    const Layout layout = lay_out(buffers);
    CHECK(layout.bytes <= sum);
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      CHECK(layout.offsets[a] % 64 == 0);
      CHECK(layout.offsets[a] + buffers[a].bytes <= layout.bytes);
      for (std::size_t b = 0; b < a; ++b) {
        const bool at_once =
            buffers[a].first <= buffers[b].last && buffers[b].first <= buffers[a].last;
        const bool apart = layout.offsets[a] + buffers[a].bytes <= layout.offsets[b] ||
                           layout.offsets[b] + buffers[b].bytes <= layout.offsets[a];
        if (at_once && buffers[a].bytes > 0 && buffers[b].bytes > 0) CHECK(apart);
      }
    }
  }
}

TEST_CASE("layout: a chain of buffers takes the memory of two") {
  std::vector<Lifetime> buffers;
  for (std::uint32_t i = 0; i < 100; ++i) buffers.push_back({640, i, i + 1});
  CHECK(lay_out(buffers).bytes == 2 * 640);
}

TEST_CASE("layout: neighbouring gaps are merged, and the last one grows at the end") {
  CHECK(lay_out(std::vector<Lifetime>{{64, 0, 0}, {64, 0, 0}, {128, 1, 1}}).bytes == 128);
  CHECK(lay_out(std::vector<Lifetime>{{64, 0, 9}, {64, 0, 0}, {128, 1, 1}}).bytes == 192);
  CHECK(lay_out(std::vector<Lifetime>{{64, 0, 9}, {128, 0, 0}, {64, 0, 9}, {64, 1, 1}, {64, 1, 1}})
            .bytes == 256);
}

/// h' = tanh(h U^T), ten times, and the gradient of the sum of its squares.
struct Recurrence {
  explicit Recurrence(Tape& tape) {
    Var h = tape.input(random_tensor({4, 16}, 1, -1, 1));
    for (int t = 0; t < 10; ++t) {
      h = tanh(linear(h, tape.parameter(U)));
      states.push_back(h);
    }
    loss = sum(h * h);
  }
  Parameters parameters{DType::f64, 3};
  Parameter U = parameters.add("U", {16, 16}, uniform(0.5));
  std::vector<Var> states;
  Var loss;
};

TEST_CASE("place: the gradient that goes back through time uses one buffer again and again") {
  Tape tape(DType::f64);
  const Recurrence r(tape);
  const std::vector<Var> wanted = tape.gradients(r.loss, std::vector{r.states[0]});
  const Plan keeps = plan_for(tape, wanted);
  const Plan reuses = plan_for(tape, wanted, {}, 1, Request::Purpose::gradients);
  CHECK(keeps.steps.size() == reuses.steps.size());
  CHECK(reuses.bytes <= keeps.bytes - 7 * 4 * 16 * 8);
  CHECK(plan_for(tape, wanted, without(&Passes::place), 1, Request::Purpose::gradients).bytes ==
        plan_for(tape, wanted, without(&Passes::place)).bytes);
}

TEST_CASE("reuse: a plan that frees values does not serve a request to keep them") {
  Tape tape(DType::f64);
  const Recurrence r(tape);
  const std::vector<std::uint32_t> wanted{
      tape.gradients(r.loss, std::vector{r.states[0]})[0].index()};
  std::vector<std::uint8_t> marks;
  std::vector<std::uint32_t> schedule;
  make_schedule(tape.graph(), wanted, marks, schedule);
  std::vector<std::uint32_t> numbers;
  std::vector<std::uint32_t> at;
  Request request;
  request.describe(tape.graph(), schedule, wanted, Request::Purpose::gradients, numbers);
  CHECK(request.is_for(tape.graph(), schedule, wanted, Request::Purpose::gradients, numbers, at));
  CHECK_FALSE(
      request.is_for(tape.graph(), schedule, wanted, Request::Purpose::values, numbers, at));
  (void)tanh(Var(&tape, schedule.back() - 1, r.loss.generation()));  // may still run, and reads it
  CHECK_FALSE(
      request.is_for(tape.graph(), schedule, wanted, Request::Purpose::gradients, numbers, at));
}

TEST_CASE("reuse: every value can be asked for after the gradient has been computed") {
  Tape tape(DType::f64);
  Tape reference(DType::f64);
  reference.set_passes(Passes::none());
  const Recurrence a(tape);
  const Recurrence b(reference);
  const Gradients gradients = tape.gradients(a.loss, a.parameters);
  CHECK(difference(gradients.flat(), reference.gradients(b.loss, b.parameters).flat()) < 1e-12);
  CHECK(tape.to_string(true) == reference.to_string(true));
}

TEST_CASE("reuse: values that another gradient needs are kept when parameters change") {
  Tape tape(DType::f64);
  const Recurrence r(tape);
  const Var inner = tape.gradients(r.loss, std::vector{r.states[2]})[0];
  const Var square = sum(inner * inner);
  const Gradients first = tape.gradients(square, r.parameters);
  const Gradients second = tape.gradients(sum(r.states[5]), r.parameters);
  Tape reference(DType::f64);
  reference.set_passes(Passes::none());
  const Recurrence s(reference);
  const Var same = reference.gradients(s.loss, std::vector{s.states[2]})[0];
  const Tensor wanted = Tensor(reference.gradients(sum(s.states[5]), s.parameters).flat());
  const Tensor wanted_inner = Tensor(same.value());

  Sgd{0.1}.step(first);
  CHECK(difference(second.flat(), wanted) < 1e-12);
  CHECK(difference(inner.value(), wanted_inner) < 1e-12);
  CHECK(difference(r.states[9].value(), s.states[9].value()) < 1e-12);
}

TEST_CASE(
    "reuse: asking for a freed value that cannot be computed again is an error that says so") {
  Tape tape(DType::f64);
  const Recurrence r(tape);
  const Gradients gradients = tape.gradients(r.loss, r.parameters);
  Sgd{0.1}.step(gradients);
  std::string message;
  for (std::uint32_t i = 0; i < tape.node_count(); ++i) {
    if (tape.graph().nodes[i].parameter >= 0) continue;
    try {
      (void)Var(&tape, i, r.loss.generation()).value();
    } catch (const HandleError& error) {
      CHECK(tape.graph().nodes[i].origin >= 0);
      if (message.empty()) message = error.what();
    }
  }
  CHECK(
      message ==
      "Var #33 (matmul) was not kept, and a parameter it was computed from has changed since; ask "
      "for it before the change");
  CHECK(tape.to_string(true).find("(changed since)") != std::string::npos);
  tape.clear();
  const Recurrence again(tape);
  CHECK(std::isfinite(tape.gradients(again.loss, again.parameters).flat().at(0)));
}

}  // namespace
}  // namespace unroll::testing
