#include <unroll/core/names/notation.h>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace unroll {
namespace {

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '\'';
}

/// Reads expressions: sums of products, as equations write them.
class Reader {
 public:
  /// Names equal to `state` are read as `unknown`.
  Reader(std::string_view text, std::string_view state, std::string_view unknown)
      : text_(text), state_(state), unknown_(unknown) {}

  /// The expression that the text is, up to a comma; not known where it is of another form.
  Notation read() {
    Notation result = sum();
    skip();
    return text_.empty() || text_[0] == ',' ? result : Notation();
  }

 private:
  void skip() { text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size())); }
  bool take(char c) {
    skip();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  Notation sum() {
    Notation result = take('-') ? Notation::number(-1) * product() : product();
    while (result.is_known()) {
      if (take('+')) {
        result = result + product();
      } else if (take('-')) {
        result = result - product();
      } else {
        break;
      }
    }
    return result;
  }

  Notation product() {
    Notation result = factor();
    while (result.is_known()) {
      skip();
      if (take('/')) {
        const std::optional<double> divisor = number();
        if (divisor && *divisor == 0) return {};
        result = divisor ? result * Notation::number(1 / *divisor) : result / factor();
      } else if (!text_.empty() && (continues_name(text_[0]) || text_[0] == '(')) {
        result = result * factor();
      } else {
        break;
      }
    }
    return result;
  }

  Notation factor() {
    if (take('(')) return in_parentheses();
    if (const std::optional<double> value = number()) return Notation::number(*value);
    skip();
    if (text_.empty() || !begins_name(text_[0])) return {};
    const auto end = std::find_if_not(text_.begin(), text_.end(), continues_name);
    const std::string name(text_.begin(), end);
    text_.remove_prefix(name.size());
    if (!text_.empty() && text_[0] == '(') {  // a product has a blank there
      text_.remove_prefix(1);
      return Notation::call(name, in_parentheses());
    }
    return Notation::atom(name == state_ ? std::string(unknown_) : without_state(name));
  }

  Notation in_parentheses() {
    Notation result = sum();
    return take(')') ? result : Notation();
  }

  std::optional<double> number() {
    skip();
    double value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || text_[0] == '-') return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }

  std::string_view text_;
  std::string_view state_;
  std::string_view unknown_;
};

}  // namespace

std::string without_state(std::string_view name) {
  const bool of_h = name.size() == 2 && name[1] == 'h' &&
                    (name[0] == 'W' || name[0] == 'U' || name[0] == 'V' || name[0] == 'b');
  return std::string(of_h ? name.substr(0, 1) : name);
}

Notation Notation::atom(std::string_view name) {
  Notation result;
  result.terms_.push_back({1, {{std::string(name), std::string(name)}}});
  return result;
}

Notation Notation::bias(std::string_view name) {
  Notation result = atom(name);
  result.terms_[0].bias = true;
  return result;
}

Notation Notation::number(double value) {
  Notation result;
  result.terms_.push_back({value, {}});
  return result;
}

Notation Notation::call(std::string_view function, const Notation& a) {
  if (!a.is_known()) return {};
  Notation result;
  result.terms_.push_back(
      {1, {{fmt::format("{}({})", function, a.text()), fmt::format("{}({})", function, a.key())}}});
  return result;
}

Notation Notation::operator+(const Notation& b) const {
  if (!is_known() || !b.is_known()) return {};
  Notation result = *this;
  result.terms_.insert(result.terms_.end(), b.terms_.begin(), b.terms_.end());
  return result;
}

Notation Notation::operator-(const Notation& b) const { return *this + number(-1) * b; }

/// As one term: a sum becomes a factor in parentheses.
Notation::Term Notation::as_term() const {
  return terms_.size() == 1 ? terms_[0] : in_parentheses().terms_[0];
}

Notation Notation::operator*(const Notation& b) const {
  if (!is_known() || !b.is_known()) return {};
  const bool scales = terms_.size() == 1 && terms_[0].factors.empty();
  if (scales) {  // each term
    Notation result = b;
    for (Term& term : result.terms_) term.scale *= terms_[0].scale;
    return result;
  }
  if (b.terms_.size() == 1 && b.terms_[0].factors.empty()) return b * *this;
  Term term = as_term();
  const Term other = b.as_term();
  term.bias = false;
  term.scale *= other.scale;
  term.factors.insert(term.factors.end(), other.factors.begin(), other.factors.end());
  Notation result;
  result.terms_.push_back(std::move(term));
  return result;
}

