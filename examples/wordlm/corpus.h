#pragma once
/// The sentences a model is trained and tested on.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/text_stream.h"
#include "wordlm/sentence_list.h"
#include "wordlm/settings.h"
#include "wordlm/token_table.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

/// Sentences to train on, to measure on after each epoch, and to measure on in the end: in numbers
/// of `tokens`, as a TextReader gives them. Running text is one sequence each; the held-out
/// one begins with the token before it.
struct Corpus {
  TokenTable tokens;
  SentenceList train;
  SentenceList held_out;
  SentenceList test;
  std::string description;       // of the files and their oddities, a line or several
  std::string text_description;  // those lines of it that are of the text it is trained on
  /// The loss per word no model can beat on the sentences held out and in the long run; only the
  /// built-in comments know theirs.
  std::optional<double> held_out_entropy;
  std::optional<double> source_entropy;
};

/// The line of a description that says that characters were chosen as tokens.
inline constexpr std::string_view kCharactersChosen =
    "note: a script without blanks between words: its characters are the tokens, as with --tokens "
    "char; --tokens bpe finds larger ones";

/// What the tokens of a text should be where the user has not said it, judged by its beginning:
/// words, or characters where the script has no blanks between words.
[[nodiscard]] Tokens choose_tokens(text::TextStream& text);

/// Reads the files of the settings, or makes the built-in comments. Throws unroll::IoError where
/// there is nothing to train on, or a file of ids is taken for a text.
[[nodiscard]] Corpus read_corpus(const TextSettings& settings, std::uint64_t seed);

/// The same for a model that is not there yet, whose user has not said what its tokens are: they
/// become those of choose_tokens().
[[nodiscard]] Corpus read_new_corpus(TextSettings& settings, std::uint64_t seed);

/// A text to evaluate a trained model on, as the sentences held out: those of the file `data`, read
/// as the model of `settings` reads, or where there is none built-in comments that follow those it
/// was trained on.
[[nodiscard]] Corpus read_evaluation(const TextSettings& settings, std::uint64_t seed,
                                     const std::string& data);

/// One text, whatever it holds, as one sentence of a model of these settings: its ids, with a
/// marker at each end, and its tokens as they are written, without.
struct EncodedText {
  Ids ids;
  std::vector<std::string> tokens;
};
[[nodiscard]] EncodedText encode_text(const TextSettings& settings, const Vocabulary& vocabulary,
                                      std::string_view text);

/// The words of the training text, as many as the settings say; words seen once are left out where
/// else next to none would stand for UNKNOWN_TOKEN. Of running text as characters every one there
/// is, held out ones among them, since none may be missing.
[[nodiscard]] Vocabulary vocabulary_of(const Corpus& corpus, const TextSettings& text);

/// A corpus becomes ids of a vocabulary; its table of tokens is no longer needed and emptied.
void encode(Corpus& corpus, const Vocabulary& vocabulary);

/// Leaves the first sentences, as many as the settings say to train on.
void keep_first(SentenceList& sentences, const TextSettings& settings);

/// A number that tells one list of sentences from another.
[[nodiscard]] std::string fingerprint(const SentenceList& sentences);

}  // namespace wordlm
