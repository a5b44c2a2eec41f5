#include "wordlm/grammar.h"

#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "wordlm/grammar_rules.h"

namespace wordlm {
namespace {

using unroll::Error;
using unroll::fail;

/// Where a symbol or a part of a production can end, with the probability of each place.
using Ends = std::vector<std::pair<std::size_t, double>>;

void add(Ends& ends, std::size_t end, double probability) {
  const auto same = std::find_if(ends.begin(), ends.end(), [&](auto& e) { return e.first == end; });
  if (same == ends.end()) {
    ends.emplace_back(end, probability);
  } else {
    same->second += probability;
  }
}

}  // namespace

double uniform(std::mt19937_64& generator) {
  return static_cast<double>(generator() >> 11) * 0x1p-53;
}

/// Fills a grammar with those symbols that its start can reach, arguments put in.
class Grammar::Builder {
 public:
  Builder(Grammar& grammar, std::vector<Rule> rules)
      : grammar_(grammar), rules_(std::move(rules)) {}

  void build() {
    const Rule& start = rules_.front();
    if (!start.args.empty()) {
      fail<Error>("grammar, line {}: the first rule, {}, is the start: it takes no arguments",
                  start.line, start.name);
    }
    symbol_index({start.name, {}}, start.line);
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      // By value: expanding may add to both vectors.
      const SymbolCall call = pending_[i];
      std::vector<Production> productions = expand(call, requested_at_[i]);
      grammar_.productions_[i] = std::move(productions);
    }
    for (const Rule& rule : rules_) {
      if (!rule.used) {
        fail<Error>("grammar, line {}: this rule for {} is never used", rule.line, rule.name);
      }
    }
  }

 private:
  std::vector<Production> expand(const SymbolCall& call, std::size_t line) {
    for (Rule& rule : rules_) {
      const auto values = match_rule(rule, call);
      if (!values) continue;
      rule.used = true;
      double total = 0.0;
      for (const RuleAlternative& raw : rule.alternatives) total += raw.weight;
      std::vector<Production> productions;
      for (const RuleAlternative& raw : rule.alternatives) {
        Production production{raw.weight / total, {}};
        for (const std::string& text : raw.symbols) {
          production.symbols.push_back(resolve(text, *values, rule.line));
        }
        productions.push_back(std::move(production));
      }
      return productions;
    }
    fail<Error>("grammar, line {}: there is no rule for {}", line, to_text(call));
  }

  Symbol resolve(const std::string& text, const std::map<std::string, std::string>& values,
                 std::size_t line) {
    if (!is_symbol(text)) return {true, word_index(text)};
    SymbolCall call = parse_call(text, line);
    for (std::string& arg : call.args) {
      if (!is_symbol(arg)) continue;
      const auto value = values.find(arg);
      if (value == values.end()) {
        fail<Error>("grammar, line {}: '{}' uses {}, which the rule does not take", line, text,
                    arg);
      }
      arg = value->second;
    }
    return {false, symbol_index(call, line)};
  }

  std::size_t symbol_index(const SymbolCall& call, std::size_t line) {
    const auto [entry, is_new] = symbol_index_.emplace(to_text(call), pending_.size());
    if (is_new) {
      pending_.push_back(call);
      requested_at_.push_back(line);
      grammar_.names_.push_back(entry->first);
      grammar_.productions_.emplace_back();
    }
    return entry->second;
  }

  std::size_t word_index(const std::string& word) {
    const auto [entry, is_new] = grammar_.word_index_.emplace(word, grammar_.words_.size());
    if (is_new) grammar_.words_.push_back(word);
    return entry->second;
  }

  Grammar& grammar_;
  std::vector<Rule> rules_;
  std::vector<SymbolCall> pending_;        // by symbol
  std::vector<std::size_t> requested_at_;  // by symbol, the line that first mentions it
  std::map<std::string, std::size_t> symbol_index_;
};

/// The inside probabilities of one sentence: where each symbol, begun at some word, can end.
/// Top-down, so it needs a grammar without left recursion.
class Grammar::Chart {
 public:
  Chart(const Grammar& grammar, std::vector<std::size_t> words)
      : grammar_(grammar),
        words_(std::move(words)),
        memo_((words_.size() + 1) * grammar.productions_.size()) {}

  double probability() {
    for (const auto& [end, p] : ends(0, 0)) {
      if (end == words_.size()) return p;
    }
    return 0.0;
  }

 private:
  const Ends& ends(std::size_t symbol, std::size_t begin) {
    std::optional<Ends>& memo = memo_[begin * grammar_.productions_.size() + symbol];
    if (memo) return *memo;
    Ends result;
    for (const Production& production : grammar_.productions_[symbol]) {
      Ends reached{{begin, production.probability}};
      for (const Symbol& s : production.symbols) {
        reached = step(reached, s);
        if (reached.empty()) break;
      }
      for (const auto& [end, p] : reached) add(result, end, p);
    }
    return memo.emplace(std::move(result));
  }

  Ends step(const Ends& from, const Symbol& symbol) {
    Ends to;
    for (const auto& [middle, p] : from) {
      if (!symbol.is_word) {
        for (const auto& [end, q] : ends(symbol.index, middle)) add(to, end, p * q);
      } else if (middle < words_.size() && words_[middle] == symbol.index) {
        add(to, middle + 1, p);
      }
    }
    return to;
  }

