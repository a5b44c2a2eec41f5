// An error in the middle of a plan: the tape can be used further, and says the same again.
#include "core/plan/planned.h"

namespace unroll::testing {
namespace {

constexpr const char* kMessage = "embedding: id 7 at position 1: expected one in [0, 3)";

std::string message_of(Var var) {
  try {
    (void)var.value();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("plan errors: an id out of range is reported alike on any number of threads") {
  for (const int count : {1, 2}) {
    const WithThreads scope(count);
    const Gates gates;
    Tape tape(DType::f64);
    tape.set_passes({});
    for (int times = 0; times < 3; ++times) {
      tape.clear();
      const Var table = tape.input(random_tensor({3, 4}, 1));
      const Var good = embedding(table, tape.input(ids_of({2}, {1, 2})));
      const Var bad = embedding(table, tape.input(ids_of({2}, {1, 7})));
      const std::vector<Var> y = gates.of(good);
      const std::vector<Var> z = gates.of(bad * 2);
      const Var a = sum(tanh(y[0]) * y[1] + y[2]);
      const Var b = sum(tanh(z[0]) * y[1] + z[2]);
      const Var c = b + a;
      CHECK(message_of(c) == kMessage);
      CHECK(message_of(c) == kMessage);
      CHECK(message_of(b) == kMessage);
      CHECK(message_of(z[1]) == kMessage);
      CHECK(std::isfinite(a.item()));
      CHECK(message_of(c) == kMessage);
      CHECK(difference(y[1].value(), [&] {
              Tape other(DType::f64);
              other.set_passes(Passes::none());
              return Tensor(gates.of(other.input(good.value()))[1].value());
            }()) < 1e-12);
    }
  }
}

TEST_CASE("plan errors: values computed before a failed run keep their values") {
  const Gates gates;
  const Tensor x = random_tensor({2, 4}, 1);
  const auto expected = values_with(Passes::none(), [&](Tape& t) { return gates.of(t.input(x)); });
  for (const int count : {1, 2}) {
    const WithThreads scope(count);
    Tape tape(DType::f64);
    tape.set_passes({});
    const std::vector<Var> y = gates.of(tape.input(x));
    (void)(tanh(y[0]) + tanh(y[1]) + y[2] * y[3]).value();
    REQUIRE(tape.graph().nodes[y[1].index()].stride > 0);  // a kernel reads a copy
    const Var table = tape.input(random_tensor({3, 3}, 2));
    const Var bad = embedding(table, tape.input(ids_of({2}, {1, 7})));
    const Var z = sum(softmax(tanh(y[1] + bad)) + softmax(y[1]));
    CHECK(message_of(z) == kMessage);
    CHECK(message_of(z) == kMessage);
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(difference(y[i].value(), expected[i]) < 1e-12);
    CHECK(difference(softmax(y[1]).value(), [&] {
            Tape other(DType::f64);
            return Tensor(softmax(other.input(expected[1])).value());
          }()) < 1e-12);
  }
}

TEST_CASE("plan errors: after a failed run a value that is read from a copy is computed again") {
  const Gates gates(4, 4);
  Tape tape(DType::f64);
  tape.set_passes({});
  const Var wrong = pick(leaf(tape, {2, 3}, 1), tape.input(ids_of({2}, {0, 3})));
  const std::vector<Var> y = gates.of(tanh(leaf(tape, {2, 4}, 2)));
  const Var good = pick(y[1], tape.input(ids_of({2}, {0, 3})));
  const Var all = (y[0] + y[1]) * (y[2] + y[3]);
  CHECK_THROWS_AS((void)(sum(all) * sum(good + wrong)).value(), ValueError);

  Tape reference(DType::f64);
  reference.set_passes(Passes::none());
  const std::vector<Var> expected = gates.of(tanh(leaf(reference, {2, 4}, 2)));
  for (std::size_t i = 0; i < y.size(); ++i) {
    CHECK(difference(Tensor(y[i].value()), Tensor(expected[i].value())) < kClose);
  }
}

}  // namespace
}  // namespace unroll::testing
