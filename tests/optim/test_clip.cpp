// Clipping: against PyTorch, and on row-sparse gradients.
#include "golden.h"
#include "support.h"

#include <functional>

namespace unroll::testing {
namespace {

/// Two parameters whose gradients are those of a case.
struct Clipped {
  explicit Clipped(const GoldenCase& golden, DType dtype)
      : tape(dtype),
        p(dtype),
        p0(p.add("p0", golden["p0.before"].shape(), zeros())),
        p1(p.add("p1", golden["p1.before"].shape(), zeros())),
        gradients(tape.gradients(sum(tape.parameter(p0) * tape.input(golden["p0.before"])) +
                                     sum(tape.parameter(p1) * tape.input(golden["p1.before"])),
                                 p)) {}
  Tape tape;
  Parameters p;
  Parameter p0;
  Parameter p1;
  Gradients gradients;
};

void check_case(const char* name, const std::function<void(Gradients&, const GoldenCase&)>& clip) {
  const GoldenCase golden = read_golden("optim/golden_optim.json", name);
  for (const auto& [dtype, bound] : {std::pair(DType::f64, 1e-6), std::pair(DType::f32, 1e-6)}) {
    Clipped clipped(golden, dtype);
    CAPTURE(name);
    clip(clipped.gradients, golden);
    CHECK(difference(clipped.gradients[clipped.p0], golden["p0.after"]) < bound);
    CHECK(difference(clipped.gradients[clipped.p1], golden["p1.after"]) < bound);
  }
}

TEST_CASE("clip: by norm and by value, the results are PyTorch's") {
  // PyTorch divides by norm + 1e-6, so a clipped gradient differs by about that much.
  for (const char* name : {"clip_norm", "clip_norm_inactive"}) {
    check_case(name, [](Gradients& gradients, const GoldenCase& golden) {
      const double norm = clip_by_global_norm(gradients, golden.settings.at("max_norm"));
      CHECK(std::abs(norm - golden["norm"].at(0)) < 1e-6);
    });
  }
  check_case("clip_value", [](Gradients& gradients, const GoldenCase& golden) {
    clip_by_value(gradients, golden.settings.at("clip_value"));
  });
}

TEST_CASE("clip: in f64 a clipped gradient has exactly the norm asked for") {
  const GoldenCase golden = read_golden("optim/golden_optim.json", "clip_norm");
  Clipped clipped(golden, DType::f64);
  double squares = 0;
  for (const char* const name : {"p0.before", "p1.before"}) {
    for (const double g : golden[name].values<double>()) squares += g * g;
  }
  CHECK(std::abs(clip_by_global_norm(clipped.gradients, 1.5) / std::sqrt(squares) - 1) < 1e-15);
  CHECK(std::abs(clip_by_global_norm(clipped.gradients, 100) / 1.5 - 1) < 1e-15);
  const double factor = 1.5 / std::sqrt(squares);
  for (Index i = 0; i < golden["p0.before"].size(); ++i) {
    CHECK(std::abs(clipped.gradients[clipped.p0].at(i) - golden["p0.before"].at(i) * factor) <
          1e-15);
  }
}

TEST_CASE("clip: a norm within the limit leaves every bit") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Clipped clipped(read_golden("optim/golden_optim.json", "clip_norm"), dtype);
    const Tensor before(clipped.gradients.flat());
    (void)clip_by_global_norm(clipped.gradients, 100);
    clip_by_value(clipped.gradients, 100);
    CHECK(same_bits(clipped.gradients.flat(), before));
  }
}

TEST_CASE("clip: norms of long gradients are right at any length, in f32 and f64") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const Index size : {1, 7, 8, 9, 16, 1000, 1'000'003}) {
      const Parameters p(dtype);
      const Parameter a = p.add("a", {size}, zeros());
      Tape tape(dtype);
      Gradients gradients = tape.gradients(sum(tape.parameter(a) * 3.0), p);
      const double norm = 3 * std::sqrt(static_cast<double>(size));
      CHECK(std::abs(clip_by_global_norm(gradients, 1) / norm - 1) < 1e-12);
      CHECK(std::abs(clip_by_global_norm(gradients, 10) - 1) < 1e-6);
    }
  }
}

TEST_CASE("clip: rows of an id that repeats are added before their norm is taken") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Parameters p(dtype);
    const Parameter table = p.add("table", {10, 2}, zeros());
    const Parameter other = p.add("other", {1}, zeros());
    Tape tape(dtype);
    // Row 4 gets (1, 0) + (2, 0), row 7 gets (0, 4); the other parameter 12.
    const Tensor g = Tensor::of<double>({3, 2}, {1, 0, 0, 4, 2, 0});
    const Var rows = embedding(tape.parameter(table), tape.input(ids_of({3}, {4, 7, 4})));
    const Var loss = sum(rows * tape.input(g)) + sum(tape.parameter(other) * 12.0);
    Gradients gradients = tape.gradients(loss, p);
    REQUIRE(gradients.is_row_sparse(table));
    CHECK(clip_by_global_norm(gradients, 6.5) == 13);  // 9 + 16 + 144 = 169
    CHECK(gradients[table].at(8) == 1.5);
    CHECK(gradients[table].at(15) == 2);
    CHECK(gradients[other].at(0) == 6);
    clip_by_value(gradients, 1.75);
    CHECK(gradients[table].at(8) == 1.5);
    CHECK(gradients[table].at(15) == 1.75);
    CHECK(gradients[other].at(0) == 1.75);
    double total = 0;
    for (const double value : gradients[table].to_doubles()) total += value;
    CHECK(total == 3.25);  // nothing else
  }
}