  const Grammar& grammar_;
  std::vector<std::size_t> words_;
  std::vector<std::optional<Ends>> memo_;  // by begin, then symbol
};

Grammar::Grammar(std::string_view rules) {
  Builder(*this, parse_rules(rules)).build();
  check_left_recursion();
  solve_visits();
  for (std::size_t a = 0; a < productions_.size(); ++a) {
    for (const Production& production : productions_[a]) {
      const double times = visits_[a] * production.probability;
      entropy_ -= times * std::log(production.probability);
      for (const Symbol& s : production.symbols) mean_words_ += s.is_word ? times : 0.0;
    }
  }
}

void Grammar::check_left_recursion() const {
  const std::size_t n = productions_.size();
  std::vector<bool> can_be_empty(n, false);
  const auto is_empty = [&](const Symbol& s) { return !s.is_word && can_be_empty[s.index]; };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t a = 0; a < n; ++a) {
      if (can_be_empty[a]) continue;
      can_be_empty[a] = std::any_of(
          productions_[a].begin(), productions_[a].end(),
          [&](const Production& p) { return std::ranges::all_of(p.symbols, is_empty); });
      changed = changed || can_be_empty[a];
    }
  }
  enum class Mark { kNew, kOpen, kDone };
  std::vector<Mark> marks(n, Mark::kNew);
  const auto visit = [&](const auto& self, std::size_t a) -> void {
    if (marks[a] == Mark::kDone) return;
    if (marks[a] == Mark::kOpen) {
      fail<Error>("grammar: {} can begin with itself (left recursion)", names_[a]);
    }
    marks[a] = Mark::kOpen;
    for (const Production& production : productions_[a]) {
      for (const Symbol& s : production.symbols) {
        if (s.is_word) break;
        self(self, s.index);
        if (!is_empty(s)) break;
      }
    }
    marks[a] = Mark::kDone;
  };
  for (std::size_t a = 0; a < n; ++a) visit(visit, a);
}

void Grammar::solve_visits() {
  // visits = e_start + M^T visits, where M[a][b] is the mean number of b's in an expansion of a.
  const std::size_t n = productions_.size();
  std::vector<std::vector<double>> rows(n, std::vector<double>(n + 1, 0.0));
  for (std::size_t a = 0; a < n; ++a) {
    rows[a][a] += 1.0;
    for (const Production& production : productions_[a]) {
      for (const Symbol& s : production.symbols) {
        if (!s.is_word) rows[s.index][a] -= production.probability;
      }
    }
  }
  rows[0][n] = 1.0;
  for (std::size_t k = 0; k < n; ++k) {
    const auto larger = [k](const auto& x, const auto& y) {
      return std::abs(x[k]) < std::abs(y[k]);
    };
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(k);
    std::iter_swap(first, std::max_element(first, rows.end(), larger));
    for (std::size_t r = 0; r < n; ++r) {
      if (r == k || rows[r][k] == 0.0) continue;
      const double factor = rows[r][k] / rows[k][k];
      for (std::size_t c = k; c <= n; ++c) rows[r][c] -= factor * rows[k][c];
    }
  }
  visits_.resize(n);
  for (std::size_t a = 0; a < n; ++a) {
    visits_[a] = rows[a][n] / rows[a][a];
    // Every symbol can be reached, so the solution is positive exactly where M's spectral radius
    // is below 1: where the expected length is finite.
    if (!std::isfinite(visits_[a]) || visits_[a] <= 0.0) {
      fail<Error>("grammar: {} recurs so often that sentences have no finite mean length",
                  names_[a]);
    }
  }
}

Grammar::Derivation Grammar::derive(std::mt19937_64& generator) const {
  Derivation derivation;
  std::vector<Symbol> stack{{false, 0}};
  while (!stack.empty()) {
    const Symbol symbol = stack.back();
    stack.pop_back();
    if (symbol.is_word) {
      derivation.tokens.push_back(words_[symbol.index]);
      continue;
    }
    const std::vector<Production>& choices = productions_[symbol.index];
    double left = uniform(generator);
    // The last one takes what rounding leaves over.
    const auto chosen = std::find_if(choices.begin(), choices.end() - 1, [&](const Production& p) {
      left -= p.probability;
      return left < 0.0;
    });
    derivation.log_probability += std::log(chosen->probability);
    stack.insert(stack.end(), chosen->symbols.rbegin(), chosen->symbols.rend());
  }
  return derivation;
}

std::vector<std::string> Grammar::sentence(std::mt19937_64& generator) const {
  return derive(generator).tokens;
}

double Grammar::log_probability(std::span<const std::string> tokens) const {
  std::vector<std::size_t> indices;
  for (const std::string& token : tokens) {
    const auto word = word_index_.find(token);
    if (word == word_index_.end()) return -std::numeric_limits<double>::infinity();
    indices.push_back(word->second);
  }
  return std::log(Chart(*this, std::move(indices)).probability());
}

std::vector<double> Grammar::mean_counts() const {
  std::vector<double> counts(words_.size(), 0.0);
  for (std::size_t a = 0; a < productions_.size(); ++a) {
    for (const Production& production : productions_[a]) {
      for (const Symbol& s : production.symbols) {
        if (s.is_word) counts[s.index] += visits_[a] * production.probability;
      }
    }
  }
  return counts;
}

}  // namespace wordlm
