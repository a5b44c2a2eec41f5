#include "wordlm/lexicon.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "wordlm/text.h"

namespace wordlm {
namespace {

using namespace std::string_view_literals;

/// No entry of a table is longer: a longer word need not be looked up.
constexpr std::size_t kLongestEntry = 16;

template <std::size_t kSize>
bool contains(const std::array<std::string_view, kSize>& table, std::string_view word) {
  return word.size() <= kLongestEntry &&
         std::ranges::find(table, ascii_lower_case(word)) != table.end();
}

/// Whether a word character stands at byte `at`.
bool word_goes_on(std::string_view text, std::size_t at) {
  const CodePoint c = code_point_at(text, at);
  return c.length > 0 && is_word_character(c.value);
}

/// Whether `word` is single letters with periods between them: "U.S", "p.m", "J".
bool is_initials(std::string_view word) {
  for (std::size_t at = 0;;) {
    const CodePoint letter = code_point_at(word, at);
    if (letter.length == 0 || !(is_upper(letter.value) || is_lower(letter.value))) return false;
    at += letter.length;
    if (at == word.size()) return true;
    if (word[at++] != '.') return false;
  }
}

/// Length of the longest entry of `table` that `text` begins with.
template <std::size_t kSize>
std::size_t prefix_length(const std::array<std::string_view, kSize>& table, std::string_view text) {
  std::size_t longest = 0;
  for (const std::string_view entry : table) {
    if (text.starts_with(entry)) longest = std::max(longest, entry.size());
  }
  return longest;
}

/// Length of an emoticon made of eyes, perhaps a nose, and a mouth: ":)", ";-P", "=((".
std::size_t face_length(std::string_view text) {
  constexpr std::string_view kEyes = ":;=";
  constexpr std::string_view kNoses = "-'o^";
  constexpr std::string_view kMouths = "()[]{}/\\|DPpOoSsXx3";
  if (text.empty() || kEyes.find(text[0]) == std::string_view::npos) return 0;
  std::size_t at = 1;
  if (text.size() > 2 && kNoses.find(text[1]) != std::string_view::npos &&
      kMouths.find(text[2]) != std::string_view::npos) {
    at = 2;
  }
  if (at >= text.size() || kMouths.find(text[at]) == std::string_view::npos) return 0;
  // A broad mouth is a longer one: ":)))".
  const char mouth = text[at];
  const std::size_t end = text.find_first_not_of(mouth, at);
  return end == std::string_view::npos ? text.size() : end;
}

/// Length of the pictograph that `text` begins with, and of all that is drawn with it: skin tone,
/// further persons of a family, the second letter of a flag.
std::size_t pictograph_length(std::string_view text) {
  CodePoint last = code_point_at(text);
  if (last.length == 0 || !is_pictograph(last.value)) return 0;
  utf8proc_int32_t state = 0;
  std::size_t end = last.length;
  for (CodePoint c; (c = code_point_at(text, end)).length > 0; last = c, end += c.length) {
    if (utf8proc_grapheme_break_stateful(last.value, c.value, &state)) break;
  }
  return end;
}

std::size_t url_length(std::string_view text) {
  static constexpr std::array kSchemes = {"http://"sv, "https://"sv, "ftp://"sv, "www."sv};
  if (text.empty() || "hHfFwW"sv.find(text[0]) == std::string_view::npos) return 0;
  const std::size_t scheme = prefix_length(kSchemes, ascii_lower_case(text.substr(0, 8)));
  if (scheme == 0 || !word_goes_on(text, scheme)) return 0;

  // A URL may hold brackets in pairs; one that closes nothing belongs to the text around it.
  std::size_t end = scheme;
  for (int depth = 0; end < text.size(); ++end) {
    const char c = text[end];
    if ("\"<>[]{}|^`"sv.find(c) != std::string_view::npos) break;
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) break;
    if (text.substr(end).starts_with("“") || text.substr(end).starts_with("”")) break;
  }
  while (end > scheme && ".,;:!?'*_~\\("sv.find(text[end - 1]) != std::string_view::npos) --end;
  return end;
}

std::size_t email_length(std::string_view text) {
  // RFC 5321, section 4.5.3.1. The limits keep the search short where there is no address.
  constexpr std::size_t kLongestLocalPart = 64;
  constexpr std::size_t kLongestDomain = 255;
  constexpr auto kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_%+"sv;
  constexpr auto kDomainLetters = kLetters.substr(0, kLetters.size() - 3);

  const std::size_t sign = text.substr(0, kLongestLocalPart + 1).find('@');
  if (sign == 0 || sign == std::string_view::npos) return 0;
  if (text.find_first_not_of(kLetters) != sign) return 0;
  std::string_view domain = text.substr(sign + 1, kLongestDomain);
  domain = domain.substr(0, domain.find_first_not_of(kDomainLetters));
  domain = domain.substr(0, domain.find_last_not_of(".-") + 1);
  const std::size_t dot = domain.find('.');
  return dot == 0 || dot == std::string_view::npos ? 0 : sign + 1 + domain.size();
}

}  // namespace

