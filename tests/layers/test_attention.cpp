// Attention: several heads against PyTorch, the scores by their formulas.
#include "golden.h"
#include "support.h"

namespace unroll::testing {
namespace {

constexpr Index kSteps = 5;
constexpr Index kBatch = 3;

/// The part of a tensor that PyTorch keeps for queries, keys and values together.
Tensor third(const Tensor& all, Index which) {
  Tape tape(DType::f64);
  const Index size = all.shape()[0] / 3;
  return Tensor(rows(tape.input(all), which * size, (which + 1) * size).value());
}

TEST_CASE("attention: several heads are PyTorch's, with and without a mask") {
  for (const bool masked : {false, true}) {
    const GoldenCase golden =
        read_golden("layers/golden_attention.json", masked ? "masked" : "all");
    const Parameters p(DType::f64);
    const MultiHeadAttention attention(p, 6, 5, 6, 2);
    for (const char* part : {"q", "k", "v"}) {
      p[fmt::format("{}.W", part)].set(golden[fmt::format("{}_proj_weight", part)]);
    }
    p["q.b"].set(third(golden["in_proj_bias"], 0));
    p["k.b"].set(third(golden["in_proj_bias"], 1));
    p["v.b"].set(third(golden["in_proj_bias"], 2));
    p["o.W"].set(golden["out_proj.weight"]);
    p["o.b"].set(golden["out_proj.bias"]);

    Tape tape(DType::f64);
    const std::vector<Var> x{tape.input(golden["queries"]), tape.input(golden["states"])};
    std::optional<Var> mask;
    if (masked) mask = as_key_mask(length_mask(tape, std::vector<Index>{5, 2, 4}, kSteps));
    const Var y = attention(x[0], x[1], mask);
    CHECK(difference(y.value(), golden["y"]) < 1e-12);
    const Var loss = sum(y * tape.input(golden["y_weights"]));
    const std::vector<Var> dx = tape.gradients(loss, x);
    CHECK(difference(dx[0].value(), golden["grad.queries"]) < 1e-12);
    CHECK(difference(dx[1].value(), golden["grad.states"]) < 1e-12);
    const Gradients gradients = tape.gradients(loss, p);
    CHECK(difference(gradients[p["k.W"]], golden["grad.k_proj_weight"]) < 1e-12);
    CHECK(difference(gradients[p["q.b"]], third(golden["grad.in_proj_bias"], 0)) < 1e-12);
  }
}

TEST_CASE("attention: a lower triangular mask hides later steps") {
  const Parameters p(DType::f64, 1);
  const MultiHeadAttention attention(p, 4, 4, 6, 3);
  Tape tape(DType::f64);
  const std::vector<Var> x{tape.input(random_tensor({kSteps, kBatch, 4}, 1))};
  const Var y = attention(x[0], x[0], lower_triangle(tape, kSteps, kSteps));
  const Var dx = tape.gradients(sum(select(y, 2)), x)[0];
  for (Index t = 0; t < kSteps; ++t) {
    CHECK((sum(square(select(dx, t))).item() > 0) == (t <= 2));
  }
}

/// Scores of one query and one state, by their formulas.
double score(const Parameters& p, Score kind, const Tensor& q, const Tensor& h, Index b, Index s) {
  const auto at = [](const Tensor& t, Index row, Index i) { return t.at(row * t.shape()[1] + i); };
  const Index n = q.shape()[1];
  const auto state = [&](Index i) { return h.at((s * kBatch + b) * h.shape()[2] + i); };
  double total = 0;
  if (kind == Score::dot) {
    for (Index i = 0; i < n; ++i) total += at(q, b, i) * state(i);
    return total;
  }
  const Tensor U(p["state.W"].value());
  const bool general = kind == Score::general;
  for (Index a = 0; a < U.shape()[0]; ++a) {
    double key = 0;
    for (Index i = 0; i < U.shape()[1]; ++i) key += at(U, a, i) * state(i);
    if (general) {
      total += at(q, b, a) * key;
      continue;
    }
    const Tensor W(p["query.W"].value());
    for (Index i = 0; i < n; ++i) key += at(W, a, i) * at(q, b, i);
    total += p["v"].value().at(a) * std::tanh(key);
  }
  return total;
}

TEST_CASE("attention: weights are the softmax of the scores, contexts their means") {
  for (const Score kind : {Score::additive, Score::dot, Score::general}) {
    const Parameters p(DType::f64, 2);
    const Index size = kind == Score::dot ? 4 : 3;
    const Attention attention(p, 4, size, 7, kind);
    const Tensor q = random_tensor({kBatch, 4}, 1);
    const Tensor h = random_tensor({kSteps, kBatch, size}, 2);
    const std::vector<Index> lengths{5, 3, 0};
    Tape tape(DType::f64);
    const Attention::Memory memory =
        attention.over(tape.input(h), length_mask(tape, lengths, kSteps));
    const Attended found = attention(tape.input(q), memory);
    REQUIRE(found.weights.shape() == Shape{kSteps, kBatch});
    for (Index b = 0; b < kBatch; ++b) {
      const Index length = lengths[static_cast<std::size_t>(b)];
      double norm = 0;
      for (Index s = 0; s < length; ++s) norm += std::exp(score(p, kind, q, h, b, s));
      std::vector<double> context(static_cast<std::size_t>(size));
      for (Index s = 0; s < kSteps; ++s) {
        const double weight = s < length ? std::exp(score(p, kind, q, h, b, s)) / norm : 0;
        CHECK(found.weights.value().at(s * kBatch + b) == doctest::Approx(weight));
        for (Index i = 0; i < size; ++i) {
          context[static_cast<std::size_t>(i)] += weight * h.at((s * kBatch + b) * size + i);
        }
      }
      for (Index i = 0; i < size; ++i) {
        CHECK(found.context.value().at(b * size + i) ==
              doctest::Approx(context[static_cast<std::size_t>(i)]));
      }
    }
    const GradientCheck check = check_gradients(
        [&](Tape& t) {
          const auto m = attention.over(t.input(h), length_mask(t, lengths, kSteps));
          return attention(t.input(q), m).context;
        },
        p);
    CHECK(check.passed);
  }
}

TEST_CASE("attention: sizes that do not fit are refused") {
  const Parameters p;
  CHECK_THROWS_WITH_AS(Attention(p, 3, 4, 0, Score::dot),
                       "Attention: a dot product of queries of 3 and states of 4 features",
                       ShapeError);
  CHECK_THROWS_WITH_AS(Attention(p, 3, 4), "Attention: a size of 0: at least 1 is needed",
                       ShapeError);
  CHECK_THROWS_WITH_AS(MultiHeadAttention(p, 4, 4, 6, 4),
                       "MultiHeadAttention: 6 features for 4 heads: each has to get as many",
                       ShapeError);
}

}  // namespace
}  // namespace unroll::testing
