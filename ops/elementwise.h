#pragma once
/// Operations that work element by element. Two operands are broadcast by NumPy's rule. Each may be
/// a Var, a parameter, a number, or an expression of parameters.
///
/// What a choice does not choose (relu, maximum, minimum, clamp, where) has gradient zero, however
/// steep it is there. Only a function that is itself infinitely steep at a value that is chosen
/// gives no finite gradient: sqrt(x) at 0, and where(x > 0, sqrt(x), 0) with it, since 0 times an
/// infinite slope is NaN. Keep the argument away from that place: sqrt(maximum(x, 1e-12)).

#include <unroll/ops/expression.h>

namespace unroll {

/// What an element-wise operation takes.
class Operand {
 public:
  /// Any of the four, as it is.
  Operand(Var var) : var_(var), kind_(Kind::var) {}                           // NOLINT
  Operand(double number) : number_(number), kind_(Kind::number) {}            // NOLINT
  Operand(const Parameter& p) : parameter_(p), kind_(Kind::parameter) {}      // NOLINT
  Operand(const Expression& e) : expression_(&e), kind_(Kind::expression) {}  // NOLINT

  /// Whether it is a number, and that number; 0 where it is not.
  [[nodiscard]] bool is_number() const { return kind_ == Kind::number; }
  [[nodiscard]] double number() const { return number_; }
  /// The operand as a Var on the tape of `other`; HandleError where neither has a tape.
  [[nodiscard]] Var on_tape_of(const Operand& other) const;

