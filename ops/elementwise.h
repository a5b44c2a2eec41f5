#pragma once
/// Operations that work element by element. Two operands are broadcast by NumPy's rule.

#include <unroll/core/tape.h>

namespace unroll {

/// What an element-wise operation takes: a Var, a parameter or a number.
class Operand {
 public:
  Operand(Var var) : var_(var), kind_(Kind::var) {}                       // NOLINT
  Operand(double number) : number_(number), kind_(Kind::number) {}        // NOLINT
  Operand(const Parameter& p) : parameter_(p), kind_(Kind::parameter) {}  // NOLINT

  [[nodiscard]] bool is_number() const { return kind_ == Kind::number; }
  [[nodiscard]] double number() const { return number_; }
  /// The operand as a Var on the tape of `other`; Error where neither has a tape.
  [[nodiscard]] Var on_tape_of(const Operand& other) const;

 private:
  enum class Kind : std::uint8_t { var, number, parameter };
  Var var_;
  double number_ = 0;
  Parameter parameter_;
  Kind kind_;
};

Var operator+(const Operand& a, const Operand& b);
Var operator-(const Operand& a, const Operand& b);
Var operator*(const Operand& a, const Operand& b);
Var operator/(const Operand& a, const Operand& b);
Var operator-(Var x);

/// 1 / x
Var reciprocal(Var x);
/// scale * x + shift
Var affine(Var x, double scale, double shift);
/// The larger, or the smaller, of two; where they are equal the gradient goes to the second.
Var maximum(const Operand& a, const Operand& b);
Var minimum(const Operand& a, const Operand& b);
/// 1 where a > b, else 0; no gradient.
Var greater(const Operand& a, const Operand& b);
/// 1 where a == b, else 0; no gradient.
Var equal(const Operand& a, const Operand& b);
/// a where the condition is not 0, else b; no gradient for the condition.
Var where(const Operand& condition, const Operand& a, const Operand& b);

/// 1 / (1 + exp(-x))
Var sigmoid(Var x);
Var tanh(Var x);
/// max(x, 0)
Var relu(Var x);
/// min(max(x / 5 + 1/2, 0), 1), as Theano and Keras define it
Var hard_sigmoid(Var x);
Var exp(Var x);
/// The natural logarithm.
Var log(Var x);
/// log(1 + exp(x)), without overflow
Var softplus(Var x);
/// log(sigmoid(x)) = -softplus(-x)
Var log_sigmoid(Var x);
Var sqrt(Var x);
Var square(Var x);

}  // namespace unroll