Abbreviation abbreviation_kind(std::string_view word) {
  static constexpr std::array kInside = {
      "mr"sv,  "mrs"sv, "ms"sv,  "dr"sv,   "prof"sv,   "st"sv,     "gen"sv,   "sen"sv, "gov"sv,
      "rev"sv, "lt"sv,  "sgt"sv, "capt"sv, "col"sv,    "messrs"sv, "vs"sv,    "eg"sv,  "ie"sv,
      "e.g"sv, "i.e"sv, "cf"sv,  "viz"sv,  "approx"sv, "a.k.a"sv,  "w.r.t"sv, "mt"sv};
  static constexpr std::array kBeforeNumber = {
      "no"sv,  "nos"sv, "vol"sv, "pp"sv,   "p"sv,   "fig"sv, "ch"sv,
      "sec"sv, "ca"sv,  "jan"sv, "feb"sv,  "mar"sv, "apr"sv, "jun"sv,
      "jul"sv, "aug"sv, "sep"sv, "sept"sv, "oct"sv, "nov"sv, "dec"sv};
  static constexpr std::array kMayEnd = {"etc"sv,  "jr"sv,   "sr"sv,  "inc"sv, "ltd"sv,  "co"sv,
                                         "corp"sv, "dept"sv, "est"sv, "al"sv,  "ph.d"sv, "hr"sv,
                                         "hrs"sv,  "ft"sv,   "lb"sv,  "lbs"sv, "oz"sv,   "yr"sv,
                                         "yrs"sv,  "pts"sv,  "yds"sv, "ave"sv, "blvd"sv, "govt"sv};
  if (contains(kInside, word)) return Abbreviation::kInside;
  if (contains(kBeforeNumber, word)) return Abbreviation::kBeforeNumber;
  if (contains(kMayEnd, word)) return Abbreviation::kMayEnd;
  // A lone "I" is the pronoun, and a lone small letter hardly an initial.
  if (!is_initials(word) || word == "I") return Abbreviation::kNone;
  const CodePoint first = code_point_at(word);
  if (is_upper(first.value)) return Abbreviation::kInitials;
  return first.length == word.size() ? Abbreviation::kNone : Abbreviation::kMayEnd;
}

bool often_starts_sentence(std::string_view word) {
  static constexpr std::array kStarters = {
      "the"sv, "this"sv,  "that"sv,   "these"sv,  "those"sv,   "there"sv,   "they"sv, "he"sv,
      "she"sv, "it"sv,    "its"sv,    "we"sv,     "you"sv,     "i"sv,       "my"sv,   "your"sv,
      "his"sv, "her"sv,   "their"sv,  "our"sv,    "but"sv,     "and"sv,     "or"sv,   "so"sv,
      "if"sv,  "in"sv,    "on"sv,     "at"sv,     "for"sv,     "what"sv,    "when"sv, "where"sv,
      "why"sv, "who"sv,   "how"sv,    "then"sv,   "also"sv,    "because"sv, "not"sv,  "no"sv,
      "yes"sv, "maybe"sv, "please"sv, "thanks"sv, "however"sv, "after"sv,   "as"sv,   "is"sv};
  return contains(kStarters, word);
}

