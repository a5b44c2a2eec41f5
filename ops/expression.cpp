#include <unroll/ops/elementwise.h>
#include <unroll/ops/shape.h>

namespace unroll {

Expression::Expression(Record record) : record_(std::make_shared<Record>(std::move(record))) {}
Expression::Expression(const Parameter& p)
    : Expression([p](Tape& tape) { return tape.parameter(p); }) {}

Operand Part::on(Tape& tape) const {
  if (expression_) return expression_->on(tape);
  return number_;
}

Expression later(Var (*f)(Var), const Expression& x) {
  return Expression([=](Tape& tape) { return f(x.on(tape)); });
}
Expression later(std::function<Var(const Operand&, const Operand&)> f, const Part& a,
                 const Part& b) {
  return Expression([f = std::move(f), a, b](Tape& tape) { return f(a.on(tape), b.on(tape)); });
}
Expression later(Var (*f)(const Operand&, const Operand&), const Part& a, const Part& b) {
  return later(std::function<Var(const Operand&, const Operand&)>(f), a, b);
}

Expression operator-(const Expression& x) { return later(operator-, x); }
Expression reciprocal(const Expression& x) { return later(reciprocal, x); }
Expression exp(const Expression& x) { return later(exp, x); }
Expression expm1(const Expression& x) { return later(expm1, x); }
Expression log(const Expression& x) { return later(log, x); }
Expression log1p(const Expression& x) { return later(log1p, x); }
Expression sqrt(const Expression& x) { return later(sqrt, x); }
Expression square(const Expression& x) { return later(square, x); }
Expression abs(const Expression& x) { return later(abs, x); }
Expression sin(const Expression& x) { return later(sin, x); }
Expression cos(const Expression& x) { return later(cos, x); }
Expression erf(const Expression& x) { return later(erf, x); }
Expression sigmoid(const Expression& x) { return later(sigmoid, x); }
Expression tanh(const Expression& x) { return later(tanh, x); }
Expression hard_sigmoid(const Expression& x) { return later(hard_sigmoid, x); }
Expression hard_tanh(const Expression& x) { return later(hard_tanh, x); }
Expression relu(const Expression& x) { return later(relu, x); }
Expression silu(const Expression& x) { return later(silu, x); }
Expression gelu(const Expression& x) { return later(gelu, x); }
Expression softsign(const Expression& x) { return later(softsign, x); }
Expression softplus(const Expression& x) { return later(softplus, x); }
Expression log_sigmoid(const Expression& x) { return later(log_sigmoid, x); }
Expression clamp(const Expression& x, double low, double high) {
  return Expression([=](Tape& tape) { return clamp(x.on(tape), low, high); });
}
Expression transpose(const Expression& x) { return later(transpose, x); }

}  // namespace unroll
