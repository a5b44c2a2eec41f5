#pragma once
/// The gated-feedback recurrent network (Chung, Gulcehre, Cho & Bengio 2015), with tanh units: in a
/// stack, every layer sees what every layer was a step before, each through a gate.

#include <unroll/layers/gate.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/shape.h>

namespace unroll {

/// CellOptions::depth layers. The gate from layer i to layer j, G_ij, is one number; those to one
/// layer are computed together: W_gj (depth x in), U_gj (depth x depth * hidden). Biases are added
/// to the paper's equations, as in every cell here. in: (B, in) or ids (B), out: h (B, hidden) of
/// the top.
struct RnnGatedFeedback {
  using State = std::vector<Var>;  // h of each layer, from the bottom
  static constexpr std::string_view source = "Chung et al. 2015, tanh units";
  static constexpr std::string_view equations =
      "for layers j = 0 ... depth - 1, y = x where j = 0, else h_j-1':\n"
      "G_j = sigmoid(Wg_j y + Ug_j [h_0, ..., h_depth-1] + bg_j)\n"
      "h_j' = tanh(W_j y + sum_i G_ij (U_ij h_i) + b_j)";

  RnnGatedFeedback(const Parameters& p, Input in, Index hidden, const CellOptions& options = {})
      : hidden(hidden) {
    const Index depth = depth_of("RnnGatedFeedback", options);
    for (Index j = 0; j < depth; ++j) {
      const Input below = j == 0 ? in : Input(hidden);
      Layer layer{Gate(p / j / "g", below, depth * hidden, depth, options),
                  Projection(p / j, below, hidden, options),
                  {}};
      for (Index i = 0; i < depth; ++i) {
        layer.U.emplace_back(p / j / "from" / i, hidden, hidden, without_bias(options));
      }
      layers.push_back(std::move(layer));
    }
  }

  [[nodiscard]] State step(Var x, const State& s) const {
    State next;
    const Var all = concat(s, 1);
    for (const Layer& layer : layers) {
      const Var y = next.empty() ? x : next.back();
      const Var G = sigmoid(layer.g(y, all));
      Var a = layer.W(y);
      for (std::size_t i = 0; i < s.size(); ++i) {
        const auto column = static_cast<Index>(i);
        a = a + slice(G, 1, column, column + 1) * layer.U[i](s[i]);
      }
      next.push_back(tanh(a));
    }
    return next;
  }

  [[nodiscard]] State zero_state(Tape& tape, Index batch) const {
    return State(layers.size(), full(tape, {batch, hidden}, 0));
  }

  /// The weights of one layer.
  struct Layer {
    Gate g;
    Projection W;
    std::vector<Recurrent> U;  // of what each layer was
  };
  Index hidden;
  std::vector<Layer> layers;
};

}  // namespace unroll
