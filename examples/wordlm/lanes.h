#pragma once
/// A model that is read one token after the other, in several lanes side by side.

#include <span>
#include <vector>

#include "wordlm/model.h"

namespace wordlm {

/// A step costs little more for many lanes than for one. What a lane gives does not depend on what
/// the others read, only on how many there are.
class Lanes {
 public:
  /// The model has to outlive the object.
  Lanes(const Model& model, std::int64_t lanes);

  [[nodiscard]] std::int64_t size() const { return lanes_; }
  /// Lets a lane begin anew, from the state in which texts begin.
  void restart(std::int64_t lane);
  /// Lets each lane i go on where lane from[i] stands.
  void take_over(std::span<const std::int64_t> from);

  /// Reads one token in each lane. What may come next then has the probabilities
  /// softmax(logits / temperature), over the tokens whose element of `allowed` is not 0: one row
  /// for all lanes, or one for each.
  void read(std::span<const std::int32_t> tokens, const std::vector<double>& allowed,
            double temperature);

  /// Those of a lane, one for each id of the model. They are not finite where the model's outputs
  /// are not.
  [[nodiscard]] std::vector<double> probabilities(std::int64_t lane) const;

 private:
  const Model& model_;
  std::int64_t lanes_;
  unroll::Tape tape_;
  unroll::Carried<Model::State> start_;
  unroll::Carried<Model::State> carried_;
  unroll::Tensor probabilities_;  // (lanes, ids)
};

}  // namespace wordlm
