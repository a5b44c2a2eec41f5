#include "wordlm/text_reader.h"

#include <unroll/core/error.h>

#include <algorithm>
#include <utility>

#include "common/numbers.h"
#include "text/comments.h"
#include "text/html.h"
#include "text/input.h"
#include "text/sentences.h"
#include "wordlm/text_format.h"
#include "wordlm/tokens.h"
#include "wordlm/vocabulary.h"

namespace wordlm {

using examples::count_of;
namespace {

/// Words of the longest sentence: a text without full stops would else be one, too long for any
/// memory.
constexpr std::size_t kLongestSentence = 500;

std::string notes_on_bytes(const text::RepairedText& file) {
  std::string notes;
  if (file.invalid_bytes > 0) {
    notes += fmt::format("\nnote: {} replaced, the first in line {}",
                         count_of(file.invalid_bytes, "invalid UTF-8 sequence"),
                         file.first_invalid_line);
  }
  if (file.nul_bytes > 0) {
    notes += fmt::format("\nnote: {} dropped", count_of(file.nul_bytes, "NUL byte"));
  }
  return notes;
}

std::string notes_on(const text::Comments& comments) {
  std::string notes;
  if (comments.header_is_comment) {
    notes += "\nnote: the first line reads like a comment, not like a header, and is taken as one";
  }
  if (comments.cut_off_line > 0) {
    notes += fmt::format("\nnote: the record of line {} is cut off by the end of the file",
                         comments.cut_off_line);
  }
  if (comments.dropped > 0) {
    notes += fmt::format("\nnote: {} left out",
                         count_of(comments.dropped, "deleted or removed comment"));
  }
  if (comments.bad_rows > 0) {
    notes += fmt::format("\nnote: {} left out, the first: {}",
                         count_of(comments.bad_rows, "broken row"), comments.first_bad_row);
  }
  return notes;
}

/// Calls f for each line of a text, without its end.
template <class F>
void for_each_line(std::string_view text, F&& f) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    f(text.substr(at, end - at));
    at = end + 1;
  }
}

/// How a file is read, of the choices of a user.
text::ReadOptions read_options(const TextSettings& settings, const std::string& format) {
  const std::string& delimiter = settings.delimiter;
  return {format, settings.column, settings.preferred,
          delimiter.empty()    ? '\0'
          : delimiter == "tab" ? '\t'
                               : delimiter[0],
          settings.skip_bad_rows};
}

}  // namespace

std::string describe_reading(const std::string& path, const TextSettings& settings) {
  const std::string format = format_of(path, settings, settings.format);
  if (format == "text") return format;
  text::TextStream file = text::open_text(path);
  return text::describe_reading(file, text::name_of_input(path), read_options(settings, format));
}

TextReader::TextReader(const TextSettings& settings, TokenTable& tokens, const Room& room)
    : settings_(settings), tokens_(tokens), sentences_(room) {
  if (settings.running) {
    sentences_.add(TokenTable::kEnd);
  } else {
    sentence_ = {TokenTable::kStart};
  }
}

std::string TextReader::read(const std::string& path, text::TextStream& file,
                             const std::string& format) {
  const std::string name = text::name_of_input(path);
  const std::int64_t lines = lines_;
  std::string description =
      format == "text" ? read_plain(name, file) : read_comments(name, file, format);
  if (lines_ == lines) unroll::fail<unroll::IoError>("{}: holds no words", name);
  return description + notes_on_bytes(file.repairs());
}

std::string TextReader::read_plain(const std::string& path, text::TextStream& file) {
  const std::size_t before = sentences_.total();
  const std::int64_t lines = lines_;
  for (std::size_t at = 0; !file.ends_at(at);) {
    file.forget_before(at);
    const std::string_view line = file.line_at(at);
    at += line.size();
    add_lines(line);
  }
  return fmt::format(
      "{}: {}, {} and ends of lines", path, count_of(lines_ - lines, "line"),
      count_of(static_cast<std::int64_t>(sentences_.total() - before),
               settings_.tokens == Tokens::bpe ? "word" : unit_of(settings_.tokens)));
}