Notation Notation::operator/(const Notation& b) const {
  if (!is_known() || !b.is_known()) return {};
  const bool is_name =
      b.terms_.size() == 1 && b.terms_[0].scale == 1 && b.terms_[0].factors.size() == 1;
  const Notation divisor = is_name ? b : b.in_parentheses();
  const Factor& factor = divisor.terms_[0].factors[0];
  Notation inverse;
  inverse.terms_.push_back({1, {{"/ " + factor.text, "/ " + factor.key}}});
  return *this * inverse;
}

Notation Notation::in_parentheses() const {
  Notation result;
  result.terms_.push_back({1, {{fmt::format("({})", text()), fmt::format("({})", key())}}});
  return result;
}

Notation Notation::grouped() const {
  Notation result = *this;
  if (terms_.size() != 1 || terms_[0].factors.size() < 2) return result;
  std::vector<Factor>& factors = result.terms_[0].factors;
  factors.front().text = fmt::format("({}", factors.front().text);
  factors.back().text += ')';
  return result;
}

std::string Notation::text() const {
  std::vector<Term> shown = terms_;
  std::stable_partition(shown.begin(), shown.end(), [](const Term& term) { return !term.bias; });
  const auto is_constant = [](const Term& term) { return term.factors.empty(); };
  std::stable_partition(shown.begin(), shown.end(), [&](const Term& term) {
    return is_constant(term) && term.scale > 0;  // 1 - z
  });
  std::stable_partition(shown.begin(), shown.end(), [&](const Term& term) {
    return !is_constant(term) || term.scale > 0;  // 4 a - 2
  });
  std::string text;
  for (const Term& term : shown) {
    double scale = term.scale;
    if (!text.empty()) {
      text += scale < 0 ? " - " : " + ";
      scale = scale < 0 ? -scale : scale;
    }
    std::vector<std::string_view> factors;
    for (const Factor& factor : term.factors) factors.push_back(factor.text);
    if (term.factors.empty()) {
      text += fmt::format("{:g}", scale);
    } else if ((scale == 1 || scale == -1) && !factors[0].starts_with('/')) {
      text += fmt::format("{}{}", scale < 0 ? "-" : "", fmt::join(factors, " "));
    } else {
      text += fmt::format("{:g} {}", scale, fmt::join(factors, " "));
    }
  }
  return text;
}

std::string Notation::key() const {
  std::vector<std::string> terms;
  for (const Term& term : terms_) {
    std::vector<std::string_view> factors;
    for (const Factor& factor : term.factors) factors.push_back(factor.key);
    std::ranges::sort(factors);
    terms.push_back(fmt::format("{:g} {}", term.scale, fmt::join(factors, " ")));
  }
  std::ranges::sort(terms);
  return fmt::format("{}", fmt::join(terms, " + "));
}

Equations::Equations(std::string_view text) {
  // A line may hold several: "q = Wq x, k = Wk x".
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty()) {
      const std::size_t comma = std::min(line.find(", "), line.size());
      const std::string_view equation = line.substr(0, comma);
      line.remove_prefix(std::min(comma + 2, line.size()));
      const std::size_t equals = equation.find(" = ");
      if (equals == std::string_view::npos) continue;
      const std::string name(equation.substr(0, equals));
      if (!begins_name(name[0]) || !std::ranges::all_of(name, continues_name)) continue;
      lines_.push_back({name, equation.substr(equals + 3)});
      if (name.back() == '\'') states_.push_back(name.substr(0, name.size() - 1));
    }
  }
  by_key_ = parsed("", "");
}

std::map<std::string, std::string> Equations::parsed(std::string_view state,
                                                     std::string_view unknown) const {
  std::map<std::string, std::string> result;
  for (const Line& line : lines_) {
    const Notation expression = Reader(line.expression, state, unknown).read();
    if (expression.is_known() && !expression.is_atom()) result.emplace(expression.key(), line.name);
  }
  return result;
}

std::string Equations::name_of(const std::string& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? "" : found->second;
}

std::string Equations::name_of(const std::string& key, std::string_view state,
                               std::string_view unknown) const {
  const std::map<std::string, std::string> renamed = parsed(state, unknown);
  const auto found = renamed.find(key);
  return found == renamed.end() ? "" : found->second;
}

bool Equations::is_value_of(std::string_view function, std::string_view name) const {
  const std::string beginning = fmt::format("{}(", function);
  return std::ranges::any_of(lines_, [&](const Line& line) {
    if (line.name != name || !line.expression.starts_with(beginning)) return false;
    int open = 0;
    for (std::size_t i = 0; i < line.expression.size(); ++i) {
      open += line.expression[i] == '(' ? 1 : line.expression[i] == ')' ? -1 : 0;
      if (open == 0 && line.expression[i] == ')') return i + 1 == line.expression.size();
    }
    return false;
  });
}

}  // namespace unroll
