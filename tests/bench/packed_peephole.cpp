#include "bench/packed_peephole.h"

#include <algorithm>
#include <array>

namespace bench {

using namespace unroll;

namespace {

constexpr std::array<const char*, 4> kGates = {"i", "f", "o", "g"};

/// A name in the packed model as it is in the open one: "layers.0.U" with "i" is "layers.0.i.U".
std::string open_name(const std::string& packed, const char* gate) {
  const std::size_t dot = packed.rfind('.');
  return packed.substr(0, dot + 1) + gate + packed.substr(dot);
}

bool is_packed(const std::string& name) {
  return name.starts_with("layers.") &&
         (name.ends_with(".W") || name.ends_with(".U") || name.ends_with(".b"));
}

}  // namespace

PackedPeephole::PackedPeephole(const Parameters& p, Input in, Index hidden)
    : hidden(hidden),
      gates(p, in, hidden, 4 * hidden, {}),
      pi((p / "i").add("p", {hidden}, fan_in_uniform())),
      pf((p / "f").add("p", {hidden}, fan_in_uniform())),
      po((p / "o").add("p", {hidden}, fan_in_uniform())) {}

PackedPeephole::State PackedPeephole::step(Var x, State s) const {
  const std::vector<Var> a = split(gates(x, s.h), 4, 1);
  const Var it = sigmoid(a[0] + pi * s.c);
  const Var ft = sigmoid(a[1] + pf * s.c);
  const Var gt = tanh(a[3]);
  const Var c = ft * s.c + it * gt;
  const Var ot = sigmoid(a[2] + po * c);
  return {ot * tanh(c), c};
}

void copy_packed(const Parameters& open, const Parameters& packed) {
  for (const Parameter& parameter : packed.all()) {
    if (!is_packed(parameter.name())) {
      parameter.set(open[parameter.name()].value());
      continue;
    }
    Tensor values(DType::f32, parameter.shape());
    float* to = values.values<float>().data();
    for (const char* gate : kGates) {
      to = std::ranges::copy(open[open_name(parameter.name(), gate)].value().values<float>(), to)
               .out;
    }
    parameter.set(values);
  }
}

}  // namespace bench
