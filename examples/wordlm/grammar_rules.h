#pragma once
/// The text of a grammar, parsed: rules as they were written. See `Grammar` for the form.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wordlm {

/// A symbol's name and arguments, as in `Noun(garden,pl)`.
struct SymbolCall {
  std::string name;
  std::vector<std::string> args;
};

/// One alternative of a rule as it was written: the empty one has no symbols.
struct RuleAlternative {
  double weight = 1.0;
  std::vector<std::string> symbols;
};

/// One rule as it was written: `name(args) = alternatives`.
struct Rule {
  std::size_t line = 0;
  std::string name;
  std::vector<std::string> args;
  std::vector<RuleAlternative> alternatives;
  bool used = false;
};

/// The rules of `text`, in order. Throws `unroll::Error`, with the line, for a mistake of form.
[[nodiscard]] std::vector<Rule> parse_rules(std::string_view text);

/// Whether `text` is a symbol, or as an argument a variable: it begins with a capital letter.
[[nodiscard]] bool is_symbol(const std::string& text);

/// The name and arguments in `text`; `line` is for the error message.
[[nodiscard]] SymbolCall parse_call(const std::string& text, std::size_t line);

/// A call as it is written.
[[nodiscard]] std::string to_text(const SymbolCall& call);

/// What the variables of `rule` stand for in `call`, if the rule fits it.
[[nodiscard]] std::optional<std::map<std::string, std::string>> match_rule(const Rule& rule,
                                                                           const SymbolCall& call);

}  // namespace wordlm
