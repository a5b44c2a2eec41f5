// Each pass on a tape of a few nodes: what it makes, what it leaves alone, and that values stay.
#include "core/plan/planned.h"

#include <fmt/format.h>

namespace unroll::testing {
namespace {

std::size_t products_of(const Program& program, const Passes& passes = {}) {
  return steps_of<ProductStep>(checked_plan(program, passes)).size();
}

/// The one product of a plan.
ProductStep only_product(const Plan& plan) {
  const auto products = steps_of<ProductStep>(plan);
  REQUIRE(products.size() == 1);
  return *products[0];
}

Var add_all(const std::vector<Var>& vars) { return add_up(vars); }

TEST_CASE("passes: a set of passes is written as text and read back") {
  CHECK(Passes::parse("on") == Passes{});
  CHECK(Passes::parse("off") == Passes::none());
  CHECK(Passes::parse("") == Passes::none());
  CHECK(Passes::parse("place") == only(&Passes::place));
  CHECK(Passes::parse("fuse,join").to_string() == "join,fuse");
  const std::string all = fmt::format("{}", fmt::join(Passes::names(), ","));
  CHECK(Passes{}.to_string() == all);
  CHECK(Passes::parse(Passes{}.to_string()) == Passes{});
  CHECK(Passes::none().to_string() == "off");
  CHECK(only(&Passes::spread).any());
  CHECK_FALSE(Passes::none().any());
  const std::string no_such_pass =
      fmt::format("UNROLL_PLAN: no pass 'jion'; expected on, off, or some of {}",
                  fmt::join(Passes::names(), ", "));
  CHECK_THROWS_WITH_AS(Passes::parse("fuse,jion"), no_such_pass.c_str(), Error);
  CHECK_THROWS_WITH_AS(Passes::parse("jion,fuse"), no_such_pass.c_str(), Error);
  CHECK_THROWS_AS(Passes::parse("on,fuse"), Error);
  CHECK_THROWS_AS(Passes::parse("fuse, join"), Error);
}

TEST_CASE("join: the gates of one x are one product") {
  const Gates gates(3, 4);
  const Program program = [&](Tape& tape) {
    std::vector<Var> y = gates.of(tanh(leaf(tape, {2, 4}, 1)));
    y.push_back(sigmoid(y[0]) * tanh(y[1]) + sigmoid(y[2]) * y[3]);
    return y;
  };
  const ProductStep product = only_product(checked_plan(program, {}));
  CHECK(product.m == 2);
  CHECK(product.n == 12);
  CHECK(product.k == 4);
  CHECK(product.has_bias);
  CHECK(products_of(program, without(&Passes::join)) == 4);
  CHECK(products_of(program, only(&Passes::join)) == 1);
}

TEST_CASE("join: only neighbouring matrices of one width, all with a bias or none, are joined") {
  const Gates gates(3, 4);
  CHECK(products_of([&](Tape& tape) {  // the second and the third, the fourth is used elsewhere
          const Var x = leaf(tape, {2, 4}, 1);
          const Var f = linear(x, tape.parameter(gates.W[1]));
          const Var o = linear(x, tape.parameter(gates.W[2]));
          const Var g = linear(tanh(x), tape.parameter(gates.W[3]));
          return std::vector{f, o, g, f * o + g};
        }) == 2);
  CHECK(products_of([&](Tape& tape) {  // one between them is missing
          const Var x = leaf(tape, {2, 4}, 1);
          const Var i = linear(x, tape.parameter(gates.W[0]));
          const Var o = linear(x, tape.parameter(gates.W[2]));
          return std::vector{i, o, tanh(i) * o};
        }) == 2);
  CHECK(products_of([&](Tape& tape) {  // one has a bias
          const Var x = leaf(tape, {2, 4}, 1);
          const Var i = linear(x, tape.parameter(gates.W[0]), tape.parameter(gates.b[0]));
          const Var f = linear(x, tape.parameter(gates.W[1]));
          return std::vector{i, f, tanh(i) * f};
        }) == 2);
  CHECK(products_of([&](Tape& tape) {  // matrices that are no parameters
          const Var x = leaf(tape, {2, 4}, 1);
          const Var i = linear(x, leaf(tape, {3, 4}, 2));
          const Var f = linear(x, leaf(tape, {3, 4}, 3));
          return std::vector{i, f, tanh(i) * f};
        }) == 2);
  const Parameters parameters(DType::f64);
  const Parameter wide = parameters.add("a", {3, 4}, uniform(1));
  const Parameter narrow = parameters.add("b", {2, 4}, uniform(1));
  CHECK(products_of([&](Tape& tape) {  // different widths
          const Var x = leaf(tape, {2, 4}, 1);
          const Var a = linear(x, tape.parameter(wide));
          const Var b = linear(x, tape.parameter(narrow));
          return std::vector{a, b, sum(a) + sum(b)};
        }) == 2);
}

TEST_CASE("join: the gradient of a bias is added up beside that of the weight") {
  const Program program = [](Tape& tape) {
    const Var W = leaf(tape, {3, 4}, 1);
    const Var b = leaf(tape, {3}, 2);
    const Var y = tanh(linear(leaf(tape, {5, 4}, 3), W, b));
    return tape.gradients(sum(y * y), std::vector{W, b});
  };
  CHECK(planned_difference(program) < kClose);
  Tape tape(DType::f64);
  const std::vector<Var> gradients = program(tape);
  const Plan joined = plan_for(tape, gradients);
  const Plan apart = plan_for(tape, gradients, without(&Passes::join));
  CHECK(steps_of<ProductStep>(joined).back()->sums.size() == 1);
  CHECK(steps_of<ProductStep>(apart).back()->sums.empty());
  const auto sums_of_sweeps = [](const Plan& plan) {
    std::size_t sums = 0;
    for (const FusedStep* const sweep : steps_of<FusedStep>(plan)) sums += sweep->sums.size();
    return sums;
  };
  CHECK(sums_of_sweeps(joined) + 1 == sums_of_sweeps(apart));
}

TEST_CASE("join: a bias gradient that the product itself depends on is not joined") {
  CHECK(planned_difference([](Tape& tape) {
          const Var dy = tanh(leaf(tape, {5, 3}, 1));
          const Var x = leaf(tape, {5, 4}, 2);
          const Var W = leaf(tape, {3, 4}, 3);
          const Var y = sum(dy * linear(x, W));
          const Var dW = tape.gradients(y, std::vector{W})[0];  // dyᵀ x
          const Var total = sum(dy, 0);
          const Var waits = linear(x * sum(total), W);
          const Var other = tape.gradients(sum(dy * waits), std::vector{W})[0];
          return std::vector{total, other, dW};
        }) < kClose);
}

TEST_CASE("batch: W x_t of all steps is one product") {
  const Gates gates(3, 4);
  const Program program = [&](Tape& tape) {
    std::vector<Var> y;
    for (const Var& x : unstack(leaf(tape, {5, 2, 4}, 1))) {
      y.push_back(linear(x, tape.parameter(gates.W[0])));
    }
    y.push_back(tanh(add_all(y)));
    return y;
  };
  const ProductStep product = only_product(checked_plan(program, {}));
  CHECK(product.m == 10);
  CHECK(product.n == 3);
  CHECK(products_of(program, without(&Passes::batch)) == 5);
}

TEST_CASE("batch: a product that depends on another is not batched with it") {
  const Gates gates(4, 4);
  const auto step = [&](std::size_t i, Var h) {
    return tanh(linear(h, h.tape().parameter(gates.W[i])));
  };
  const Program chain = [&](Tape& tape) {
    std::vector<Var> h{leaf(tape, {2, 4}, 1)};
    for (int t = 0; t < 5; ++t) h.push_back(step(0, h.back()));
    return h;
  };
  CHECK(products_of(chain) == 5);
  CHECK(products_of(chain, without(&Passes::batch)) == 5);
  // Of two layers the upper one waits for the lower one's last step only where it has to.
  const Program two_layers = [&](Tape& tape) {
    std::vector<Var> h{leaf(tape, {2, 4}, 1)};
    for (int t = 0; t < 5; ++t) h.push_back(step(0, h.back()));
    std::vector<Var> up;
    for (const Var& var : h) up.push_back(step(1, var));
    up.push_back(add_all(up));
    return up;
  };
  CHECK(products_of(two_layers) == 6);
  const Program two_chains = [&](Tape& tape) {
    Var a = leaf(tape, {2, 4}, 1);
    Var b = leaf(tape, {2, 4}, 2);
    for (int t = 0; t < 3; ++t) {
      a = step(0, a);
      b = step(0, b);
    }
    return std::vector{a, b, a * b};
  };
  CHECK(products_of(two_chains) == 3);
}

TEST_CASE("batch: joined products are batched even where their results are recorded far apart") {
  const Gates gates(4, 4);
  const Program program = [&](Tape& tape) {
    const auto W = [&](std::size_t i, Var x) { return linear(x, tape.parameter(gates.W[i])); };
    Var h = leaf(tape, {2, 4}, 1);
    for (int t = 0; t < 4; ++t) {
      const Var second = W(1, h);
      const Var of_second = W(3, tanh(second));  // before the first of the joined ones is recorded
      h = tanh(W(0, h) * of_second);
    }
    return std::vector{h};
  };
  CHECK(products_of(program) == 8);
}

TEST_CASE("batch: products that would wait for each other in a circle run one by one") {
  const Gates gates(4, 4);
  const auto step = [&](std::size_t i, Var h) {
    return tanh(linear(h, h.tape().parameter(gates.W[i])));
  };
  CHECK(products_of([&](Tape& tape) {
          const Var a = step(0, leaf(tape, {2, 4}, 1));
          const Var b = step(2, leaf(tape, {2, 4}, 2));
          const Var c = step(0, b);
          const Var d = step(2, a);
          return std::vector{a, b, c, d, a * b + c * d};
        }) == 4);
}

TEST_CASE("accumulate: a sum of products is one product") {
  const Program program = [](Tape& tape) {
    std::vector<Var> terms;
    for (const Index k : {2, 3, 4}) {
      const auto seed = static_cast<std::uint64_t>(k);
      terms.push_back(matmul(tanh(leaf(tape, {k, 3}, seed)), tanh(leaf(tape, {k, 5}, seed + 10)),
                             {true, false}));
    }
    return std::vector{add_all(terms)};
  };
  const ProductStep product = only_product(checked_plan(program, {}));
  CHECK(product.k == 9);
  CHECK(product.m == 3);
  CHECK(product.n == 5);
  CHECK(products_of(program, without(&Passes::accumulate)) == 3);
}

TEST_CASE("accumulate: other terms of the sum are added to the product") {
  const Program program = [](Tape& tape) {
    const Var a = tanh(leaf(tape, {2, 3}, 1));
    const Var b = tanh(leaf(tape, {3, 4}, 2));
    const Var c = tanh(leaf(tape, {2, 5}, 3));
    const Var d = tanh(leaf(tape, {5, 4}, 4));
    const Var other = tanh(leaf(tape, {2, 4}, 5));
    return std::vector{a, other, (matmul(a, b) + other) + (matmul(c, d) + matmul(a, b))};
  };
  const auto products = products_of(program);
  CHECK(products == 1);
  CHECK(products_of(program, without(&Passes::accumulate)) >= 2);
}

TEST_CASE("accumulate: a product that is asked for or used twice is not accumulated") {
  const Program program = [](Tape& tape) {
    const Var x = tanh(leaf(tape, {3, 3}, 1));
    const Var y = tanh(leaf(tape, {3, 3}, 2));
    const Var used = matmul(x, y, {true, false});
    return std::vector{used, (used + matmul(y, x, {true, false})) * used};
  };
  CHECK(products_of(program) == 2);
}

TEST_CASE("accumulate: parameters are one matrix only where they are neighbours") {
  const Gates gates(4, 5);
  const auto sum_over = [&](std::initializer_list<std::size_t> which) {
    return [&gates, which = std::vector<std::size_t>(which)](Tape& tape) {
      std::vector<Var> terms;
      for (const std::size_t i : which) {
        terms.push_back(matmul(tanh(leaf(tape, {2, 4}, i)), tape.parameter(gates.W[i])));
      }
      return std::vector{add_all(terms)};
    };
  };
  CHECK(products_of(sum_over({0, 1, 2, 3})) == 1);
  CHECK(products_of(sum_over({2, 1})) == 1);
  CHECK(products_of(sum_over({0, 2})) == 2);
  CHECK(products_of(sum_over({0, 1, 3})) == 2);
}

TEST_CASE("accumulate: the gradient of a weight over all steps is one product") {
  const Gates gates(4, 4);
  const Program program = [&](Tape& tape) {
    const Var W = tape.parameter(gates.W[0]);
    const Var b = tape.parameter(gates.b[0]);
    Var h = leaf(tape, {2, 4}, 1);
    for (int t = 0; t < 5; ++t) h = tanh(linear(h, W, b));
    return tape.gradients(sum(h), std::vector{b, W});
  };
  // Five forward, four of h backward, one of W.
  CHECK(products_of(program) == 10);
  CHECK(products_of(program, without(&Passes::accumulate)) == 14);
}

TEST_CASE("products: a transposed operand is read as it lies") {
  const Gates gates(4, 3);
  const Program program = [&](Tape& tape) {
    const Var x = tanh(leaf(tape, {5, 4}, 1));
    const Var W = tape.parameter(gates.W[0]);
    const Var y = matmul(x, transpose(transpose(transpose(transpose(W)))));
    return std::vector{y, matmul(transpose(y), x) * 2 + matmul(transpose(y), x, {false, false}),
                       matmul(leaf(tape, {2, 3}, 2), transpose(W)) * sum(y)};
  };
  const Plan plan = checked_plan(program);
  CHECK(counts_of(plan).kernels == 1);               // the sum of y
  const Plan asked = checked_plan([&](Tape& tape) {  // a sum that reads it as it is
    const Var Wt = transpose(tape.parameter(gates.W[0]));
    return std::vector{Wt, matmul(tanh(leaf(tape, {2, 3}, 1)), Wt) * sum(Wt, 0)};
  });
  CHECK(counts_of(asked).kernels == 2);
}

TEST_CASE("place: a recurrence runs without a copy") {
  const Gates gates(3, 4);
  const Program program = [&](Tape& tape) {
    std::vector<Var> y;
    for (std::uint64_t t = 0; t < 5; ++t) {
      y.push_back(linear(tanh(leaf(tape, {2, 4}, t)), tape.parameter(gates.W[0])));
    }
    y.push_back(tanh(add_all(y)));
    return y;
  };
  CHECK(counts_of(checked_plan(program, {})).copies == 0);
  const Plan copies = checked_plan(program, without(&Passes::place));
  CHECK(steps_of<ProductStep>(copies).size() == 1);
  std::size_t moved = counts_of(copies).copies;
  for (const FusedStep* step : steps_of<FusedStep>(copies)) {
    moved += step->results.size() > 1 ? 1 : 0;  // stored once more on the way
  }
  CHECK(moved > 0);
}

TEST_CASE("place: a value wanted at two places is written to both when it is computed") {
  const std::array<Gates, 3> gates{Gates(4, 4), Gates(4, 4), Gates(4, 4)};
  const Program program = [&](Tape& tape) {
    std::vector<Var> x;
    for (std::uint64_t i = 0; i < 3; ++i) x.push_back(tanh(leaf(tape, {2, 4}, i)));
    // Each time beside the same two, and later.
    for (const Gates& g : gates) {
      std::vector<Var> terms;
      for (std::size_t i = 0; i < 3; ++i) terms.push_back(matmul(x[i], tape.parameter(g.W[i])));
      x[2] = tanh(add_all(terms));
    }
    return std::vector{x[2]};
  };
  const Plan plan = checked_plan(program, {});
  CHECK(counts_of(plan) == Counts{.products = 3, .sweeps = 4, .kernels = 0, .copies = 0});
  const FusedStep& first = *steps_of<FusedStep>(plan)[0];
  CHECK(first.results.size() == 7);  // x, and two of them twice more
}

TEST_CASE("place: the steps of a stack stand one after another") {
  const Program program = [](Tape& tape) {
    std::vector<Var> steps;
    for (std::uint64_t t = 0; t < 4; ++t) steps.push_back(tanh(leaf(tape, {2, 3}, t)));
    const Var all = stack(steps);
    return std::vector{all, sigmoid(all) * 2};
  };
  const Counts placed = counts_of(checked_plan(program, {}));
  CHECK(placed.copies == 0);
  CHECK(placed.kernels == 0);
  CHECK(counts_of(checked_plan(program, without(&Passes::place))).kernels == 1);
}

TEST_CASE("spread: a plan is for as many threads as there are, and gives the same bits") {
  const Gates gates(40, 30);
  const Program program = [&](Tape& tape) {
    std::vector<Var> h{leaf(tape, {7, 30}, 1)};
    for (int t = 0; t < 4; ++t) {
      const std::vector<Var> y = gates.of(h.back());
      h.push_back(
          rows(reshape(sigmoid(y[0]) * tanh(y[1]) + tanh(y[2]) * tanh(y[3]), {280}), 0, 210));
      h.back() = reshape(h.back(), {7, 30});
    }
    std::vector<Var> wrt;
    for (const Parameter& W : gates.W) wrt.push_back(tape.parameter(W));
    std::vector<Var> results = tape.gradients(sum(h.back()), wrt);
    results.push_back(sum(h.back()));
    return results;
  };
  Tape tape(DType::f64);
  const Var last = program(tape).back();
  CHECK(plan_for(tape, last, {}, 3).threads == 3);
  CHECK(plan_for(tape, last, without(&Passes::spread), 3).threads == 1);
  std::vector<Tensor> first;
  for (const int count : {1, 2, 3}) {
    const WithThreads scope(count);
    const std::vector<Tensor> values = values_with({}, program);
    if (first.empty()) first = values;
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(same_bits(values[i], first[i]));
  }
  CHECK(planned_difference(program) < kClose);
}

TEST_CASE("passes: a matrix that small products read again and again is packed once") {
  const Gates gates(4, 4);
  const Program program = [&](Tape& tape) {
    Var h = leaf(tape, {2, 4}, 1);
    for (int t = 0; t < 5; ++t) h = tanh(linear(h, tape.parameter(gates.W[0])));
    return std::vector{h};
  };
  const Plan plan = checked_plan(program, {});
  CHECK(steps_of<PackStep>(plan).size() == 1);
  for (const ProductStep* product : steps_of<ProductStep>(plan)) CHECK(product->packed == 0);
}

TEST_CASE("passes: the plan that ran last, as text") {
  Tape tape(DType::f64);
  tape.set_passes({});
  CHECK(tape.plan_to_string().empty());
  const Gates gates(3, 4);
  const auto run = [&] {
    tape.clear();
    const std::vector<Var> y = gates.of(leaf(tape, {2, 4}, 1));
    (void)(tanh(y[0]) * y[1] + y[2] * y[3]).value();
    return tape.plan_to_string();
  };
  const std::string text = run();
  CHECK(text.find("product a bᵀ") != std::string::npos);
  CHECK(text.find("2 x 12 x 4") != std::string::npos);
  CHECK(text.find("sweep of 4") != std::string::npos);
  CHECK(text.find("8 nodes in 2 steps") != std::string::npos);
  CHECK(run() == text);
  CHECK(text.find(" ms,") == std::string::npos);
  tape.set_timing(true);
  const std::string timed = run();
  CHECK(timed.find(" ms, ") != std::string::npos);
  CHECK(timed.find(" % ") != std::string::npos);  // of kernels of one kind and shape together
  tape.set_timing(false);
  CHECK(run() == text);
  tape.set_passes(Passes::none());
  CHECK(run().empty());
}

TEST_CASE("accumulate: a product with a bias stays apart") {
  const Program program = [](Tape& tape) {
    std::vector<Var> terms;
    for (std::uint64_t i = 0; i < 3; ++i) {
      const Var x = tanh(leaf(tape, {2, 4}, i));
      const Var W = tanh(leaf(tape, {3, 4}, 10 + i));
      terms.push_back(i == 2 ? linear(x, W) : linear(x, W, leaf(tape, {3}, 20 + i)));
    }
    return std::vector{add_up(terms)};
  };
  CHECK(products_of(program) == 3);
}

TEST_CASE("accumulate: products with a parameter and products with a value are not one") {
  const Gates gates(4, 5);
  const Program program = [&](Tape& tape) {
    const Var x = tanh(leaf(tape, {2, 4}, 1));
    return std::vector{matmul(x, tape.parameter(gates.W[0])) +
                       matmul(x, tanh(leaf(tape, {4, 5}, 2)))};
  };
  CHECK(products_of(program) == 2);
}

TEST_CASE("batch: products with equal right sides but another bias, or none, stay apart") {
  const Gates gates(4, 4);
  const Program program = [&](Tape& tape) {
    const Var W = tape.parameter(gates.W[0]);
    const Var a = linear(tanh(leaf(tape, {2, 4}, 1)), W, tape.parameter(gates.b[0]));
    const Var b = linear(tanh(leaf(tape, {2, 4}, 2)), W, tape.parameter(gates.b[2]));
    const Var c = linear(tanh(leaf(tape, {2, 4}, 3)), W);
    return std::vector{a, b, c, a * b * c};
  };
  CHECK(products_of(program, only(&Passes::batch)) == 3);
}

TEST_CASE("batch: a right side and its transpose are not one") {
  const Gates gates(4, 4);
  const Program program = [&](Tape& tape) {
    const Var W = tape.parameter(gates.W[0]);
    const Var a = linear(tanh(leaf(tape, {2, 4}, 1)), W);
    const Var b = matmul(tanh(leaf(tape, {2, 4}, 2)), W);
    return std::vector{a, b, a * b};
  };
  CHECK(products_of(program) == 2);
}

TEST_CASE("place: rows of a kernel's result are read in place") {
  const Gates gates(4, 4);
  const Program program = [&](Tape& tape) {
    const Var x =
        embedding(tape.parameter(gates.W[0]), tape.input(ids_of({6}, {0, 1, 2, 3, 1, 0})));
    const Var h = tanh(leaf(tape, {2, 3}, 1));
    std::vector<Var> terms;
    for (Index t = 0; t < 3; ++t) {
      terms.push_back(
          matmul(h * static_cast<double>(t + 1), rows(x, 2 * t, 2 * t + 2), {true, false}));
    }
    return std::vector{add_up(terms)};
  };
  CHECK(counts_of(checked_plan(program)).copies == 0);
  CHECK(products_of(program) == 1);
}

}  // namespace
}  // namespace unroll::testing
