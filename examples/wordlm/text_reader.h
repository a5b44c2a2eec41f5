#pragma once
/// From files to sentences of numbered tokens.

#include <string>
#include <string_view>
#include <vector>

#include "text/text_stream.h"
#include "text/words.h"
#include "wordlm/sentence_list.h"
#include "wordlm/settings.h"
#include "wordlm/token_table.h"

namespace wordlm {

/// The version of the rules by which a text becomes ids: how it is taken apart into sentences and
/// tokens, which sentences are held out, and how a vocabulary is made. Raise it with every change
/// of these rules: ids that were kept before are then made again.
inline constexpr int kReadingRules = 1;

/// How a TextReader reads a file with these settings: its format, and the column of a table or the
/// member of JSON. Reads the beginning of the file. Throws unroll::IoError where that fails.
[[nodiscard]] std::string describe_reading(const std::string& path, const TextSettings& settings);

/// Reads one text, perhaps of several files. Sentences come out between `TokenTable::kStart` and
/// `kEnd`. Running text is one sequence: `kEnd`, and then every sentence, or line, with a `kEnd`
/// behind it.
class TextReader {
 public:
  /// `settings` say how words are found; both have to outlive the reader. `room`: of the sentences.
  TextReader(const TextSettings& settings, TokenTable& tokens, const Room& room = {});

  /// Adds the text of a file, read in a format of text_format.h. Returns a description of it and of
  /// its oddities, a line or several. Throws unroll::IoError for a file without any sentence.
  std::string read(const std::string& path, text::TextStream& file, const std::string& format);

  /// Adds a sentence.
  void add(const text::Sentence& words);
  /// Adds a text, of any number of sentences, as one.
  void add_as_one(std::string_view text);
  /// Adds the lines of a text.
  void add_lines(std::string_view text);

  /// All sentences, or the running text alone. Nothing stays behind.
  [[nodiscard]] SentenceList take();

 private:
  void add_comment(std::string_view text);
  void add_tokens(std::string_view text);
  void add_token(std::string_view token);
  void cut_sentence();
  void end_sentence();
  std::string read_plain(const std::string& path, text::TextStream& file);
  std::string read_comments(const std::string& path, text::TextStream& file,
                            const std::string& format);

  const TextSettings& settings_;
  TokenTable& tokens_;
  SentenceWriter sentences_;  // of running text one, with all of it
  Ids sentence_;              // the unfinished one
  std::int64_t lines_ = 0;    // sentences, those of a running text too
  std::int64_t cut_ = 0;      // sentences that were too long
};

}  // namespace wordlm
