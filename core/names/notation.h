#pragma once
/// An expression as equations write it: sums of products of names, `Wf x + Uf h + bf`.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// A sum of terms; the empty sum is an expression that is not known. Two expressions are the same
/// where they differ in the order of terms and factors only.
class Notation {
 public:
  /// Not known.
  Notation() = default;
  /// A name: "h", "Wf".
  static Notation atom(std::string_view name);
  /// A name that a sum shows last, as equations show a bias.
  static Notation bias(std::string_view name);
  /// A constant.
  static Notation number(double value);
  /// "tanh(a)"
  static Notation call(std::string_view function, const Notation& a);

  [[nodiscard]] Notation operator+(const Notation& b) const;
  [[nodiscard]] Notation operator-(const Notation& b) const;
  /// "a b": factors are shown one beside the other, sums among them in parentheses. Products of
  /// matrices are written the same way.
  [[nodiscard]] Notation operator*(const Notation& b) const;

  /// "a / b"
  [[nodiscard]] Notation operator/(const Notation& b) const;
  /// The same expression; as a factor it stands in parentheses where it is a product: Un (r h).
  [[nodiscard]] Notation grouped() const;

  [[nodiscard]] bool is_known() const { return !terms_.empty(); }
  /// Whether it is one name and nothing else.
  [[nodiscard]] bool is_atom() const {
    return terms_.size() == 1 && terms_[0].scale == 1 && terms_[0].factors.size() == 1 &&
           terms_[0].factors[0].text.find('(') == std::string::npos;
  }
  /// As equations write it.
  [[nodiscard]] std::string text() const;
  /// The same text for the same expression, whatever the order of its terms and factors.
  [[nodiscard]] std::string key() const;

 private:
  struct Factor {
    std::string text;
    std::string key;
  };
  struct Term {
    double scale = 1;
    std::vector<Factor> factors;
    bool bias = false;
  };
  [[nodiscard]] Term as_term() const;
  [[nodiscard]] Notation in_parentheses() const;

  std::vector<Term> terms_;
};

/// The equations of a cell, of those lines that are sums and products of names and of functions of
/// one argument; other lines are passed over. "h' = (1 - z) n + z h" defines h'; h without the
/// stroke is then its value before the step.
class Equations {
 public:
  /// `text` has one equation a line: "name = expression", a comment after a comma.
  explicit Equations(std::string_view text);

  /// The name that an equation gives to the expression of that key; empty where none does.
  [[nodiscard]] std::string name_of(const std::string& key) const;
  /// The same where `unknown`, a name in the expression, stands for the value of `state` before the
  /// step.
  [[nodiscard]] std::string name_of(const std::string& key, std::string_view state,
                                    std::string_view unknown) const;
  /// Whether a line defines the name as a value of that function: "i = sigmoid(...)".
  [[nodiscard]] bool is_value_of(std::string_view function, std::string_view name) const;
  /// The parts of the state: of the names that end in a stroke, the names without it.
  [[nodiscard]] const std::vector<std::string>& states() const { return states_; }

 private:
  [[nodiscard]] std::map<std::string, std::string> parsed(std::string_view state,
                                                          std::string_view unknown) const;

  struct Line {
    std::string name;
    std::string_view expression;
  };
  std::vector<Line> lines_;
  std::vector<std::string> states_;
  std::map<std::string, std::string> by_key_;
};

/// A name as equations have it: the branch of the new state adds no letter to the names of its
/// parameters, "Wh" is "W".
[[nodiscard]] std::string without_state(std::string_view name);

}  // namespace unroll
