#include "text/abbreviations.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "text/abbreviation_table.h"
#include "text/characters.h"
#include "text/lexicon.h"

namespace text {
namespace {

using namespace std::string_view_literals;

constexpr PeriodMeaning kInside = {.belongs = true, .ends = false};
constexpr PeriodMeaning kBoth = {.belongs = true, .ends = true};
constexpr PeriodMeaning kEnd = {.belongs = false, .ends = true};
constexpr PeriodMeaning kGoesOn = {.belongs = false, .ends = false};

/// The kinds of the abbreviation that two letters are together, the periods behind them ignored.
unsigned joined_kinds(std::string_view first, std::string_view between, std::string_view second) {
  if (second.ends_with('.')) second.remove_suffix(1);
  return kinds_of(std::string(first).append(between).append(second));
}

/// `text` without ASCII punctuation around it.
std::string_view bare(std::string_view text) {
  const auto is_mark = [](char c) { return (c & 0x80) == 0 && !is_word_character(c); };
  while (!text.empty() && is_mark(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_mark(text.back())) text.remove_suffix(1);
  return text;
}

bool is_letter(std::int32_t c) { return is_upper(c) || is_lower(c); }

bool starts_with_digit(std::string_view text) { return is_digit(code_point_at(text).value); }
bool starts_with_upper(std::string_view text) { return is_upper(code_point_at(text).value); }
bool starts_with_lower(std::string_view text) { return is_lower(code_point_at(text).value); }

bool is_single_letter(std::string_view word) {
  const CodePoint c = code_point_at(word);
  return c.length > 0 && c.length == word.size() && is_letter(c.value);
}

/// Whether `text` is one letter and a period, as in "J.".
bool is_spaced_letter(std::string_view text) {
  return text.ends_with('.') && is_single_letter(text.substr(0, text.size() - 1));
}

/// Whether `word` is single letters with periods between them: "U.S", "p.m", "J".
bool is_initials(std::string_view word) {
  for (std::size_t at = 0;;) {
    const CodePoint letter = code_point_at(word, at);
    if (letter.length == 0 || !is_letter(letter.value)) return false;
    at += letter.length;
    if (at == word.size()) return true;
    if (word[at++] != '.') return false;
  }
}

/// Whether there are several letters, all of them capitals.
bool is_in_capitals(std::string_view word) {
  std::size_t letters = 0;
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint c = code_point_at(word, at);
    if (is_lower(c.value)) return false;
    letters += is_upper(c.value) ? 1 : 0;
    at += c.length;
  }
  return letters > 1;
}

/// Whether `next` is a capitalised word that seldom follows within a sentence.
bool is_starter(std::string_view next) {
  // The "A" of "J. A. Smith" is no article.
  return starts_with_upper(next) && !is_spaced_letter(next) &&
         often_starts_sentence(first_word(next));
}

/// Whether `word` is part of a name, as far as its capital tells: not "In", which often starts a
/// sentence.
bool is_name(std::string_view word) {
  return starts_with_upper(word) && !often_starts_sentence(first_word(word));
}

template <std::size_t kSize>
bool is_among(const std::array<std::string_view, kSize>& table, std::string_view word) {
  constexpr std::size_t kLongest = 12;
  return !word.empty() && word.size() <= kLongest &&
         std::ranges::find(table, ascii_lower_case(word)) != table.end();
}

bool is_article(std::string_view word) {
  static constexpr std::array kArticles = {"the"sv, "a"sv,   "an"sv,  "my"sv,   "your"sv,
                                           "his"sv, "her"sv, "our"sv, "their"sv};
  return is_among(kArticles, word);
}

/// Before lower case and numbers the sentence goes on; otherwise it ends.
PeriodMeaning meaning_by_case(std::string_view next) {
  return starts_with_lower(next) || starts_with_digit(next) ? kInside : kBoth;
}

PeriodMeaning meaning_of_title(const PeriodContext& context, std::string_view before) {
  if (starts_with_digit(before)) return kEnd;  // 30 ms
  return is_article(before) && is_starter(context.next) ? kBoth : kInside;
}

/// "St." and "Rd." after a number or a name.
PeriodMeaning meaning_of_street(std::string_view next) {
  static constexpr std::array kPronouns = {"it"sv,    "this"sv,  "that"sv,
                                           "these"sv, "those"sv, "there"sv};
  return is_starter(next) || is_among(kPronouns, first_word(next)) ? kBoth : kInside;
}

/// Whether a date goes on with `next`: with the day of a month, unless `is_year`, or a year.
bool is_date_after_month(std::string_view next, bool is_year) {
  const std::size_t digits = std::min(next.find_first_not_of("0123456789"), next.size());
  if (digits == 4) return true;
  return !is_year && (digits == 1 || (digits == 2 && next.substr(0, 2) <= "31"));
}

bool is_month(std::string_view word, std::string_view before) {
  static constexpr std::array kBeforeMonths = {"in"sv,   "on"sv,   "since"sv, "until"sv, "by"sv,
                                               "from"sv, "last"sv, "next"sv,  "of"sv};
  return word != "mar" || starts_with_digit(before) || is_among(kBeforeMonths, before);
}

PeriodMeaning meaning_of_month(std::string_view before, std::string_view next) {
  if (starts_with_digit(next)) {
    return is_date_after_month(next, ascii_lower_case(before) == "in") ? kInside : kBoth;
  }
  return starts_with_lower(next) ? kInside : kBoth;
}

/// Whether letters number the things that `word` names: "Plan B".
bool takes_letter(std::string_view word) {
  static constexpr std::array kNouns = {
      "plan"sv,     "vitamin"sv,   "grade"sv,  "type"sv,    "option"sv,   "class"sv,
      "section"sv,  "part"sv,      "figure"sv, "exhibit"sv, "group"sv,    "team"sv,
      "chapter"sv,  "appendix"sv,  "room"sv,   "gate"sv,    "point"sv,    "level"sv,
      "line"sv,     "factor"sv,    "side"sv,   "war"sv,     "answer"sv,   "choice"sv,
      "model"sv,    "version"sv,   "series"sv, "serie"sv,   "column"sv,   "row"sv,
      "theory"sv,   "letter"sv,    "block"sv,  "zone"sv,    "division"sv, "tier"sv,
      "category"sv, "schedule"sv,  "step"sv,   "stage"sv,   "size"sv,     "hepatitis"sv,
      "terminal"sv, "influenza"sv, "a"sv,      "an"sv,      "the"sv,      "straight"sv};
  return is_among(kNouns, word);
}

/// Whether `next` is the number that "No.", "vol." and the like stand before.
bool is_number_for(const PeriodContext& context, unsigned kinds) {
  if (is_single_letter(context.word) &&  // "p. 5", but "vitamin C. 5 of us"
      (starts_with_upper(context.word) || takes_letter(bare(context.before)))) {
    return false;
  }
  if (starts_with_digit(context.next)) return true;
  const std::string_view numeral = first_word(context.next);
  if ((kinds & kRoman) == 0 || numeral.empty()) return false;
  if (numeral.find_first_not_of("IVXLC") != std::string_view::npos) return false;
  return numeral != "I" || starts_with_upper(context.word);
}

/// Whether "no" answers a question: "the answer was no. 7 of us agreed".
bool is_answer(std::string_view word, std::string_view before) {
  static constexpr std::array kBeforeAnswers = {"was"sv,  "is"sv, "said"sv, "say"sv,  "says"sv,
                                                "oh"sv,   "or"sv, "hell"sv, "yes"sv,  "saying"sv,
                                                "told"sv, "a"sv,  "and"sv,  "voted"sv};
  return word == "no" && is_among(kBeforeAnswers, before);
}

/// Whether `word` is a unit after the number `before`: "12 V", but "in 1995 J. Miller".
bool is_unit_letter(std::string_view word, std::string_view before) {
  const bool is_number = starts_with_digit(before) && before.size() != 4;
  return is_number && "VWACFKMGTBJ"sv.find(word[0]) != std::string_view::npos;
}

PeriodMeaning meaning_of_capital(std::string_view word, std::string_view before,
                                 std::string_view next) {
  constexpr auto kDirections = "NSEW"sv;
  if (takes_letter(before) || is_unit_letter(word, before)) return kEnd;
  if (word == "I" && !is_name(before)) return kEnd;
  if (next.starts_with('(') || next.starts_with('[')) return kEnd;
  next = without_opening_marks(next);
  if (starts_with_digit(next)) {  // W. 3rd St.
    return kDirections.find(word[0]) != std::string_view::npos ? kInside : kEnd;
  }
  if (!starts_with_upper(next)) return kGoesOn;
  return is_starter(next) ? kEnd : kInside;
}

PeriodMeaning meaning_of_initials(std::string_view word, std::string_view before,
                                  std::string_view next) {
  const bool capital = starts_with_upper(word);
  if (capital && is_single_letter(word)) return meaning_of_capital(word, before, next);
  next = without_opening_marks(next);
  if (is_single_letter(word)) {
    // Parties of a trial: "Roe v. Wade".
    return word == "v" && starts_with_upper(before) && starts_with_upper(next) ? kInside : kEnd;
  }
  if (capital) return is_starter(next) ? kBoth : kInside;
  return meaning_by_case(next);
}

/// The meaning by the `kinds` of the table; none where they do not apply here.
std::optional<PeriodMeaning> meaning_by_kind(const PeriodContext& context, unsigned kinds) {
  const std::string_view word = context.word;
  const std::string_view next = context.next;
  const std::string_view before = bare(context.before);
  const auto is = [kinds](unsigned kind) { return (kinds & kind) != 0; };
  const bool after_number = starts_with_digit(before);

  if (is(kPointsOn) || (is(kPointsOnFirst) && before.empty())) return kInside;
  if (is(kAfterEt) && ascii_lower_case(before) != "et") return {};
  if (is(kStreet) && (after_number || is_name(before))) return meaning_of_street(next);
  if (word == "Dr" && is_name(before) && is_starter(next)) return kBoth;  // a drive
  if (is(kTitle)) return meaning_of_title(context, before);
  if (is(kUnit | kMayEnd) || (is(kCommonUnit) && after_number)) return meaning_by_case(next);
  if (is(kName)) return is_starter(next) ? kBoth : kInside;
  if (is(kMonth) && is_month(word, before)) return meaning_of_month(before, next);
  if (is(kDay) && starts_with_upper(word)) return meaning_by_case(next);
  if (is(kNumbered) && is_number_for(context, kinds) && !is_answer(word, before)) return kInside;
  if (word == "no" && next == "of") return kInside;  // the no. of people
  if (is(kClippedTitle) && is_name(next)) return kInside;
  return {};
}

}  // namespace

PeriodMeaning meaning_of_period(const PeriodContext& context) {
  // Of long neighbours a part is enough; this keeps the time linear in the length of a text.
  constexpr std::size_t kNeighbour = 64;
  const std::string_view word = context.word;
  const std::string_view next = context.next.substr(0, kNeighbour);
  const std::string_view before =
      context.before.substr(context.before.size() - std::min(context.before.size(), kNeighbour));
  const PeriodContext plain = {before, word, without_opening_marks(next)};
  unsigned kinds = kinds_of(word);
  if (is_single_letter(word)) {
    if (is_spaced_letter(plain.next) && joined_kinds(word, ".", plain.next) != 0) return kInside;
    if (is_spaced_letter(before)) {
      if (const unsigned joined = joined_kinds(before, "", word)) kinds = joined;
    }
  }
  const bool shouts_alone = is_in_capitals(word) && (kinds & kCapitals) == 0 &&
                            !is_in_capitals(plain.next) && !starts_with_digit(plain.next);
  if (shouts_alone && !is_initials(word)) return kEnd;
  if (const auto meaning = meaning_by_kind(plain, kinds)) return *meaning;
  return is_initials(word) ? meaning_of_initials(word, bare(before), next) : kEnd;
}

}  // namespace text
