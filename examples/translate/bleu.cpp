#include "translate/bleu.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common/numbers.h"
#include "text/characters.h"

namespace translate {
namespace {

constexpr std::size_t kOrders = 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_point(char c) { return c == '.' || c == ','; }

/// ASCII punctuation that always stands alone: all but ' , - and . (and the blank).
bool stands_alone(char c) {
  return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
         (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

/// Rewrites each pair of neighbours that `matches`, from the left, pairs apart from each other, as
/// before + first + between + second + after.
template <class Matches>
std::string rewrite_pairs(std::string_view text, Matches matches, std::string_view before,
                          std::string_view between, std::string_view after) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !matches(text[i], text[i + 1])) {
      result += text[i];
      continue;
    }
    result.append(before).append(1, text[i]).append(between).append(1, text[i + 1]).append(after);
    ++i;
  }
  return result;
}

/// White space as Python's str.split() has it.
bool is_space(std::int32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  bool open = false;
  for (std::size_t at = 0; at < text.size();) {
    const text::CodePoint c = text::code_point_at(text, at);
    const bool space = is_space(c.value);
    if (!space && !open) parts.emplace_back();
    if (!space) parts.back() += text.substr(at, c.length);
    open = !space;
    at += c.length;
  }
  return parts;
}

using Tokens = std::vector<std::string>;
using Counts =
    std::map<std::span<const std::string>, std::int64_t,
             decltype([](std::span<const std::string> a, std::span<const std::string> b) {
               return std::ranges::lexicographical_compare(a, b);
             })>;

Counts count(const Tokens& tokens, std::size_t order) {
  Counts counts;
  for (std::size_t i = 0; i + order <= tokens.size(); ++i) {
    ++counts[std::span(tokens).subspan(i, order)];
  }
  return counts;
}

}  // namespace

std::vector<std::string> tokenize_13a(std::string_view text) {
  std::string line(text);
  replace_all(line, "<skipped>", "");
  replace_all(line, "-\n", "");
  replace_all(line, "\n", " ");
  replace_all(line, "&quot;", "\"");
  replace_all(line, "&amp;", "&");
  replace_all(line, "&lt;", "<");
  replace_all(line, "&gt;", ">");
  std::string apart = " ";
  for (const char c : line) apart += stands_alone(c) ? fmt::format(" {} ", c) : std::string(1, c);
  apart += ' ';
  apart = rewrite_pairs(
      apart, [](char a, char b) { return !is_digit(a) && is_point(b); }, "", " ", " ");
  apart = rewrite_pairs(
      apart, [](char a, char b) { return is_point(a) && !is_digit(b); }, " ", " ", "");
  apart = rewrite_pairs(
      apart, [](char a, char b) { return is_digit(a) && b == '-'; }, "", " ", " ");
  return split(apart);
}

Bleu bleu(std::span<const std::string> translations, std::span<const std::string> references,
          bool lower) {
  if (translations.size() != references.size()) {
    unroll::fail<unroll::Error>("{} translations for {} references: expected as many",
                                translations.size(), references.size());
  }
  const auto tokens = [&](std::string text) {
    if (lower) {
      replace_all(text, "\u0130", "i\u0307");  // I with a dot, as Python lowers it
      text = text::lower_case(text);
    }
    return tokenize_13a(text);
  };
  Bleu result;
  std::array<std::int64_t, kOrders> right{};
  std::array<std::int64_t, kOrders> total{};
  for (std::size_t i = 0; i < translations.size(); ++i) {
    const Tokens translation = tokens(translations[i]);
    const Tokens reference = tokens(references[i]);
    result.length += std::ssize(translation);
    result.reference_length += std::ssize(reference);
    for (std::size_t n = 0; n < kOrders; ++n) {
      const Counts wanted = count(reference, n + 1);
      for (const auto& [ngram, found] : count(translation, n + 1)) {
        total[n] += found;
        const auto known = wanted.find(ngram);
        if (known != wanted.end()) right[n] += std::min(found, known->second);
      }
    }
  }
  if (result.length < result.reference_length) {
    const auto length = static_cast<double>(result.length);
    const auto reference_length = static_cast<double>(result.reference_length);
    result.brevity = result.length == 0 ? 0 : std::exp(1 - reference_length / length);
  }
  if (right[0] == 0) return result;
  double logarithms = 0;
  double smoothing = 1;
  for (std::size_t n = 0; n < kOrders; ++n) {
    if (total[n] == 0) return result;  // no translation is so long: BLEU is 0
    // The k-th order without any match counts as 1 / 2^k matches.
    if (right[n] == 0) smoothing /= 2;
    const double matches = right[n] == 0 ? smoothing : static_cast<double>(right[n]);
    result.precisions[n] = 100 * matches / static_cast<double>(total[n]);
    logarithms += std::log(result.precisions[n]);
  }
  result.score = result.brevity * std::exp(logarithms / kOrders);
  return result;
}

std::string Bleu::to_string() const {
  return fmt::format("BLEU {:.2f} ({:.1f} {:.1f} {:.1f} {:.1f}, brevity {:.3f}, {} of {} tokens)",
                     score, precisions[0], precisions[1], precisions[2], precisions[3], brevity,
                     examples::grouped(length), examples::grouped(reference_length));
}

}  // namespace translate
