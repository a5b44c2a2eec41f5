/// Parts of random programs: values taken apart and put together.
#include "core/plan/random_program.h"

namespace unroll::testing {

void RandomProgram::add_view() {
  const Var x = one_in(3) ? any() : recent();
  const Shape shape = x.shape();
  const Index first = shape.rank() == 0 ? 0 : shape[0];
  switch (below(7)) {
    case 0:
      keep(reshape(x, {shape.size()}));
      break;
    case 1: {
      const Index divisor = 1 + below(4);
      if (shape.size() % divisor == 0) keep(reshape(x, {shape.size() / divisor, divisor}));
      break;
    }
    case 2: {
      const Index begin = below(first + 1);
      keep(rows(x, begin, begin + below(first - begin + 1)));
      break;
    }
    case 3:
      if (first > 0) keep(select(x, below(first)));
      break;
    case 4:
      if (shape.rank() > 1) keep(slice(x, 1, 0, (shape[1] + 1) / 2));
      break;
    case 5:
      keep(transpose(x));
      break;
    default:
      keep(stop_gradient(x));
  }
}

void RandomProgram::add_joined() {
  const Var x = recent();
  const Shape shape = x.shape();
  const std::vector<Var> same = all_that([&](Var v) { return v.shape() == shape; });
  std::vector<Var> parts;
  for (Index i = 0; i < 1 + below(4); ++i) {
    parts.push_back(same[static_cast<std::size_t>(below(std::ssize(same)))]);
  }
  switch (below(5)) {
    case 0:
      keep(stack(parts));
      break;
    case 1:
      keep(concat(parts, 0));
      break;
    case 2:
      keep(concat(parts, shape.rank() - 1));
      break;
    case 3: {  // taken apart, and joined again in the same order or another
      if (shape.rank() == 0 || shape[0] == 0 || shape[0] > 6) break;
      std::vector<Var> pieces = unstack(x);
      if (one_in(2)) std::swap(pieces.front(), pieces.back());
      for (const Var& piece : pieces) keep(piece);
      keep(stack(pieces));
      std::vector<Var> all{rows(parts[0], 0, 0)};
      for (Index i = 0; i < shape[0]; ++i) all.push_back(rows(x, i, i + 1));
      keep(sigmoid(concat(all, 0)));
      break;
    }
    default: {  // rows that begin in one part and end in another
      if (one_in(2)) {
        for (Var& part : parts) part = sigmoid(part);
      }
      const Var joined = concat(parts, 0);
      const Index count = joined.shape()[0];
      const Index begin = below(count + 1);
      const Var across = rows(joined, begin, std::min(count, begin + shape[0]));
      keep(joined);
      keep(one_in(2) ? tanh(across) : across);
      if (one_in(2)) break;
      keep(tanh(concat(std::array{rows(joined, 0, begin), rows(joined, begin, count)}, 0)));
    }
  }
}

/// Some columns of a value: read as they are, beside others, or in another shape.
void RandomProgram::add_columns() {
  const Var x = one_in(3) ? any() : recent();
  const Shape shape = x.shape();
  const Index last = shape.rank() - 1;
  const Index columns = shape.rank() == 0 ? 0 : shape[static_cast<int>(last)];
  if (columns == 0) return;
  const auto some = [&](Var from) {
    const Index begin = below(columns);
    return slice(from, last, begin, begin + 1 + below(columns - begin));
  };
  const Index cut = below(columns + 1);
  const auto before = [&](Var from) { return slice(from, last, 0, cut); };
  const auto after = [&](Var from) { return slice(from, last, cut, columns); };
  const auto beside = [&](Var a, Var b) { return concat(std::array{a, b}, last); };
  switch (below(10)) {
    case 0:
      keep(some(x));
      break;
    case 1:
      keep(some(one_in(2) ? tanh(x) : square(x)));
      break;
    case 2:  // taken apart, and put together again
      keep(beside(tanh(before(x)), one_in(2) ? after(x) : sigmoid(after(x))));
      keep(some(pool_.back()));
      break;
    case 3:  // in another order, or a part replaced
      keep(one_in(2) ? beside(after(x), before(x)) : beside(before(x), tanh(after(bounded(x)))));
      break;
    case 4: {
      const Var part = some(x);
      keep(reshape(part, {part.shape().size()}));
      if (part.shape().rank() > 1) keep(rows(part, 0, (part.shape()[0] + 1) / 2));
      break;
    }
    case 5: {  // beside a part of it
      const Var y = tanh(x);
      keep(beside(y, some(y)));
      keep(sum(some(pool_.back()), last, one_in(2)));
      break;
    }
    case 6: {  // many that overlap
      std::vector<Var> parts;
      for (Index i = 1 + below(6); i > 0; --i) parts.push_back(bounded(some(x)));
      keep(concat(parts, last));
      break;
    }
    case 7: {  // one below the other, and rows of both
      const Var y = beside(sigmoid(before(x)), tanh(after(x)));
      const Var stacked = concat(std::array{one_in(2) ? x : y, y}, 0);
      const Index begin = below(shape[0] + 1);
      keep(rows(stacked, begin, begin + shape[0]));
      keep(some(y));
      break;
    }
    case 8: {  // parts in two places
      const Var part = some(tanh(x));
      const Var across = rows(concat(std::array{part, some(tanh(x))}, 0), 1, shape[0] + 1);
      keep(beside(tanh(before(x)), across));
      keep(beside(sigmoid(before(x)), across));
      break;
    }
    default: {  // as one factor of products, and what begins there in another shape
      const Index begin = below(columns);
      const Var W = tape_.parameter(W_[static_cast<std::size_t>(below(3))]);
      keep(linear(slice(x, last, begin, begin + features_), W));
      keep(linear(slice(x, last, 0, features_), tape_.parameter(W_[1])));
      const Var other = reshape(x, {shape.size() / features_, features_});
      keep(linear(rows(other, 0, shape[0]), tape_.parameter(W_[2])));
    }
  }
}

/// Some steps of a cell whose state is in groups, of which some read others.
void RandomProgram::add_groups() {
  if (hidden_ == 0) return;
  const Index cut = below(hidden_ + 1);
  Var h = one_in(2) ? pool_[1] : full(tape_, {batch_, hidden_}, 0);
  const bool whole = one_in(2);  // what it gives is all of the state
  std::vector<Var> outputs;
  for (const Var& x : unstack(pool_[0])) {
    std::vector<Var> groups;
    for (const auto& [begin, end] : {std::pair(Index{0}, cut), std::pair(cut, hidden_)}) {
      const Var Wx = matmul(x, rows(tape_.parameter(W_[groups.size()]), begin, end), {false, true});
      const Var seen = slice(h, 1, begin, hidden_);
      const Var U = rows(tape_.parameter(U_[groups.size()]), begin, hidden_);
      const Var Uh = slice(matmul(seen, U), 1, begin, end);
      groups.push_back(sigmoid(Wx) * slice(h, 1, begin, end) + tanh(Wx + Uh));
    }
    h = concat(groups, 1);
    outputs.push_back(whole ? h : groups.back());
  }
  keep(stack(outputs));
  keep(h);
}

}  // namespace unroll::testing
