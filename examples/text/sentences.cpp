#include "text/sentences.h"

#include <algorithm>

#include "text/abbreviations.h"
#include "text/characters.h"
#include "text/html.h"
#include "text/lexicon.h"

namespace text {
namespace {

using namespace std::string_view_literals;

bool is_one_of(CodePoint c, std::u32string_view set) {
  return c.length > 0 && set.find(static_cast<char32_t>(c.value)) != std::u32string_view::npos;
}

// Markdown's emphasis opens and closes like a quote.
constexpr auto kEmphasis = U"*_~"sv;
constexpr auto kClosers = U"*_~\"'“”‘’»)]}」』）》〉"sv;
constexpr auto kTerminators = U".?!…。！？؟।॥"sv;
constexpr auto kMarks = U" .?!…。！？؟।॥"sv;  // with the blanks of ". . ."
// Marks that end a sentence whatever follows; those of Chinese and Japanese without a blank, too.
constexpr auto kAlways = U"?!。！？؟।॥"sv;
constexpr auto kFullWidth = U"。！？"sv;

bool has_one_of(std::string_view text, std::u32string_view set) {
  for (std::size_t at = 0; at < text.size(); at += code_point_at(text, at).length) {
    if (is_one_of(code_point_at(text, at), set)) return true;
  }
  return false;
}

/// `text` without the characters of `set` at its end.
std::string_view without_back(std::string_view text, std::u32string_view set) {
  CodePoint c;
  while (is_one_of(c = code_point_before(text, text.size()), set)) text.remove_suffix(c.length);
  return text;
}

/// The end of a chunk of text, taken apart: in `("Really?!"**` the stem is `Really`.
struct Ending {
  std::string_view stem;   ///< what comes before the marks, opening quotes and brackets removed
  std::string_view marks;  ///< periods, question and exclamation marks
  bool closed = false;     ///< a quote or a bracket closes behind the marks
};

Ending ending_of(std::string_view chunk) {
  const std::string_view body = without_back(chunk, kClosers);
  const std::string_view stem = without_back(body, kMarks);
  const bool closed = !without_back(chunk.substr(body.size()), kEmphasis).empty();
  return {without_opening_marks(stem), body.substr(stem.size()), closed};
}

/// Whether `chunk` is nothing but emoticons and emoji.
bool is_emoticon(std::string_view chunk) {
  while (const std::size_t length = emoticon_length(chunk)) chunk.remove_prefix(length);
  return chunk.empty();
}

/// Whether a sentence can begin with `text`, from which opening quotes are already removed.
bool can_start(std::string_view text) {
  const CodePoint c = code_point_at(text);
  return c.length > 0 && (is_word_character(c.value) || is_currency(c.value) ||
                          is_one_of(c, U"@#&>/\\…"sv) || text.starts_with(".."));
}

/// A chunk of text and what stands before it.
struct Spoken {
  std::string_view text;
  std::string_view before;  ///< the chunk before it; empty: it is the first of its sentence
};

bool ends_at_period(const Spoken& chunk, const Ending& ending, std::string_view next_chunk) {
  const bool is_first = chunk.before.empty();
  const bool is_list_number =
      is_first && std::ranges::all_of(ending.stem, [](char c) { return c >= '0' && c <= '9'; });
  const CodePoint next = code_point_at(without_opening_marks(next_chunk));
  if (is_list_number || (ending.closed && is_lower(next.value))) return false;
  return meaning_of_period({without_opening_marks(chunk.before), ending.stem, next_chunk}).ends;
}

/// Whether the mark is part of a name: "Yahoo! is".
bool ends_like_a_name(const Ending& ending) {
  return ending.marks == "!" && (ending.stem == "Yahoo" || ending.stem == "Jeopardy");
}

/// Whether the sentence ends with `chunk`, though no line says so.
bool ends_sentence(const Spoken& chunk, std::string_view next_chunk) {
  // Most chunks are plain words.
  if (is_word_character(code_point_before(chunk.text, chunk.text.size()).value)) return false;
  const Ending ending = ending_of(chunk.text);
  const std::string_view next = without_opening_marks(next_chunk);
  if (ending.marks.empty() || !can_start(next)) return false;

  const CodePoint first = code_point_at(next);
  if (has_one_of(ending.marks, kAlways)) {
    const bool is_inside = ending.closed || ends_like_a_name(ending);  // "Really?" he said.
    return !(is_inside && is_lower(first.value));
  }
  if (ending.marks == ".") return ends_at_period(chunk, ending, next_chunk);
  if (ending.stem.empty() && chunk.before.empty()) return false;  // "... and so it began"
  // After an ellipsis only a capital tells, and "I" is always one.
  return is_upper(first.value) && first_word(next) != "I";
}

/// Whether `text` is a line across the page in Markdown, or underlines a heading: "***", "- - -".
bool is_rule(std::string_view text) {
  constexpr std::ptrdiff_t kShortest = 3;
  if (text.empty() || "*-_=#~"sv.find(text[0]) == std::string_view::npos) return false;
  const auto is_mark = [&](char c) { return c == text[0]; };
  return std::ranges::count_if(text, is_mark) >= kShortest &&
         std::ranges::all_of(text, [&](char c) { return is_mark(c) || c == ' '; });
}

/// Whether `chunk`, the first of its line, begins a quotation, a heading, a list item or a rule.
bool starts_block(std::string_view chunk) {
  const std::size_t digits = std::min(chunk.find_first_not_of("0123456789"), chunk.size());
  const bool is_number = digits > 0 && (chunk.substr(digits) == "." || chunk.substr(digits) == ")");
  return chunk.starts_with('>') || chunk.starts_with("##") || chunk == "#" || chunk == "*" ||
         chunk == "-" || chunk == "+" || is_number || is_rule(chunk);
}

/// Whether the line feeds in `gap`, the white space between two chunks, end a sentence.
bool is_block_boundary(std::string_view chunk, std::string_view gap, std::string_view next_chunk) {
  const auto feeds = std::ranges::count(gap, '\n');
  return feeds >= 2 || (feeds == 1 && (starts_block(next_chunk) || is_rule(chunk)));
}

/// The next stretch without white space, or its beginning up to where Chinese or Japanese ends a
/// sentence within it. An ellipsis of spaced periods belongs to the word before it.
Chunk next_piece(std::string_view text, std::size_t from) {
  CodePoint c;
  while ((c = code_point_at(text, from)).length > 0 && is_space(c.value)) from += c.length;
  std::size_t end = skip_ascii(text, from);
  bool ended = false;
  while ((c = code_point_at(text, end)).length > 0 && !is_space(c.value)) {
    // Quotes of English may open as well as close.
    if (ended && !is_one_of(c, kTerminators) && !is_one_of(c, U"”’」』）》〉"sv)) break;
    ended = ended || (c.length > 1 && is_one_of(c, kFullWidth));
    end += c.length;
    if (!ended) end = skip_ascii(text, end);
  }
  if (end > from && text[end - 1] == '.') {
    if (const std::size_t ellipsis = spaced_ellipsis_length(text.substr(end - 1))) {
      end += ellipsis - 1;
      while (is_one_of(c = code_point_at(text, end), kClosers)) end += c.length;
    }
  }
  return {text.substr(std::min(from, text.size()), end - from), from};
}

/// Calls `take` with the text of each sentence.
template <typename Take>
void for_each_text(std::string_view comment, const Take& take) {
  Chunk current = next_piece(comment, 0);
  std::size_t begin = current.begin;  // of the sentence
  // The last chunk that is no emoticon: those belong to the words before them.
  Spoken spoken = {current.text, {}};
  while (!current.empty()) {
    const Chunk next = next_piece(comment, current.end());
    const bool next_is_emoticon = is_emoticon(next.text);
    const std::string_view gap = comment.substr(current.end(), next.begin - current.end());
    if (next.empty() || is_block_boundary(current.text, gap, next.text) ||
        (!next_is_emoticon && ends_sentence(spoken, next.text))) {
      take(comment.substr(begin, current.end() - begin));
      begin = next.begin;
      spoken = {next.text, {}};
    } else if (!next_is_emoticon) {
      spoken = {next.text, spoken.text};
    }
    current = next;
  }
}

}  // namespace

std::vector<std::string> split_sentences(std::string_view comment) {
  std::vector<std::string> sentences;
  for_each_text(comment, [&](std::string_view text) { sentences.emplace_back(text); });
  return sentences;
}

void for_each_sentence(std::string_view comment, Case letters,
                       const std::function<void(const Sentence&)>& take) {
  std::string decoded;
  if (!is_plain_text(comment)) comment = decoded = text_of_html(comment);
  Sentence words;
  for_each_text(comment, [&](std::string_view text) {
    if (is_rule(text)) return;
    words.clear();
    append_words(text, words);
    if (words.empty()) return;
    for (std::string& word : words) {
      letters == Case::lower ? make_lower_case(word) : make_composed(word);
    }
    take(words);
  });
}

std::vector<Sentence> sentences_of(std::span<const std::string> comments) {
  std::vector<Sentence> sentences;
  for (const std::string& comment : comments) {
    for_each_sentence(comment, Case::lower,
                      [&](const Sentence& words) { sentences.push_back(words); });
  }
  return sentences;
}

}  // namespace text
