#include "wordlm/initial_weights.h"

#include <unroll/core/error.h>

#include <cmath>
#include <cstdlib>
#include <string_view>

namespace wordlm {
namespace {

using namespace unroll;

constexpr std::string_view kUniform = "uniform:";

}  // namespace

InitialWeights initial_weights(const std::string& name) {
  InitialWeights weights{{}, uniform(0.1), fan_in_uniform(), zeros()};
  if (name == "fan-in") return weights;
  if (name == "glorot") {
    weights.cell.W = weights.cell.U = weights.output = glorot();
    return weights;
  }
  if (name == "orthogonal") {
    weights.cell.U = orthogonal();
    return weights;
  }
  if (name.starts_with(kUniform)) {
    const char* const number = name.c_str() + kUniform.size();
    char* end = nullptr;
    const double limit = std::strtod(number, &end);
    if (end != number && *end == '\0' && std::isfinite(limit) && limit >= 0) {
      weights.cell.W = weights.cell.U = weights.cell.b = uniform(limit);
      weights.embedding = weights.output = weights.output_bias = uniform(limit);
      return weights;
    }
  }
  fail<Error>("no initial weights '{}'; there are: fan-in, glorot, orthogonal, uniform:0.1", name);
}

}  // namespace wordlm
