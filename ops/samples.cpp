#include <unroll/ops/samples.h>

#include <utility>

namespace unroll {

SampleInput ids(const Shape& shape, Index bound) {
  return {shape, 0, static_cast<double>(bound), true};
}

std::vector<Sample> unary_samples(Var (*f)(Var), std::initializer_list<Domain> domains) {
  std::vector<Sample> samples;
  for (const Domain& domain : domains) {
    for (const Shape& shape : {Shape{3, 5}, Shape{1, 1}, Shape{0, 4}, Shape{}, Shape{2, 1, 3, 2}}) {
      samples.push_back({{{shape, domain.low, domain.high}}, [f](Vars v) { return f(v[0]); }});
    }
  }
  return samples;
}

std::vector<Sample> binary_samples(const std::function<Var(Var, Var)>& f, Domain a, Domain b) {
  const std::initializer_list<std::pair<Shape, Shape>> shapes = {{{3, 5}, {3, 5}},
                                                                 {{1, 1}, {1, 1}},
                                                                 {{0, 4}, {0, 4}},
                                                                 {{}, {}},
                                                                 {{3, 5}, {5}},
                                                                 {{5}, {3, 5}},
                                                                 {{3, 1}, {1, 5}},
                                                                 {{3, 5}, {3, 1}},
                                                                 {{2, 3, 4}, {2, 1, 4}},
                                                                 {{3, 4}, {}},
                                                                 {{}, {2, 3}},
                                                                 {{0, 4}, {1, 4}},
                                                                 {{2, 1, 3, 1}, {4, 1, 5}}};
  std::vector<Sample> samples;
  for (const auto& [x, y] : shapes) {
    samples.push_back(
        {{{x, a.low, a.high}, {y, b.low, b.high}}, [f](Vars v) { return f(v[0], v[1]); }});
  }
  return samples;
}

std::vector<BadInput> unary_bad_inputs(std::string_view name, Var (*f)(Var)) {
  return {{{ids({2, 3}, 4)},
           [f](Vars v) { return f(v[0]); },
           fmt::format("{}: input 0 is i32, expected floating-point values", name)}};
}

std::vector<BadInput> binary_bad_inputs(std::string_view name,
                                        const std::function<Var(Var, Var)>& f) {
  const auto call = [f](Vars v) { return f(v[0], v[1]); };
  return {{{{{2, 3}}, {{4, 3}}},
           call,
           fmt::format("{}: (2 x 3) and (4 x 3) do not broadcast: dimensions have to be equal or 1",
                       name)},
          {{{{2, 3}}, ids({2, 3}, 4)},
           call,
           fmt::format("{}: input 1 is i32, expected floating-point values", name)}};
}

}  // namespace unroll
