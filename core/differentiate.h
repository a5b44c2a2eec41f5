#pragma once
/// The gradient: one walk over the tape, backwards, that appends nodes.

#include <unroll/core/op.h>
#include <unroll/core/var.h>

#include <optional>
#include <span>
#include <vector>

namespace unroll {

/// The few operations the walk itself records. core knows no operation by name, so ops/ supplies
/// them (ops/gradient_algebra.cpp).
struct GradientAlgebra {
  /// A tensor with every element `value`.
  Var (*full)(Tape& tape, const Shape& shape, double value);
  /// The sum of contributions to one gradient, all of the same shape.
  Var (*sum)(std::span<const Var> contributions);
  /// `gradient`, of the shape `shape` was broadcast to, summed back to `shape`.
  Var (*sum_to)(Var gradient, const Shape& shape);
};
/// The one that ops/ defines.
const GradientAlgebra& gradient_algebra();

/// Records the gradients of the sum of `loss` with respect to `wrt`.
class Differentiation {
 public:
  /// Walks the tape back from `loss`. Error for a `loss` that is not floating-point.
  Differentiation(Tape& tape, Var loss, std::span<const Var> wrt);

  /// The gradient of one of `wrt`; nothing where the loss does not depend on it.
  [[nodiscard]] std::optional<Var> gradient(Var var) const;

 private:
  struct Contribution {
    Var dx;
    std::int32_t next;  // to the same node, -1: none
  };

  void mark_dependents(std::span<const Var> wrt);
  void walk();
  void visit(std::uint32_t index);
  void contribute(std::uint32_t index, Var dx);
  void note_passed(std::uint32_t node, std::uint32_t input, Var gradient);
  [[nodiscard]] std::uint32_t with_twins(std::uint32_t index) const;
  [[nodiscard]] Var sum(std::uint32_t index);

  Tape& tape_;
  std::uint32_t loss_;
  std::uint32_t first_;                // nothing before it depends on wrt
  std::vector<std::uint8_t> depends_;  // by node - first_: on one of wrt
  std::vector<std::uint32_t> asked_;   // the twins of those in wrt, ascending
  std::vector<std::int32_t> head_;     // by node - first_: its last contribution, -1: none
  std::vector<Contribution> contributions_;

  // Memory of a visit, kept from node to node.
  std::vector<std::uint8_t> wanted_;
  std::vector<Backward::Contribution> given_;
  std::vector<Var> terms_;
};

}  // namespace unroll