TEST_CASE("clip: clip_each clips every parameter by its own norm") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Parameters p(dtype);
    const Parameter table = p.add("table", {10, 2}, zeros());
    const Parameter far = p.add("far", {3}, zeros());
    const Parameter near = p.add("near", {2}, zeros());
    (void)p.add("unused", {4}, zeros());
    Tape tape(dtype);
    // Row 4 gets (6, 0), row 5 (0, 8): their norm is 10, and they lie side by side.
    const Tensor g = Tensor::of<double>({2, 2}, {6, 0, 0, 8});
    const Var rows = embedding(tape.parameter(table), tape.input(ids_of({2}, {4, 5})));
    const Var loss = sum(rows * tape.input(g)) +
                     sum(tape.parameter(far) * tape.input(Tensor::of<double>({3}, {0, 40, 30}))) +
                     sum(tape.parameter(near) * tape.input(Tensor::of<double>({2}, {3, 4})));
    Gradients gradients = tape.gradients(loss, p);
    REQUIRE(gradients.is_row_sparse(table));
    clip_by_parameter_norm(gradients, 5);
    CHECK(gradients[table].at(8) == 3);
    CHECK(gradients[table].at(11) == 4);
    CHECK(difference(gradients[far], Tensor::of<double>({3}, {0, 4, 3})) < 1e-6);
    CHECK(gradients[near].to_doubles() == std::vector<double>{3, 4});  // its norm is 5
    CHECK_THROWS_WITH_AS(clip_by_parameter_norm(gradients, 0),
                         "clip_by_parameter_norm: a limit of 0, expected one above 0", Error);
  }
}

TEST_CASE("clip: no gradient at all has norm 0") {
  const Parameters p;
  (void)p.add("unused", {3}, zeros());
  Tape tape;
  Gradients gradients = tape.gradients(full(tape, {}, 1), p, Tape::Unreached::zero);
  CHECK(clip_by_global_norm(gradients, 1) == 0);
}

TEST_CASE("clip: limits that are zero, negative or NaN are refused") {
  const Parameters p;
  const Parameter a = p.add("a", {3}, zeros());
  Tape tape;
  Gradients gradients = tape.gradients(sum(tape.parameter(a)), p);
  CHECK_THROWS_WITH_AS((void)clip_by_global_norm(gradients, 0),
                       "clip_by_global_norm: a limit of 0, expected one above 0", Error);
  CHECK_THROWS_WITH_AS(clip_by_value(gradients, -1.5),
                       "clip_by_value: a limit of -1.5, expected one above 0", Error);
  CHECK_THROWS_WITH_AS((void)clip_by_global_norm(gradients, NAN),
                       "clip_by_global_norm: a limit of nan, expected one above 0", Error);
}

TEST_CASE("clip: gradients whose squares underflow in f32 are still clipped rightly") {
  const Parameters p(DType::f32);
  const Parameter w = p.add("w", {100}, zeros());
  Tape tape;
  Gradients gradients = tape.gradients(sum(tape.parameter(w) * 1e-22), p);
  CHECK(clip_by_global_norm(gradients, 1e-22) / 1e-21 == doctest::Approx(1));
  CHECK(gradients[w].at(7) / 1e-23 == doctest::Approx(1));
}

TEST_CASE("clip: a gradient that is not finite is an error that names its parameter") {
  for (const double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    const Parameters p(DType::f64);
    const Parameter a = p.add("a", {2}, constant(1));
    const Parameter b = p.add("b", {2}, constant(1));
    Tape tape(DType::f64);
    const Var factor = tape.input(Tensor::of<double>({2}, {1, bad}));
    const auto gradients = [&] {
      return tape.gradients(sum(tape.parameter(a)) + sum(factor * b), p);
    };
    const std::string norm = fmt::format("{}", bad);
    Gradients together = gradients();
    CHECK_THROWS_WITH_AS(clip_by_global_norm(together, 5),
                         ("clip_by_global_norm: the gradient of 'b' has the norm " + norm).c_str(),
                         NonFiniteError);
    Gradients apart = gradients();
    CHECK_THROWS_WITH_AS(
        clip_by_parameter_norm(apart, 5),
        ("clip_by_parameter_norm: the gradient of 'b' has the norm " + norm).c_str(),
        NonFiniteError);
    // On request it is only told, and nothing is changed.
    Gradients reported = gradients();
    CHECK_FALSE(std::isfinite(clip_by_global_norm(reported, 0.1, NonFinite::report)));
    CHECK(reported[a].to_doubles() == std::vector<double>{1, 1});
  }
}

}  // namespace
}  // namespace unroll::testing
