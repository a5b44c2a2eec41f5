#pragma once
/// The units that a text is cut into: words, characters, bytes, or pieces of words.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace wordlm {

/// What a model reads and predicts one after the other.
enum class Tokens : std::uint8_t {
  word,
  character,
  byte,
  bpe,  ///< pieces found by byte-pair encoding, see bpe.h
};

/// Their names, for users.
inline constexpr std::array<std::string_view, 4> kTokenNames = {"word", "char", "byte", "bpe"};

/// How a text is read: its tokens, and whether its sentences follow each other with one state
/// carried through them, or each stands alone.
struct Units {
  Tokens tokens = Tokens::word;
  bool running = false;

  [[nodiscard]] bool operator==(const Units&) const = default;
  /// Whether a line feed is a token like others, which stands at the end of each line.
  [[nodiscard]] bool has_line_feeds() const { return running && tokens != Tokens::word; }
};

/// One of them in a sentence: "word", "character", "byte", "piece".
[[nodiscard]] const char* unit_of(Tokens tokens);

/// Calls `take` for each token of a text, in order. Put together they are the text. Words are not
/// found like this, see words.h; for `bpe` the tokens are those that pieces are found in: runs of
/// letters, of digits, of other characters, with the blank before them.
void for_each_token(std::string_view text, Tokens tokens,
                    const std::function<void(std::string_view)>& take);

/// Whether most of a text is in a script without blanks between words: Chinese, Japanese, Thai and
/// its relatives. Looks at its beginning only.
[[nodiscard]] bool lacks_blanks(std::string_view text);

/// Any bytes as UTF-8, each the character of its number (Latin-1), and back. `from_latin1` throws
/// unroll::Error for a character above 255.
[[nodiscard]] std::string to_latin1(std::string_view bytes);
[[nodiscard]] std::string from_latin1(std::string_view text);

}  // namespace wordlm
