#pragma once
/// How the weights of a model begin, by name.

#include <unroll/layers/gate.h>

#include <string>

namespace wordlm {

struct InitialWeights {
  unroll::CellOptions cell;
  unroll::Initializer embedding;
  unroll::Initializer output;
  unroll::Initializer output_bias;
};

/// By name:
///
///   fan-in       each matrix uniform in +-1/sqrt(fan in), word vectors in +-0.1, biases 0
///   glorot       matrices by Glorot & Bengio 2010, the rest as above
///   orthogonal   recurrent matrices orthogonal (Saxe et al. 2014), the rest as above
///   uniform:X    everything uniform in +-X, biases too (Zaremba et al. 2014)
///
/// unroll::Error for any other.
[[nodiscard]] InitialWeights initial_weights(const std::string& name);

}  // namespace wordlm
