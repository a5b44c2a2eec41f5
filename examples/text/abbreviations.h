#pragma once
/// Periods: the end of a sentence, part of an abbreviation, or both.

#include <string_view>

namespace text {

/// A single period, by the words around it.
struct PeriodContext {
  std::string_view before;  ///< the text before `word` up to a blank; empty: `word` is the first
  std::string_view word;    ///< in front of the period
  std::string_view next;  ///< the text after it up to a blank; empty: the sentence or the text ends
};

/// Both may be true: "We left at 5 p.m. John stayed."
struct PeriodMeaning {
  bool belongs = false;  ///< to the word: it is an abbreviation or an initial
  bool ends = true;      ///< the sentence, if more text follows
};

/// The meaning of a period, by these rules, of which the first that applies counts. Upper case, a
/// number and so on are asked of the word that follows. A *starter* is a word that often begins
/// sentences and seldom names ("the", "it", "then"), with a capital.
///
/// 1. Spaced abbreviations mean the same as others: "z. B." as "z.B.", "p. m." as "p.m.".
/// 2. A word in capitals, such as "MS", is no abbreviation before a word that is not.
/// 3. Titles ("Mr.", "Dr.") and words that point on ("e.g.", "vs.") do not end a sentence; a title
///    does after an article or a possessive and before a starter ("I saw the Dr. He"). Clipped
///    words that are titles too ("gov", "gen", "rep") are titles only before a name. After a
///    number, "ms" and "mt" are units, which have no period.
/// 4. "St." after an ordinal number or a name is a street, which ends a sentence before a starter
///    ("on 5th St. It"; also before "it", "this" and "that" in lower case); otherwise it is a
///    saint. "Dr." after a name and before a starter is a street too.
/// 5. A month belongs with the day or the year that follows, after "in" with the year alone ("in
///    Mar. 2 of us"). It does not end a sentence before lower case, it does before upper case. So
///    do days of the week with a capital. "mar" in lower case is a month after "in", "on", ...
/// 6. "No.", "vol.", "p." and the like are abbreviations before a number, "vol." also before a
///    Roman one, "no." before "of"; then they do not end a sentence. After "was", "said" and so on,
///    "no" is the answer.
/// 7. Units ("oz.", "hrs."), "etc.", "p.m.", "et al." and the like keep their period and end a
/// sentence
///    before upper case. Units that are common words ("in", "min") are units after numbers only.
/// 8. "Inc.", "Jr.", "U.S." keep it too, and end a sentence before a starter alone, since names go
///    on: "U.S. Army".
/// 9. A single capital is an initial before upper case ("Robert J. Miller") and ends a sentence
///    before a starter alone. It is no initial, but ends the sentence, after a noun that letters
///    number ("Plan B.", "vitamin C."), after an article, before a bracket, or as a unit after a
///    number. "I" is the pronoun, except after a name.
/// 10. "v." between names is "versus"; "PS." points on where it is the first word.
/// 11. Any other period ends the sentence.
[[nodiscard]] PeriodMeaning meaning_of_period(const PeriodContext& context);

}  // namespace text
