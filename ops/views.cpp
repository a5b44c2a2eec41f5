/// Views: the same memory under another shape. They cost nothing to run.

#include <unroll/ops/families.h>
#include <unroll/ops/samples.h>
#include <unroll/ops/shape.h>

#include <algorithm>

namespace unroll {
namespace {

constexpr OpInfo view_info(std::string_view name, std::string_view formula) {
  return {.name = name, .formula = formula, .kind = OpKind::view, .any_dtype = true};
}

struct Reshape {
  static constexpr OpInfo info = view_info("reshape", "y = x under another shape");
  static Shape shape(const Signature& s) {
    const Shape wanted = s.attributes<Shape>();
    if (wanted.size() != s.shape(0).size()) {
      s.reject("{} has {} elements and {} has {}", s.shape(0).to_string(), s.shape(0).size(),
               wanted.to_string(), wanted.size());
    }
    return wanted;
  }
  static Index view_offset(const Signature&) { return 0; }
  static void gradient(Backward& b) { b.add(0, reshape(b.dy(), b.in(0).shape())); }
  static std::vector<Sample> samples() {
    std::vector<Sample> samples;
    const std::initializer_list<std::pair<Shape, Shape>> shapes = {
        {{3, 4}, {2, 6}}, {{1, 1}, {}}, {{0, 4}, {0, 2, 2}}, {{2, 3, 4}, {24}}, {{}, {1, 1, 1}}};
    for (const auto& [from, to] : shapes) {
      samples.push_back({{{from}}, [to = to](Vars v) { return reshape(v[0], to); }});
    }
    return samples;
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{2, 3}}},
             [](Vars v) {
               return reshape(v[0], {4, 2});
             },
             "reshape: (2 x 3) has 6 elements and (4 x 2) has 8"}};
  }
};

struct Range {
  Index begin;
  Index end;
};

struct Rows {
  static constexpr OpInfo info = view_info("rows", "y = x[begin:end] along the first axis");
  static Shape shape(const Signature& s) {
    const auto [begin, end] = s.attributes<Range>();
    const Index count = s.shape(0)[s.axis(0)];
    if (begin < 0 || begin > end || end > count) {
      s.reject("[{}, {}) of {}: the range has to lie within [0, {})", begin, end,
               s.shape(0).to_string(), count);
    }
    return s.shape(0).with(0, end - begin);
  }
  static Index view_offset(const Signature& s) {
    return s.attributes<Range>().begin * s.shape(0).size(1, s.shape(0).rank());
  }
  static void gradient(Backward& b) {
    b.add(0, place(b.dy(), 0, b.attributes<Range>().begin, b.in(0).shape()[0]));
  }
  static std::string describe(const Attributes& attributes) {
    const auto [begin, end] = attributes.as<Range>();
    return fmt::format("{}:{}", begin, end);
  }
  static std::vector<Sample> samples() {
    const auto rows = [](Index begin, Index end) {
      return [=](Vars v) { return slice(v[0], 0, begin, end); };
    };
    return {{{{{5, 3}}}, rows(1, 4)}, {{{{1, 1}}}, rows(0, 1)},    {{{{0, 4}}}, rows(0, 0)},
            {{{{5, 3}}}, rows(2, 2)}, {{{{3, 2, 2}}}, rows(2, 3)}, {{{{6}}}, rows(0, 5)}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{5, 3}}},
             [](Vars v) { return slice(v[0], 0, 2, 6); },
             "rows: [2, 6) of (5 x 3): the range has to lie within [0, 5)"},
            {{{{5, 3}}},
             [](Vars v) { return slice(v[0], 0, 3, 1); },
             "rows: [3, 1) of (5 x 3): the range has to lie within [0, 5)"},
            {{{{}}},
             [](Vars v) { return slice(v[0], 0, 0, 1); },
             "rows: axis 0 of (), which has 0 dimensions"}};
  }
};

struct Position {
  Index position;
};

struct Select {
  static constexpr OpInfo info = view_info("select", "y = x[t], the first axis removed");
  static Shape shape(const Signature& s) {
    const Index position = s.attributes<Position>().position;
    const Index count = s.shape(0)[s.axis(0)];
    if (position < 0 || position >= count) {
      s.reject("position {} of {}: expected one in [0, {})", position, s.shape(0).to_string(),
               count);
    }
    return s.shape(0).without(0);
  }
  static Index view_offset(const Signature& s) {
    return s.attributes<Position>().position * s.shape(0).size(1, s.shape(0).rank());
  }
  static void gradient(Backward& b) {
    const Shape shape = b.in(0).shape();
    b.add(0,
          place(reshape(b.dy(), shape.with(0, 1)), 0, b.attributes<Position>().position, shape[0]));
  }
  static std::string describe(const Attributes& attributes) {
    return fmt::format("[{}]", attributes.as<Position>().position);
  }
  static std::vector<Sample> samples() {
    const auto at = [](Index t) { return [t](Vars v) { return select(v[0], t); }; };
    return {{{{{4, 3}}}, at(2)},
            {{{{1, 1}}}, at(0)},
            {{{{3, 0, 2}}}, at(1)},
            {{{{3}}}, at(2)},
            {{{{3, 2, 4}}}, [](Vars v) { return stack(unstack(v[0])); }}};
  }
  static std::vector<BadInput> bad_inputs() {
    return {{{{{4, 3}}},
             [](Vars v) { return select(v[0], 4); },
             "select: position 4 of (4 x 3): expected one in [0, 4)"},
            {{{{4, 3}}},
             [](Vars v) { return select(v[0], -1); },
             "select: position -1 of (4 x 3): expected one in [0, 4)"}};
  }
};

struct StopGradient {
  static constexpr OpInfo info = view_info("stop_gradient", "y = x, as a constant");
  static Shape shape(const Signature& s) { return s.shape(0); }
  static Index view_offset(const Signature&) { return 0; }
  static constexpr NoGradient gradient{"its purpose"};
  static std::vector<Sample> samples() { return unary_samples(stop_gradient, {{-2, 2}}); }
  static std::vector<BadInput> bad_inputs() { return {}; }  // takes everything
};

using Family = OpFamily<Reshape, Rows, Select, StopGradient>;

template <class D>
Var record(Var x, const Attributes& attributes) {
  return x.tape().record(Family::op<D>(), {&x, 1}, attributes);
}

}  // namespace

std::vector<const Op*> view_ops() { return Family::all(); }

Var reshape(Var x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return record<Reshape>(x, Attributes(shape));
}

Var rows(Var x, Index begin, Index end) { return record<Rows>(x, Attributes(Range{begin, end})); }

Var select(Var x, Index position) { return record<Select>(x, Attributes(Position{position})); }

std::vector<Var> unstack(Var x) {
  if (x.shape().rank() == 0) fail<ShapeError>("unstack: a scalar has no first axis");
  std::vector<Var> steps(static_cast<std::size_t>(x.shape()[0]));
  for (std::size_t t = 0; t < steps.size(); ++t) steps[t] = select(x, static_cast<Index>(t));
  return steps;
}

Var stop_gradient(Var x) { return record<StopGradient>(x, {}); }

}  // namespace unroll
