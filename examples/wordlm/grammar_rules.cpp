#include "wordlm/grammar_rules.h"

#include <unroll/core/error.h>

#include <fmt/ranges.h>
#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

namespace wordlm {
namespace {

using unroll::Error;
using unroll::fail;

std::vector<std::string> split_blanks(std::string_view text) {
  std::vector<std::string> parts;
  constexpr std::string_view kBlanks = " \t\r";
  for (std::size_t i = text.find_first_not_of(kBlanks); i < text.size();) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, i), text.size());
    parts.emplace_back(text.substr(i, end - i));
    i = text.find_first_not_of(kBlanks, end);
  }
  return parts;
}

RuleAlternative parse_alternative(std::span<const std::string> parts, const Rule& rule) {
  RuleAlternative alternative;
  if (!parts.empty() && parts[0][0] >= '0' && parts[0][0] <= '9') {
    const std::string& number = parts[0];
    const char* const end = number.data() + number.size();
    const auto [stop, error] = std::from_chars(number.data(), end, alternative.weight);
    if (error != std::errc() || stop != end || !(alternative.weight > 0.0)) {
      fail<Error>("grammar, line {}: expected a weight above 0, found '{}'", rule.line, number);
    }
    parts = parts.subspan(1);
  }
  if (parts.empty()) {
    fail<Error>("grammar, line {}: an alternative of {} is empty; write _ if that is meant",
                rule.line, rule.name);
  }
  if (parts.size() > 1 || parts[0] != "_") {
    alternative.symbols.assign(parts.begin(), parts.end());
  }
  return alternative;
}

Rule parse_rule(std::string_view text, std::size_t line) {
  const std::vector<std::string> parts = split_blanks(text);
  if (parts.size() < 2 || !is_symbol(parts[0]) || parts[1] != "=") {
    fail<Error>("grammar, line {}: expected 'Symbol = ...', found '{}'", line, text);
  }
  SymbolCall head = parse_call(parts[0], line);
  Rule rule{line, std::move(head.name), std::move(head.args), {}, false};
  for (auto begin = parts.begin() + 2;;) {
    const auto end = std::find(begin, parts.end(), "|");
    rule.alternatives.push_back(parse_alternative({begin, end}, rule));
    if (end == parts.end()) return rule;
    begin = end + 1;
  }
}

}  // namespace

bool is_symbol(const std::string& text) {
  return !text.empty() && text[0] >= 'A' && text[0] <= 'Z';
}

SymbolCall parse_call(const std::string& text, std::size_t line) {
  const std::size_t open = text.find('(');
  SymbolCall call{text.substr(0, open), {}};
  if (open == std::string::npos) return call;
  if (text.back() != ')') fail<Error>("grammar, line {}: '{}' does not end with ')'", line, text);
  std::size_t i = open + 1;
  for (;;) {
    const std::size_t end = text.find_first_of(",)", i);
    if (end == i) fail<Error>("grammar, line {}: '{}' has an empty argument", line, text);
    call.args.push_back(text.substr(i, end - i));
    if (text[end] == ')') {
      if (end + 1 == text.size()) return call;
      fail<Error>("grammar, line {}: '{}' goes on after its ')'", line, text);
    }
    i = end + 1;
  }
}

std::string to_text(const SymbolCall& call) {
  return call.args.empty() ? call.name
                           : fmt::format("{}({})", call.name, fmt::join(call.args, ","));
}

std::vector<Rule> parse_rules(std::string_view text) {
  std::vector<Rule> rules;
  std::string logical;  // a line with its continuations
  std::size_t first_line = 0;
  const auto flush = [&] {
    if (!logical.empty()) rules.push_back(parse_rule(logical, first_line));
    logical.clear();
  };
  std::size_t number = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find('\n', i), text.size());
    const std::string_view line = text.substr(i, end - i);
    i = end + 1;
    ++number;
    const std::size_t content = line.find_first_not_of(" \t\r");
    if (content == std::string_view::npos || line[content] == '#') continue;
    if (content == 0) {
      flush();
      first_line = number;
    } else if (logical.empty()) {
      fail<Error>("grammar, line {}: begins with a blank, but there is no rule to continue",
                  number);
    }
    logical.append(line).append(" ");
  }
  flush();
  if (rules.empty()) fail<Error>("grammar: there are no rules");
  return rules;
}

std::optional<std::map<std::string, std::string>> match_rule(const Rule& rule,
                                                             const SymbolCall& call) {
  if (rule.name != call.name || rule.args.size() != call.args.size()) return std::nullopt;
  std::map<std::string, std::string> values;
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    const bool fits = is_symbol(rule.args[i])
                          ? values.emplace(rule.args[i], call.args[i]).first->second == call.args[i]
                          : rule.args[i] == call.args[i];
    if (!fits) return std::nullopt;
  }
  return values;
}

}  // namespace wordlm