std::size_t emoticon_length(std::string_view text) {
  static constexpr std::array kFixed = {
      "(:"sv,  "^^"sv,  "^_^"sv,  "-_-"sv,         ">_<"sv,          "o_o"sv,
      "O_O"sv, "o_O"sv, "O_o"sv,  "T_T"sv,         ";_;"sv,          ":'("sv,
      "<3"sv,  "</3"sv, "\\o/"sv, "¯\\_(ツ)_/¯"sv, "¯\\\\_(ツ)_/¯"sv};
  // Most words begin with a letter that begins no emoticon.
  if (text.empty()) return 0;
  const bool ascii = (text[0] & 0x80) == 0;
  if (ascii && "(^->oOT;:<\\="sv.find(text[0]) == std::string_view::npos) return 0;
  if (const std::size_t length = pictograph_length(text)) return length;
  const std::size_t length = std::max(prefix_length(kFixed, text), face_length(text));
  return word_goes_on(text, length) ? 0 : length;
}

std::size_t address_length(std::string_view text) {
  const std::size_t length = url_length(text);
  return length > 0 ? length : email_length(text);
}

std::size_t contraction_length(std::string_view word) {
  static constexpr std::array kContractions = {"n't"sv, "'ll"sv, "'re"sv, "'ve"sv,
                                               "'s"sv,  "'m"sv,  "'d"sv};
  const std::size_t apostrophe = word.rfind('\'');
  if (apostrophe == std::string_view::npos || word.size() - apostrophe > 3) return 0;
  const std::string end =
      ascii_lower_case(word.substr(word.size() - std::min(word.size(), std::size_t{3})));
  for (const std::string_view contraction : kContractions) {
    if (end.ends_with(contraction))
      return contraction.size() < word.size() ? contraction.size() : 0;
  }
  return 0;
}

std::size_t fused_word_cut(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, std::size_t>, 10> kFused = {{
      {"cannot", 3},
      {"gonna", 3},
      {"gotta", 3},
      {"wanna", 3},
      {"gimme", 3},
      {"lemme", 3},
      {"d'ye", 1},
      {"more'n", 4},
      {"'tis", 2},
      {"'twas", 2},
  }};
  constexpr std::size_t kLongestFused = 6;
  if (word.empty() || word.size() > kLongestFused ||
      "cgwldm'CGWLDM"sv.find(word[0]) == std::string_view::npos) {
    return 0;
  }
  const auto* found = std::ranges::find(kFused, ascii_lower_case(word),
                                        [](const auto& entry) { return entry.first; });
  return found == kFused.end() ? 0 : found->second;
}

std::size_t clipped_word_length(std::string_view text) {
  static constexpr std::array kClipped = {"'em"sv,   "'til"sv, "'cause"sv, "'bout"sv, "'tis"sv,
                                          "'twas"sv, "'n"sv,   "'s"sv,     "'m"sv,    "'d"sv,
                                          "'ll"sv,   "'re"sv,  "'ve"sv};
  const CodePoint mark = code_point_at(text);
  if (mark.value != '\'' && mark.value != 0x2019) return 0;
  // Tables hold the ASCII apostrophe; a typographic one has more bytes, the letters have not.
  std::string rest(1, '\'');
  rest += ascii_lower_case(text.substr(mark.length, kLongestEntry));

  std::size_t length = prefix_length(kClipped, rest);
  const auto digit = [&](std::size_t i) { return i < rest.size() && is_digit(rest[i]); };
  if (digit(1) && digit(2)) length = rest.substr(3).starts_with('s') ? 4 : 3;  // '90s, '08
  if (length == 0 || word_goes_on(rest, length)) return 0;
  return length - 1 + mark.length;
}

}  // namespace wordlm
