#pragma once
/// Labels for a signal whose alignment with them is not known (Graves, Fernández, Gomez &
/// Schmidhuber 2006), as the paper's equations:
///
///   h_t    = [LSTM forward(x_t), LSTM backward(x_t)]   each frame with all that surrounds it
///   y_t    = softmax(W h_t + b)                        over the labels and a blank
///   p(l|x) = Σ over paths π with B(π) = l of Π_t y_t(π_t)
///   loss   = -log p(l|x)                               by the forward algorithm: ctc_loss
///
/// B turns a path, a symbol a frame, into labels: it merges repeated symbols, then removes blanks.

#include <unroll/unroll.h>

namespace ctc {

struct ModelSettings {
  std::int64_t hidden = 32;  // units of each direction
};

class Model {
 public:
  /// Reads frames of `inputs` numbers; tells so many symbols apart, the blank among them.
  Model(const unroll::Parameters& p, const ModelSettings& s, std::int64_t inputs,
        std::int64_t symbols)
      : lstm{{p / "forward", inputs, s.hidden}, {p / "backward", inputs, s.hidden}},
        out(p / "out", 2 * s.hidden, symbols) {}

  /// log y (T, B, symbols) of frames (T, B, inputs), those that the mask (T, B) leaves.
  [[nodiscard]] unroll::Var log_probabilities(unroll::Var x, unroll::Var mask) const {
    const auto start = lstm.zero_state(x.tape(), x.shape()[1]);
    return unroll::log_softmax(out(lstm.run(x, start, mask).outputs));
  }

  unroll::Bidirectional<unroll::Lstm> lstm;
  unroll::Linear out;
};

}  // namespace ctc
