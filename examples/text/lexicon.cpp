#include "text/lexicon.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "text/characters.h"

namespace text {
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
  constexpr AsciiSet kFirst("hHfFwW");
  if (text.empty() || !kFirst.has(text[0])) return 0;
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

bool often_starts_sentence(std::string_view word) {
  static constexpr std::array kStarters = {
      "the"sv,    "this"sv,   "that"sv,     "these"sv,  "those"sv,  "there"sv,    "they"sv,
      "he"sv,     "she"sv,    "it"sv,       "its"sv,    "we"sv,     "you"sv,      "i"sv,
      "my"sv,     "your"sv,   "his"sv,      "her"sv,    "their"sv,  "our"sv,      "but"sv,
      "and"sv,    "or"sv,     "so"sv,       "if"sv,     "in"sv,     "on"sv,       "at"sv,
      "for"sv,    "what"sv,   "when"sv,     "where"sv,  "why"sv,    "who"sv,      "how"sv,
      "then"sv,   "also"sv,   "because"sv,  "not"sv,    "no"sv,     "yes"sv,      "maybe"sv,
      "please"sv, "thanks"sv, "however"sv,  "after"sv,  "as"sv,     "is"sv,       "a"sv,
      "an"sv,     "do"sv,     "does"sv,     "did"sv,    "are"sv,    "was"sv,      "were"sv,
      "have"sv,   "has"sv,    "had"sv,      "can"sv,    "could"sv,  "would"sv,    "should"sv,
      "will"sv,   "let"sv,    "here"sv,     "now"sv,    "just"sv,   "even"sv,     "still"sv,
      "anyway"sv, "yet"sv,    "until"sv,    "before"sv, "during"sv, "once"sv,     "only"sv,
      "since"sv,  "while"sv,  "although"sv, "though"sv, "some"sv,   "most"sv,     "many"sv,
      "all"sv,    "both"sv,   "each"sv,     "every"sv,  "any"sv,    "another"sv,  "other"sv,
      "to"sv,     "from"sv,   "by"sv,       "with"sv,   "nobody"sv, "everyone"sv, "someone"sv,
      "well"sv,   "ok"sv,     "okay"sv,     "oh"sv};
  return contains(kStarters, word);
}

std::string_view without_opening_marks(std::string_view text) {
  constexpr auto kOpeners = U"*_~\"'“”„‘’«([{¿¡「『（《〈"sv;
  for (CodePoint c; (c = code_point_at(text)).length > 0 && !is_word_character(c.value);) {
    if (kOpeners.find(static_cast<char32_t>(c.value)) == std::u32string_view::npos) break;
    text.remove_prefix(c.length);
  }
  return text;
}

std::size_t spaced_ellipsis_length(std::string_view text) {
  constexpr std::size_t kShortest = 5;  // ". . ."
  if (text.empty() || text[0] != '.' || !text.starts_with(". . .")) return 0;
  std::size_t length = kShortest;
  while (text.substr(length).starts_with(" .")) length += 2;
  return length;
}

std::size_t operator_length(std::string_view text) {
  static constexpr std::array kOperators = {"!="sv, "!=="sv, "+="sv, "*="sv, "/="sv, ":="sv,
                                            ">="sv, ">>="sv, "|>"sv, "&&"sv, "::"sv, "%="sv};
  constexpr AsciiSet kFirst("<>-=!+*/:|&%");
  if (text.size() < 2 || !kFirst.has(text[0])) return 0;
  // An arrow is a shaft with a head or two: "->", "<==", "<->". So is "<=".
  const std::size_t begin = text[0] == '<' ? 1 : 0;
  const char shaft = begin < text.size() ? text[begin] : '\0';
  if (shaft == '-' || shaft == '=') {
    const std::size_t end = std::min(text.find_first_not_of(shaft, begin), text.size());
    const bool has_head = text.substr(end).starts_with('>');
    if (begin > 0 || has_head) return end + (has_head ? 1 : 0);
  }
  return prefix_length(kOperators, text);
}

std::size_t emoticon_length(std::string_view text) {
  static constexpr std::array kFixed = {
      "(:"sv,  "^^"sv,  "^_^"sv, "-_-"sv, ">_<"sv,  ">.<"sv,         ">:("sv,
      ">:)"sv, "^.^"sv, "o_o"sv, "O_O"sv, "o_O"sv,  "O_o"sv,         "T_T"sv,
      ";_;"sv, ":'("sv, "<3"sv,  "</3"sv, "\\o/"sv, "¯\\_(ツ)_/¯"sv, "¯\\\\_(ツ)_/¯"sv};
  // Most words begin with a letter that begins no emoticon.
  constexpr AsciiSet kFirst("(^->oOT;:<\\=");
  if (text.empty() || ((text[0] & 0x80) == 0 && !kFirst.has(text[0]))) return 0;
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
  const std::string_view last = word.substr(word.size() - std::min(word.size(), std::size_t{3}));
  if (last.find('\'') == std::string_view::npos) return 0;
  const std::string end = ascii_lower_case(last);
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
  constexpr AsciiSet kFirst("cgwldm'CGWLDM");
  if (word.empty() || word.size() > kLongestFused || !kFirst.has(word[0])) return 0;
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

}  // namespace text
