// What equations call the nodes of a tape.
#include "core/word_model.h"

#include <doctest/doctest.h>

using namespace unroll;
using testing::ramp;

TEST_CASE("names: an expression is written as equations write it") {
  const Notation W = Notation::atom("W");
  const Notation h = Notation::atom("h");
  const Notation z = Notation::atom("z");
  const Notation one = Notation::number(1);
  CHECK((W * h + Notation::bias("b") + z).text() == "W h + z + b");
  CHECK(((one - z) * h + z * W).text() == "(1 - z) h + z W");
  CHECK((Notation::number(-1) * z + one).text() == "1 - z");
  CHECK((Notation::number(4) * Notation::call("sigmoid", z) - Notation::number(2)).text() ==
        "4 sigmoid(z) - 2");
  CHECK((W * (z * h).grouped()).text() == "W (z h)");
  CHECK((z / (z + h) * W).text() == "z / (z + h) W");
  CHECK((one / h).text() == "1 / h");
  CHECK_FALSE((W * Notation()).is_known());
  CHECK((z * h + W).key() == (W + h * z).key());
  CHECK((z * h - W).key() != (z * h + W).key());
}

TEST_CASE("names: an equation is found by its expression in any order") {
  const Equations equations(
      "z = sigmoid(Wz x + Uz h + bz), a comment\n"
      "g = softmax[x]\n"
      "h' = (1 - z) n + z h\n"
      "s = h");
  const auto atom = [](const char* name) { return Notation::atom(name); };
  const Notation sum = atom("Uz") * atom("h") + atom("bz") + atom("x") * atom("Wz");
  CHECK(equations.name_of(Notation::call("sigmoid", sum).key()) == "z");
  CHECK(equations.name_of(Notation::call("tanh", sum).key()).empty());
  const Notation next = atom("?3") * atom("z") + (Notation::number(1) - atom("z")) * atom("n");
  CHECK(equations.name_of(next.key()).empty());
  CHECK(equations.name_of(next.key(), "h", "?3") == "h'");
  CHECK(equations.states() == std::vector<std::string>{"h"});
  CHECK(equations.name_of(atom("h").key()).empty());  // another name is no equation
  CHECK_FALSE(equations.is_value_of("sigmoid", "h'"));
  CHECK(equations.is_value_of("sigmoid", "z"));
}

TEST_CASE("names: a name that is given shows everywhere and is forgotten with the tape") {
  Tape tape(DType::f64);
  const Var x = tape.input(ramp({2}, 1, 1));
  const Var y = tape.name(x * 2, "y");
  const Var loss = sum(y * y);
  (void)tape.gradients(loss, std::span(&x, 1));
  CHECK(tape.name_of(y) == "y");
  CHECK(tape.name_of(y * y) == "y y");
  CHECK(tape.name_of(x).empty());
  CHECK(tape.name_of(loss) == "loss");
  REQUIRE(tape.gradient_of(y));
  CHECK(tape.name_of(*tape.gradient_of(y)) == "d y");
  CHECK(tape.gradient_of(y)->value().to_doubles() == std::vector<double>{4, 8});
  CHECK_FALSE(tape.gradient_of(*tape.gradient_of(y)));
  CHECK(tape.to_string().find("y\n") != std::string::npos);
  CHECK_THROWS_WITH_AS((void)y.item(),
                       "item() of Var #1 'y', which has shape (2): it has to have one element",
                       ShapeError);
  tape.clear();
  (void)(tape.input(ramp({2}, 1, 1)) * 2);
  CHECK(tape.names() == std::vector<std::string>{"", ""});
  CHECK_THROWS_AS(tape.name(y, "z"), HandleError);
}

TEST_CASE("names: the gradient of a node is found by the node") {
  Tape tape(DType::f64);
  const Var x = tape.input(ramp({3}, 0.5, 0.25));
  const Var loss = sum(tanh(x * x + x));
  (void)tape.gradients(loss, std::span(&x, 1));
  const std::vector<std::int32_t> gradients = tape.gradient_nodes();
  REQUIRE(gradients[x.index()] >= 0);
  CHECK(tape.gradient_of(x)->index() == static_cast<std::uint32_t>(gradients[x.index()]));
  const std::vector<double> values = x.value().to_doubles();
  const std::vector<double> dx = tape.gradient_of(x)->value().to_doubles();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double u = std::tanh(values[i] * values[i] + values[i]);
    CHECK(dx[i] == doctest::Approx((1 - u * u) * (2 * values[i] + 1)));
  }
}
