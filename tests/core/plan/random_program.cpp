#include "core/plan/random_program.h"

#include <array>

namespace unroll::testing {
namespace {

constexpr Index kLargest = 120;  // elements of a value
constexpr Index kWords = 6;

}  // namespace

RandomProgram::RandomProgram(Tape& tape, const Recipe& recipe)
    : parameters(recipe.dtype, recipe.data),
      tape_(tape),
      recipe_(recipe),
      random_(recipe.structure),
      values_(recipe.data) {
  add_leaves();
  for (int i = 0; i < recipe.size; ++i) {
    // Each operation has random numbers of its own, whatever those before it have used.
    random_ = Random(recipe.structure, static_cast<std::uint64_t>(i) + 1);
    try {
      add_operation();
    } catch (const ShapeError&) {
      keep(tanh(recent()));  // what was chosen does not fit
    }
  }
  random_ = Random(recipe.structure, 1'000'000);
  add_losses();
}

void RandomProgram::add_leaves() {
  constexpr std::array<Index, 5> kBatches{0, 1, 1, 2, 5};
  steps_ = 1 + below(4);
  batch_ = kBatches[static_cast<std::size_t>(below(5))];
  features_ = 1 + below(4);
  hidden_ = one_in(2) ? features_ : 1 + below(4);
  for (const char* gate : {"i", "f", "o"}) {
    W_.push_back((parameters / gate).add("W", {hidden_, features_}, uniform(1)));
    U_.push_back((parameters / gate).add("U", {hidden_, hidden_}, uniform(1)));
    b_.push_back((parameters / gate).add("b", {hidden_}, uniform(1)));
  }
  table_ = parameters.add("table", {kWords, features_}, uniform(1));
  const auto input = [&](const Shape& shape) {
    pool_.push_back(tape_.input(make_tensor({shape, -1, 1}, values_)));
  };
  input({steps_, batch_, features_});
  input({batch_, hidden_});
  input({batch_, features_});
  input({hidden_, hidden_});
  input({hidden_});
  input({});
  for (const auto* parameters : {&W_, &U_, &b_}) {
    for (const Parameter& p : *parameters) pool_.push_back(tape_.parameter(p));
  }
  pool_.push_back(tape_.parameter(table_));
  leaves_ = pool_;
}

void RandomProgram::keep(Var x) {
  if (x.shape().size() <= kLargest) pool_.push_back(x);
  if (one_in(6)) tape_.discard(x);
}

Var RandomProgram::recent() {
  const Index count = std::ssize(pool_);
  return pool_[static_cast<std::size_t>(count - 1 - below(std::min<Index>(count, 8)))];
}

Var RandomProgram::ids(const Shape& shape, Index bound) {
  return tape_.input(make_tensor({shape, 0, static_cast<double>(bound), true}, values_));
}

void RandomProgram::add_operation() {
  switch (below(15)) {
    case 0:
    case 1:
      add_element_wise();
      break;
    case 2:
    case 3:
    case 4:
      add_product();
      break;
    case 5:
      add_reduction();
      break;
    case 6:
    case 7:
      add_view();
      break;
    case 8:
      add_joined();
      break;
    case 9:
      add_lookup();
      break;
    case 10:
      add_recurrence();
      break;
    case 11:
      add_columns();
      break;
    case 12:
      add_groups();
      break;
    case 13:
      add_sums();
      break;
    default:
      ask_in_the_middle();
      break;
  }
}

void RandomProgram::add_element_wise() {
  const Var a = recent();
  const std::vector<Var> others = all_that([&](Var v) {
    const auto shape = broadcast(a.shape(), v.shape());
    return shape && shape->size() <= kLargest;
  });
  const Var b = others[static_cast<std::size_t>(below(std::ssize(others)))];
  const Var leaf = leaves_[static_cast<std::size_t>(below(std::ssize(leaves_)))];
  switch (below(14)) {
    case 0:
      keep(a + b);
      break;
    case 1:
      keep(b - a);
      break;
    case 2:
      keep(a * b);
      break;
    case 3:
      keep(a / (sigmoid(b) + 1));
      break;
    case 4:
      keep(sigmoid(a));
      break;
    case 5:
      keep(tanh(a) * 0.5 + 1);
      break;
    case 6:
      keep(square(tanh(-a)));
      break;
    case 7:
      keep(dropout(a, 0.3, {recipe_.data, ++site_, 0}));
      break;
    // Only of leaves: where values are nearly equal, rounding would decide.
    case 8:
      keep(where(greater(leaf, 0.1), leaf, a));
      break;
    case 9:
      keep(one_in(2) ? sin(a) : cos(b));
      break;
    case 10:
      keep(one_in(2) ? expm1(tanh(a)) : log1p(sigmoid(b)));
      break;
    case 11:
      keep(one_in(2) ? softsign(a) : erf(b));
      break;
    case 12:
      keep(one_in(2) ? pow(1 + sigmoid(a), -1.5) : pow(1 + sigmoid(a), tanh(b)));
      break;
    default: {
      const std::vector<Var> same = all_that([&](Var v) { return v.shape() == a.shape(); });
      keep(bounded(add_up(std::span(same).last(std::min<std::size_t>(same.size(), 4)))));
    }
  }
}

void RandomProgram::add_product() {
  const auto matrices = [&](auto fits) {
    return all_that([&](Var v) { return v.shape().rank() == 2 && fits(v.shape()); });
  };
  const auto one_of = [&](const std::vector<Var>& vars) {
    if (vars.empty()) fail<ShapeError>("nothing fits");
    return vars[static_cast<std::size_t>(below(std::ssize(vars)))];
  };
  const Index gate = below(3);
  const auto parameter = [&](const std::vector<Parameter>& p, Index i) {
    return tape_.parameter(p[static_cast<std::size_t>(i % 3)]);
  };
  switch (below(5)) {
    case 0: {  // all ways to transpose
      const Transposed t{one_in(2), one_in(2)};
      const Var a = one_of(matrices([](const Shape&) { return true; }));
      const Index k = a.shape()[t.a ? 0 : 1];
      keep(bounded(
          matmul(a, one_of(matrices([&](const Shape& s) { return s[t.b ? 1 : 0] == k; })), t)));
      break;
    }
    case 1: {  // the gates of one cell
      const Var x = recent();
      const bool bias = one_in(2);
      for (Index i = 0; i < 3; ++i) {
        const Var W = parameter(one_in(2) ? W_ : U_, i);
        keep(bias ? linear(x, W, parameter(b_, i)) : linear(x, W));
      }
      break;
    }
    case 2: {  // of the matrices along the first axis
      const auto deep = all_that([](Var v) { return v.shape().rank() == 3; });
      const Var a = one_of(deep);
      const Var b = one_in(2) ? a : one_of(deep);
      keep(bounded(matmul(a, b, {one_in(2), one_in(2)})));
      if (one_in(4)) {
        keep(bounded(solve_unit_lower(0.2 * tanh(matmul(a, a, {.b = true})), a, one_in(2))));
      }
      break;
    }
    case 3: {  // a sum of products
      const Var a = one_of(matrices([](const Shape&) { return true; }));
      const auto same = matrices([&](const Shape& s) { return s == a.shape(); });
      std::vector<Var> terms;
      for (Index i = 0; i < 2 + below(3); ++i) {
        const bool left = a.shape()[1] == hidden_ && one_in(2);
        terms.push_back(
            left ? matmul(one_of(same), parameter(U_, gate + i))
                 : matmul(matmul(one_of(same), one_of(same), {true, false}), a, {one_in(2), true}));
        if (terms[0].shape() != terms.back().shape()) terms.pop_back();
      }
      keep(tanh(add_up(terms)));
      break;
    }
    default:
      keep(bounded(linear(recent(), parameter(one_in(2) ? W_ : U_, gate))));
  }
}

void RandomProgram::add_reduction() {
  const Var x = recent();
  const int rank = x.shape().rank();
  const Index axis = rank == 0 ? 0 : below(rank);
  switch (below(9)) {
    case 0:
      keep(bounded(sum(x)));
      break;
    case 1:
      keep(bounded(sum(x, axis, one_in(2))));
      break;
    case 2:
      if (rank > 0 && x.shape()[static_cast<int>(axis)] == 0) break;  // of nothing: NaN
      keep(mean(x, axis, one_in(2)));
      break;
    case 5:
      if (rank > 0 && x.shape()[static_cast<int>(axis)] == 0) break;  // of nothing: -infinity
      keep(logsumexp(tanh(x), axis, one_in(2)));
      break;
    case 6:
      keep(bounded(cumsum(x, axis)));
      break;
    case 7:
      keep(flip(x, axis));
      break;
    case 3:
      keep(softmax(x));
      break;
    case 4:
      keep(log_softmax(tanh(x)));
      break;
    default: {  // several sums of one value
      keep(sum(x, 0));
      keep(bounded(sum(x, 0)));
    }
  }
}

/// Sums over rows and several values, as gradients of gains are.
void RandomProgram::add_sums() {
  const Var x = recent();
  const Shape shape = x.shape();
  if (shape.rank() == 0) return;
  const Index last = shape[shape.rank() - 1];
  const std::vector<Var> others =
      all_that([&](Var v) { return v.shape().rank() == 2 && v.shape()[1] == last; });
  std::vector<Var> first;
  std::vector<Var> second;
  for (Index i = 1 + below(4); i > 0 && !others.empty(); --i) {
    const Var a = others[static_cast<std::size_t>(below(std::ssize(others)))];
    const Var b = tanh(a);
    const Index row = below(a.shape()[0] + 1);
    first.push_back(sum(one_in(2) ? a * b : b * rows(b, row, row + 1), 0));
    if (one_in(2)) second.push_back(sum(square(a - b), 0));
    if (one_in(3)) keep(sum(b, -1));
  }
  if (first.empty()) return;
  keep(bounded(add_up(first)));
  if (!second.empty()) keep(add_up(second));
}

void RandomProgram::add_lookup() {
  const Var x = recent();
  const Shape shape = x.shape();
  const Index last = shape.rank() == 0 ? 0 : shape[shape.rank() - 1];
  switch (below(4)) {
    case 0:
      keep(embedding(tape_.parameter(table_), ids({steps_, batch_}, kWords)));
      break;
    case 1:
      keep(embedding(tape_.parameter(table_), ids({batch_}, kWords)));
      break;
    case 2:
      if (last > 0) keep(pick(x, ids(shape.without(shape.rank() - 1), last)));
      break;
    default:
      if (last > 0) keep(cross_entropy(x, ids(shape.without(shape.rank() - 1), last)));
  }
}

/// Some steps of a cell with gates and two states over the whole sequence.
void RandomProgram::add_recurrence() {
  Var h = pool_[1];
  Var c = full(tape_, {batch_, hidden_}, 0);
  const bool bias = one_in(2);
  const bool after = one_in(2);  // the gates see h of the step before
  std::vector<Var> outputs;
  for (const Var& x : unstack(pool_[0])) {
    const auto gate = [&](std::size_t i, Var seen) {
      const Var W = tape_.parameter(W_[i]);
      const Var Wx = bias ? linear(x, W, tape_.parameter(b_[i])) : linear(x, W);
      return Wx + linear(seen, tape_.parameter(U_[i]));
    };
    const Var i = sigmoid(gate(0, h));
    const Var f = sigmoid(gate(1, h));
    c = f * c + i * tanh(gate(2, after ? i * h : h));
    h = tanh(c);
    outputs.push_back(h);
  }
  keep(stack(outputs));
  keep(h);
}

void RandomProgram::ask_in_the_middle() {
  const Var x = recent();
  if (one_in(2)) {  // the gates of one x lie side by side, and are read in another way later
    const std::vector<Parameter>& parameters = one_in(2) ? W_ : U_;
    std::vector<Var> y;
    for (const Parameter& p : parameters) y.push_back(linear(x, tape_.parameter(p)));
    (void)(tanh(y[0]) * y[1] + sigmoid(y[2])).value();
    for (const Var& gate : y) keep(gate);
    keep(tanh(reshape(y[1], {y[1].shape().size()})));
    return;
  }
  (void)x.value();
  if (one_in(3)) (void)sum(x).item();
}

/// The losses of some logits; their mean is small whatever they are.
Var RandomProgram::add_classification() {
  const std::vector<Var> fit =
      all_that([](Var x) { return x.shape().rank() > 0 && x.shape().size() > 0; });
  const Var x = tanh(fit[static_cast<std::size_t>(below(std::ssize(fit)))]);
  const Var logits = one_in(2) ? x : x * 2;
  if (one_in(2)) tape_.discard(logits);
  const Index last = logits.shape().rank() - 1;
  return cross_entropy(logits, ids(logits.shape().without(static_cast<int>(last)),
                                   logits.shape()[static_cast<int>(last)]));
}

void RandomProgram::add_losses() {
  std::vector<Var> wrt;
  for (const Var& leaf : leaves_) {
    if (!one_in(3)) wrt.push_back(leaf);
  }
  const auto squares = [](const std::vector<Var>& vars) {
    std::vector<Var> terms;
    for (const Var& var : vars) terms.push_back(sum(square(var)));
    return add_up(terms);
  };
  for (Index count = 1 + below(2); count > 0; --count) {
    std::vector<Var> read{recent()};
    for (Index i = below(4); i > 0; --i) read.push_back(any());
    Var loss = one_in(2) ? squares(read) : sum(tanh(read[0])) + squares(read);
    for (Index i = below(3); i > 0; --i) {
      const Var classified = sum(add_classification());
      loss = one_in(3) ? loss * tanh(classified) : loss + classified;
    }
    losses.push_back(loss);
    if (one_in(2)) gradients.push_back(tape_.gradients(loss, parameters, Tape::Unreached::zero));
    if (wrt.empty() || one_in(4)) continue;
    const std::vector<Var> first = tape_.gradients(loss, wrt);
    for (const Var& gradient : first) keep(gradient);
    if (one_in(3)) (void)tape_.gradients(squares(first), wrt);
  }
}

}  // namespace unroll::testing