std::string TextReader::read_comments(const std::string& path, text::TextStream& file,
                                      const std::string& format) {
  const std::int64_t lines = std::exchange(lines_, 0);
  const std::int64_t cut = std::exchange(cut_, 0);
  const bool by_lines = settings_.units().has_line_feeds() || settings_.is_prepared();
  const text::Comments comments = text::for_each_comment(
      file, path, read_options(settings_, format),
      [&](std::string_view comment) { by_lines ? add_lines(comment) : add_comment(comment); });
  if (lines_ == 0) {
    unroll::fail<unroll::IoError>("{}: no sentence in {}", path,
                                  count_of(comments.count, "comment"));
  }
  std::string description =
      fmt::format("{}: {}{}, {}{}", path, count_of(comments.count, "comment"),
                  comments.column.empty() ? "" : fmt::format(" in column '{}'", comments.column),
                  count_of(lines_, by_lines ? "line" : "sentence"), notes_on(comments));
  if (cut_ > 0) {
    description += fmt::format("\nnote: sentences of more than {} {}s, cut into pieces: {}",
                               kLongestSentence, unit_of(settings_.tokens), cut_);
  }
  lines_ += lines;
  cut_ += cut;
  return description;
}

void TextReader::add_lines(std::string_view text) {
  const bool words = settings_.tokens == Tokens::word;
  for_each_line(text, [&](std::string_view line) {
    if (words && text::next_chunk(line).empty())
      return;  // only characters keep lines that are blank
    add_tokens(line);
    end_sentence();
  });
}

void TextReader::add_comment(std::string_view text) {
  if (settings_.tokens == Tokens::word) {
    text::for_each_sentence(text, settings_.keep_case ? text::Case::kept : text::Case::lower,
                            [&](const text::Sentence& words) {
                              for (const std::string& word : words) add_token(word);
                              cut_sentence();
                              end_sentence();
                            });
    return;
  }
  for (const std::string& sentence : text::split_sentences(text::text_of_html(text))) {
    add_tokens(sentence);
    cut_sentence();
    end_sentence();
  }
}

void TextReader::add_as_one(std::string_view text) {
  if (settings_.tokens == Tokens::word && !settings_.is_prepared()) {
    text::for_each_sentence(text, settings_.keep_case ? text::Case::kept : text::Case::lower,
                            [&](const text::Sentence& words) {
                              for (const std::string& word : words) add_token(word);
                            });
  } else {
    add_tokens(text);
  }
  end_sentence();
}

void TextReader::add(const text::Sentence& words) {
  for (const std::string& word : words) add_token(word);
  end_sentence();
}

/// The tokens of a text that is not taken apart into words: of words, those between white space;
/// the mark for rare words that prepared texts have is the model's own.
void TextReader::add_tokens(std::string_view text) {
  if (settings_.tokens != Tokens::word) {
    for_each_token(text, settings_.tokens, [&](std::string_view token) { add_token(token); });
    return;
  }
  for (text::Chunk chunk = text::next_chunk(text); !chunk.empty();
       chunk = text::next_chunk(text, chunk.end())) {
    add_token(chunk.text == "<unk>" ? Vocabulary::kUnknown : chunk.text);
  }
}

void TextReader::add_token(std::string_view token) {
  const std::int32_t number = tokens_.number(token);
  if (settings_.running) {
    sentences_.add(number);
    return;
  }
  sentence_.push_back(number);
}

/// Cuts the unfinished sentence into pieces where it is too long.
void TextReader::cut_sentence() {
  if (sentence_.size() <= kLongestSentence + 1) return;
  ++cut_;
  const Ids whole = sentence_;
  for (std::size_t begin = 1; begin < whole.size(); begin += kLongestSentence) {
    if (begin > 1) end_sentence();
    const std::size_t end = std::min(begin + kLongestSentence, whole.size());
    sentence_.assign(whole.begin() + static_cast<std::ptrdiff_t>(begin),
                     whole.begin() + static_cast<std::ptrdiff_t>(end));
    sentence_.insert(sentence_.begin(), TokenTable::kStart);
  }
}

void TextReader::end_sentence() {
  ++lines_;
  if (settings_.running) {
    sentences_.add(TokenTable::kEnd);
    return;
  }
  sentence_.push_back(TokenTable::kEnd);
  sentences_.add(sentence_);
  sentences_.end_sentence();
  sentence_.resize(1);
}

SentenceList TextReader::take() {
  if (!settings_.running) return sentences_.finish();
  if (sentences_.total() == 1) return {};
  sentences_.end_sentence();
  SentenceList text = sentences_.finish();
  sentences_.add(TokenTable::kEnd);
  return text;
}

}  // namespace wordlm
