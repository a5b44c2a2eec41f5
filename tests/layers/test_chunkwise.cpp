// Chunks of steps against single steps: outputs, last states and gradients, for chunks of any
// length.
#include "support.h"

namespace unroll::testing {
namespace {

/// The outputs, the last state, and the gradients of a loss of both.
template <class C, class Unroll>
std::vector<Tensor> results(const C& cell, const Parameters& p, const Tensor& x, Unroll unroll) {
  Tape tape(DType::f64);
  const Var input = tape.input(x);
  auto state = zero_state(cell, tape, x.shape()[1]);
  // Not from nothing: a chunk has to add to what is there.
  state = unroll_over(cell, rows(input, 0, 2), state).last;
  const auto unrolled = unroll(rows(input, 2, x.shape()[0]), state);
  std::vector<Tensor> all{Tensor(unrolled.outputs.value())};
  Var loss = weighted_sum(unrolled.outputs, 1);
  std::uint64_t seed = 2;
  for (const Var& part : vars_of(unrolled.last)) {
    all.emplace_back(part.value());
    loss += weighted_sum(part, seed++);
  }
  const Gradients gradients = tape.gradients(loss, p);
  for (const Parameter& one : p.all()) all.emplace_back(gradients[one]);
  const std::vector<Var> wrt{input};
  all.emplace_back(tape.gradients(loss, wrt)[0].value());
  return all;
}

TEST_CASE_TEMPLATE("chunkwise: chunks give what single steps give", C, RetNet, Gla, Rwkv6, DeltaNet,
                   GatedDeltaNet, Mlstm) {
  constexpr Index kSteps = 11;
  const Parameters p(DType::f64, 3);
  const C cell(p, 3, 4);
  const Tensor x = random_tensor({kSteps, 2, 3}, 5);
  const std::vector<Tensor> wanted =
      results(cell, p, x, [&](Var rest, auto state) { return unroll_over(cell, rest, state); });
  for (const Index chunk : {1, 2, 4, 5, 9, 20}) {
    const std::vector<Tensor> found = results(cell, p, x, [&](Var rest, auto state) {
      return unroll_chunkwise(cell, rest, state, chunk);
    });
    REQUIRE(found.size() == wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      INFO("chunks of ", chunk, ", result ", i);
      CHECK(difference(found[i], wanted[i]) < 1e-10);
    }
  }
}

TEST_CASE("chunkwise: gates that are shut or open do not overflow") {
  for (const double bias : {-200.0, 200.0}) {
    const Parameters p(DType::f32);
    const Gla gla(p / "gla", 3, 4);
    const Rwkv6 rwkv(p / "rwkv", 3, 4);
    const GatedDeltaNet delta(p / "delta", 3, 4);
    const Mlstm mlstm(p / "mlstm", 3, 4);
    for (const char* name : {"gla.a.b", "rwkv.w.b", "delta.a.b", "mlstm.f.b", "mlstm.i.b"}) {
      Tensor b(DType::f32, p[name].shape());
      std::ranges::fill(b.values<float>(), static_cast<float>(bias));
      p[name].set(b);
    }
    Tape tape;
    const Var x = tape.input(random_tensor({40, 2, 3}, 5));
    const auto check = [&](const auto& cell) {
      const Var y = unroll_chunkwise(cell, x, zero_state(cell, tape, 2), 16).outputs;
      for (const double value : y.value().to_doubles()) CHECK(std::isfinite(value));
      const Gradients gradients = tape.gradients(sum(square(y)), p);
      for (const double value : flatten(gradients, p)) CHECK(std::isfinite(value));
    };
    check(gla);
    check(rwkv);
    check(delta);
    check(mlstm);
  }
}

TEST_CASE("chunkwise: a chunk length below 1 is refused") {
  const Parameters p;
  const RetNet cell(p, 3, 4);
  Tape tape;
  const Var x = tape.input(Tensor(DType::f32, {5, 2, 3}));
  CHECK_THROWS_WITH_AS(
      (void)unroll_chunkwise(cell, x, zero_state(cell, tape, 2), 0),
      "unroll_chunkwise: x is (5 x 2 x 3) and chunks have 0 steps: at least one is needed",
      ShapeError);
}

}  // namespace
}  // namespace unroll::testing