 private:
  enum class Kind : std::uint8_t { var, number, parameter, expression };
  Var var_;
  double number_ = 0;
  Parameter parameter_;
  const Expression* expression_ = nullptr;  // an operand lives as long as the call it is passed to
  Kind kind_;
};

/// Sum, difference, product and quotient, element by element. ShapeError where the shapes do
/// not broadcast, HandleError where no operand is on a tape.
Var operator+(const Operand& a, const Operand& b);
Var operator-(const Operand& a, const Operand& b);
Var operator*(const Operand& a, const Operand& b);
Var operator/(const Operand& a, const Operand& b);
Var operator-(Var x);
inline Var& operator+=(Var& a, const Operand& b) { return a = a + b; }
inline Var& operator-=(Var& a, const Operand& b) { return a = a - b; }
inline Var& operator*=(Var& a, const Operand& b) { return a = a * b; }
inline Var& operator/=(Var& a, const Operand& b) { return a = a / b; }

/// scale * x + shift
Var affine(Var x, double scale, double shift);
/// a to the power b. A negative a has only whole powers; others are NaN. Dear where b is no number:
/// of a sigmoid, exp(b * log_sigmoid(x)) is several times as fast.
Var pow(Var a, double b);
Var pow(const Operand& a, const Operand& b);

/// The larger, or the smaller, of two; where they are equal the gradient goes to the second.
Var maximum(const Operand& a, const Operand& b);
Var minimum(const Operand& a, const Operand& b);

/// 1 where a > b, a >= b, a == b, a != b, else 0; no gradient. Nothing compares with NaN, which
/// differs from everything. For `==` and `!=` there are no operators: of Vars they compare handles.
Var greater(const Operand& a, const Operand& b);
Var greater_equal(const Operand& a, const Operand& b);
Var equal(const Operand& a, const Operand& b);
Var not_equal(const Operand& a, const Operand& b);
inline Var operator>(const Operand& a, const Operand& b) { return greater(a, b); }
inline Var operator<(const Operand& a, const Operand& b) { return greater(b, a); }
inline Var operator>=(const Operand& a, const Operand& b) { return greater_equal(a, b); }
inline Var operator<=(const Operand& a, const Operand& b) { return greater_equal(b, a); }
/// 1 where x is 0, else 0; no gradient.
inline Var logical_not(Var x) { return equal(x, 0); }

/// a where the condition is not 0, else b; no gradient for the condition.
Var where(const Operand& condition, const Operand& a, const Operand& b);
/// x, but `value` where the mask is not 0.
inline Var masked_fill(Var x, const Operand& mask, double value) { return where(mask, value, x); }

/// 1 / x
Var reciprocal(Var x);
Var exp(Var x);
/// exp(x) - 1, as exact near 0 as elsewhere
Var expm1(Var x);
/// The natural logarithm.
Var log(Var x);
/// log(1 + x), as exact near 0 as elsewhere
Var log1p(Var x);
Var sqrt(Var x);
Var square(Var x);
/// |x|; its gradient at 0 is 0.
Var abs(Var x);
/// 1, 0 or -1; no gradient.
Var sign(Var x);
Var sin(Var x);
Var cos(Var x);
/// The error function, 2 / sqrt(pi) times the integral of exp(-t t) from 0 to x.
Var erf(Var x);

/// 1 / (1 + exp(-x))
Var sigmoid(Var x);
Var tanh(Var x);
/// min(max(x / 5 + 1/2, 0), 1), as Theano and Keras define it
Var hard_sigmoid(Var x);
/// x within [low, high], the nearer bound elsewhere; its gradient at the bounds is 0. ValueError
/// where low is above high.
Var clamp(Var x, double low, double high);
/// clamp(x, -1, 1)
Var hard_tanh(Var x);
/// max(x, 0)
Var relu(Var x);
/// x where x > 0, else slope x (Maas et al. 2013)
Var leaky_relu(Var x, double slope = 0.01);
/// x where x > 0, else alpha (exp(x) - 1) (Clevert et al. 2016, equation 16)
Var elu(Var x, double alpha = 1);
/// x sigmoid(x), also called swish (Hendrycks & Gimpel 2016)
Var silu(Var x);
/// x times the probability that a standard normal variable is below x (Hendrycks & Gimpel 2016)
Var gelu(Var x);
/// x / (1 + |x|)
Var softsign(Var x);
/// log(1 + exp(x)), without overflow
Var softplus(Var x);
/// log(sigmoid(x)) = -softplus(-x)
Var log_sigmoid(Var x);

/// Of parameters and expressions of them: an expression, recorded where it meets a Var.
template <class A, class B>
requires BothOffTape<A, B> Expression operator+(const A& a, const B& b) {
  return later(operator+, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression operator-(const A& a, const B& b) {
  return later(operator-, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression operator*(const A& a, const B& b) {
  return later(operator*, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression operator/(const A& a, const B& b) {
  return later(operator/, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression maximum(const A& a, const B& b) {
  return later(maximum, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression minimum(const A& a, const B& b) {
  return later(minimum, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression pow(const A& a, const B& b) { return later(pow, a, b); }
template <class A, class B>
requires BothOffTape<A, B> Expression operator<(const A& a, const B& b) {
  return later(operator<, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression operator<=(const A& a, const B& b) {
  return later(operator<=, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression operator>(const A& a, const B& b) {
  return later(operator>, a, b);
}
template <class A, class B>
requires BothOffTape<A, B> Expression operator>=(const A& a, const B& b) {
  return later(operator>=, a, b);
}
Expression operator-(const Expression& x);
Expression reciprocal(const Expression& x);
Expression exp(const Expression& x);
Expression expm1(const Expression& x);
Expression log(const Expression& x);
Expression log1p(const Expression& x);
Expression sqrt(const Expression& x);
Expression square(const Expression& x);
Expression abs(const Expression& x);
Expression sin(const Expression& x);
Expression cos(const Expression& x);
Expression erf(const Expression& x);
Expression sigmoid(const Expression& x);
Expression tanh(const Expression& x);
Expression hard_sigmoid(const Expression& x);
Expression hard_tanh(const Expression& x);
Expression relu(const Expression& x);
Expression silu(const Expression& x);
Expression gelu(const Expression& x);
Expression softsign(const Expression& x);
Expression softplus(const Expression& x);
Expression log_sigmoid(const Expression& x);
Expression clamp(const Expression& x, double low, double high);

}  // namespace unroll
