#pragma once
/// Sentences made up for this program, with translations that rules give.

#include <cstdint>
#include <string>
#include <vector>

#include "translate/pairs.h"

namespace translate {

/// Which of the built-in sentences: no sentence is in both parts, whatever the seeds.
enum class Part : std::uint8_t { train, test };

/// Sentences of a small English, and their translations into a relative of Spanish that puts its
/// verbs last. The grammar, with the probability of each choice:
///
///   S  = NP [adverb 0.3] VP .                  VP = verb NP 0.7, or a verb without an object 0.3
///   NP = article [adjective 0.5 [and adjective 0.2]] noun [that VP 0.2, of the first NP only]
///
/// Nouns are singular or plural, and verbs agree with them in number. In the translation the
/// adverb comes first and the verb last, in a clause too; adjectives stand behind their noun;
/// articles and adjectives agree with it in number and in gender, which only the noun itself tells.
/// So "the small houses often see a dog ." is "a menudo las casas pequeñas un perro ven ."
///
/// Each sentence has exactly one translation, a function of its words: the best possible
/// probability of every word is 1, and so are the best accuracy and the BLEU of 100.
[[nodiscard]] Pairs builtin_pairs(std::int64_t count, std::uint64_t seed, Part part);

/// That translation, worked out from the words of a built-in sentence alone; unroll::Error for
/// other sentences.
[[nodiscard]] std::vector<std::string> translate_by_rule(const std::vector<std::string>& source);

}  // namespace translate
