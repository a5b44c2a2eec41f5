#pragma once
/// A model that is read one token after the other, in several lanes side by side.

#include <optional>
#include <span>
#include <vector>

#include "wordlm/model.h"

namespace wordlm {

/// A step costs little more for many lanes than for one: it is recorded and planned once, and its
/// weights stay packed. What a lane gives does not depend on what the others read, only on how many
/// there are.
class Lanes {
 public:
  /// The probabilities of the next token are softmax(logits / temperature), over the tokens whose
  /// element of `allowed` is not 0. The model has to outlive the object and to stay as it is.
  Lanes(const Model& model, std::int64_t lanes, const std::vector<double>& allowed,
        double temperature);

  [[nodiscard]] std::int64_t size() const { return lanes_; }
  /// Lets a lane begin anew, from the state in which texts begin.
  void restart(std::int64_t lane);
  /// Lets each lane i go on where lane from[i] stands.
  void take_over(std::span<const std::int64_t> from);
  /// Whether a lane may go on with a token, from the next read() on.
  void allow(std::int64_t lane, std::int32_t token, bool allowed);

  /// Reads one token in each lane.
  void read(std::span<const std::int32_t> tokens);

  /// The probabilities of what comes next in a lane, one for each id of the model. They are not
  /// finite where the model's outputs are not.
  [[nodiscard]] std::vector<double> probabilities(std::int64_t lane) const;

 private:
  std::int64_t lanes_;
  std::int64_t words_;
  unroll::Tape tape_;
  std::vector<unroll::Tensor> start_;  // the state in which texts begin
  std::vector<unroll::Tensor> state_;
  unroll::Tensor allowed_;  // (1, lanes, words), 1 or 0
  bool allowed_changed_ = false;
  std::optional<unroll::Replay> step_;  // of ids, mask, state: probabilities (1, lanes, words),
                                        // state
};

}  // namespace wordlm
