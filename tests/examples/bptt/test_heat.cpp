/// The chapter heat: the matrix of a linear network in closed form, connections against finite
/// differences, and the page.

#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cmath>
#include <string>
#include <vector>

#include "bptt/heat.h"

using namespace bptt;
using namespace unroll;

namespace {

Var itself(Var h) { return h; }

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TokenText a_text() {
  TokenText text;
  for (int i = 0; i < 40; ++i) {
    for (const char* token : {"a", "<b>", "c", "b"}) text.append(token);
  }
  return text;
}

LanguageSettings small() {
  return {.vector = 3, .hidden = 5, .batch = 2, .steps = 8, .updates = 20};
}

}  // namespace

TEST_CASE("heat: in a linear network with U = a I a gradient shrinks by a at every step") {
  constexpr double kA = 0.8;
  const Parameters parameters(DType::f64, 3);
  const Rnn cell(parameters / "rnn", 2, 4, {.U = identity(kA)}, itself);
  Tape tape(DType::f64);
  std::vector<Var> losses;
  std::vector<Var> states;
  Var h = zero_state(cell, tape, 1);
  for (int t = 0; t < 7; ++t) {
    h = cell.step(tape.input(Tensor::of<double>({1, 2}, {1.0 + t, 2.0 - t})), h);
    states.push_back(h);
    losses.push_back(sum(h * h));
  }
  const Matrix matrix = influence(losses, states);
  REQUIRE(matrix.steps == 7);
  for (std::size_t t = 0; t < 7; ++t) {
    double squares = 0;  // dL/dh = 2 h
    for (const double value : states[t].value().to_doubles()) squares += 4 * value * value;
    for (std::size_t k = 0; k < 7; ++k) {
      if (k > t) {
        CHECK(std::isnan(matrix.at(t, k)));
      } else {
        CHECK(matrix.at(t, k) ==
              doctest::Approx(std::sqrt(squares) * std::pow(kA, static_cast<double>(t - k))));
      }
    }
  }
  CHECK(left_after(matrix, 0) == doctest::Approx(1));
  CHECK(left_after(matrix, 5) == doctest::Approx(std::pow(kA, 5)));
}

TEST_CASE("heat: what is left after 20 steps is least in an RNN and most in the c of an LSTM") {
  const auto left = [](const char* cell, StatePart part) {
    return left_after(cell_influence(cell, part, 21, 16, 1), 20);
  };
  CHECK(left("rnn", StatePart::output) < 0.1 * left("gru", StatePart::output));
  CHECK(left("gru", StatePart::output) < 0.1 * left("lstm", StatePart::memory));
  CHECK_THROWS_WITH_AS((void)cell_influence("gru", StatePart::memory, 2, 4, 1),
                       "heat: the state of gru has no part besides its output", Error);
}

TEST_CASE("heat: tokens have the ids in which they come first") {
  const TokenText text = a_text();
  CHECK(text.tokens == std::vector<std::string>{"a", "<b>", "c", "b"});
  CHECK(text.ids.size() == 160);
  CHECK(text.id("c") == 2);
  CHECK_THROWS_WITH_AS((void)text.id("x"), "the text has no token 'x'", Error);
}

TEST_CASE("heat: a model learns a text that repeats and refuses one too short") {
  const TokenText text = a_text();
  LanguageSettings settings = small();
  settings.updates = 150;
  settings.learning_rate = 0.03;
  CHECK(LanguageModel(4, settings).train(text.ids) < 0.1);
  LanguageModel model(4, small());
  CHECK_THROWS_WITH_AS((void)model.train({0, 1, 2, 3}),
                       "a text of 4 tokens is too short for 2 streams of 8 steps", Error);
}

TEST_CASE("heat: connections are the gradients of the logit at the vectors of the words") {
  const TokenText text = a_text();
  const LanguageModel model(4, small());
  // Every token once, so that the row of a token in the embedding is the vector of one step.
  const Connections c = connections(model, text, {"a", "<b>", "c", "b"});
  REQUIRE(c.read == std::vector<std::string>{"a", "<b>", "c"});
  REQUIRE(c.predicted == std::vector<std::string>{"<b>", "c", "b"});
  const Parameter table = model.parameters()["embedding.W"];
  const std::vector<double> before = table.value().to_doubles();
  const auto logit = [&](std::size_t row, std::size_t column, double step) {
    std::vector<double> moved = before;
    moved[row * 3 + column] += step;
    table.set(Tensor::of<double>(table.shape(), moved));
    Tape tape;
    return model.read(tape, {0, 1, 2}).logits.value().to_doubles()[2 * 4 + 3];
  };
  for (std::size_t k = 0; k < 3; ++k) {
    double squares = 0;
    for (std::size_t column = 0; column < 3; ++column) {
      const double slope = (logit(k, column, 0.02) - logit(k, column, -0.02)) / 0.04;
      squares += slope * slope;
    }
    CHECK(c.influence.at(2, k) == doctest::Approx(std::sqrt(squares)).epsilon(0.01));
  }
  CHECK(c.share(2, 0) + c.share(2, 1) + c.share(2, 2) == doctest::Approx(1));
  CHECK(c.share(0, 0) == 1);
  const std::vector<std::size_t> order = c.strongest(2, 2);
  REQUIRE(order.size() == 2);
  CHECK(c.share(2, order[0]) >= c.share(2, order[1]));
}

TEST_CASE("heat: the page of connections has every word escaped and needs no network") {
  const TokenText text = a_text();
  const LanguageModel model(4, small());
  const std::string page =
      connections_page({connections(model, text, {"a", "<b>", "c", "b"})}, "a <model>");
  CHECK(count_of(page, "class=\"word\" tabindex=\"0\"") == 4);
  CHECK(page.find("<b>") == std::string::npos);
  CHECK(page.find("<model>") == std::string::npos);
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("src=") == std::string::npos);
  CHECK(page.find("aria-live") != std::string::npos);
  CHECK(page.find("prefers-color-scheme: dark") != std::string::npos);
}
