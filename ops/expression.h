#pragma once
/// Expressions of parameters and numbers alone, such as `1 - p` or `exp(p)`.

#include <unroll/core/tape.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>

namespace unroll {

class Operand;

/// An expression without a Var: it names no tape. It stands for a Var wherever an operand is
/// expected, and is recorded there, on the tape of the Var it meets:
///
///     h * exp(-p)   is   h * exp(-h.tape().parameter(p))
class Expression {
 public:
  /// What records it on a tape.
  using Record = std::function<Var(Tape&)>;
  explicit Expression(Record record);
  /// The parameter by itself.
  Expression(const Parameter& p);  // NOLINT
  /// Records it.
  [[nodiscard]] Var on(Tape& tape) const { return (*record_)(tape); }

 private:
  std::shared_ptr<const Record> record_;
};

/// What is on no tape, but can be put on any: a parameter, or an expression of parameters.
template <class P>
concept OffTape = std::same_as<P, Parameter> || std::same_as<P, Expression>;

/// Two operands of which neither is on a tape and at least one can be put on any.
template <class A, class B>
concept BothOffTape = (OffTape<A> && (OffTape<B> || std::is_arithmetic_v<B>)) ||
                      (std::is_arithmetic_v<A> && OffTape<B>);

/// Either of two such operands. A number stays a number when the other is recorded.
class Part {
 public:
  /// Either, as it is.
  Part(double number) : number_(number) {}                  // NOLINT
  Part(const Parameter& p) : expression_(Expression(p)) {}  // NOLINT
  Part(const Expression& e) : expression_(e) {}             // NOLINT
  /// Itself, where operands of operations are taken.
  [[nodiscard]] Operand on(Tape& tape) const;

 private:
  double number_ = 0;
  std::optional<Expression> expression_;
};

/// An expression of f and its operands; f is called when the expression is recorded on a tape.
Expression later(Var (*f)(Var), const Expression& x);
Expression later(Var (*f)(const Operand&, const Operand&), const Part& a, const Part& b);
Expression later(std::function<Var(const Operand&, const Operand&)> f, const Part& a,
                 const Part& b);

}  // namespace unroll
