#pragma once
/// Expressions of parameters and numbers alone, such as `1 - p` or `exp(p)`.

#include <unroll/core/tape.h>

#include <concepts>
#include <functional>
#include <memory>
#include <utility>

namespace unroll {

/// An expression without a Var: it names no tape. It stands for a Var wherever an operand is
/// expected, and is recorded there, on the tape of the Var it meets:
///
///     h * exp(-p)   is   h * exp(-h.tape().parameter(p))
class Expression {
 public:
  using Record = std::function<Var(Tape&)>;
  explicit Expression(Record record) : record_(std::make_shared<Record>(std::move(record))) {}
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

/// The parts of an expression, on a tape. A number stays a number.
inline Var put_on(Tape& tape, const Parameter& p) { return tape.parameter(p); }
inline Var put_on(Tape& tape, const Expression& e) { return e.on(tape); }
inline double put_on(Tape& /*tape*/, double number) { return number; }

/// f of operands that are on no tape.
template <class F, class... P>
Expression later(F f, const P&... operands) {
  return Expression([=](Tape& tape) { return f(put_on(tape, operands)...); });
}

}  // namespace unroll
