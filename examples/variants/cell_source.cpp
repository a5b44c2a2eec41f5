#include "variants/cell_source.h"

#include <algorithm>
#include <cctype>

namespace variants {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The same text with comments and the contents of strings blanked out, so that a brace in them is
/// none; places stay the same.
std::string without_comments(std::string_view text) {
  std::string code(text);
  enum class In : std::uint8_t { code, line, block, string, character } in = In::code;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const char c = text[i];
    const In before = in;
    if (in == In::code) {
      if (rest.starts_with("//")) in = In::line;
      if (rest.starts_with("/*")) in = In::block;
      if (c == '"') in = In::string;
      if (c == '\'' && (i == 0 || !is_name(text[i - 1]))) in = In::character;  // not 1'000
    } else if (in == In::line) {
      if (c == '\n') in = In::code;
    } else if (in == In::block) {
      if (i > 0 && text[i - 1] == '*' && c == '/') in = In::code;
    } else if (c == '\\') {
      code[i] = ' ';
      if (++i < text.size()) code[i] = ' ';
      continue;
    } else if (c == (in == In::string ? '"' : '\'')) {
      in = In::code;
    }
    const bool blank = in != In::code || before != In::code;
    if (blank && c != '\n') code[i] = ' ';
  }
  return code;
}

/// Where the brace at `open` is closed.
std::size_t closing_brace(std::string_view code, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    if (code[i] == '{') ++depth;
    if (code[i] == '}' && --depth == 0) return i;
  }
  return kNone;
}

/// Where `word` stands by itself, at or after `from`.
std::size_t find_word(std::string_view code, std::string_view word, std::size_t from = 0) {
  for (std::size_t at = code.find(word, from); at != kNone; at = code.find(word, at + 1)) {
    const bool begins = at == 0 || !is_name(code[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end >= code.size() || !is_name(code[end]))) return at;
  }
  return kNone;
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t feed = at == 0 ? kNone : text.rfind('\n', at - 1);
  return feed == kNone ? 0 : feed + 1;
}

/// Where the comment and the template line above the line at `begin` begin.
std::size_t with_lines_above(std::string_view text, std::size_t begin) {
  while (begin > 0) {
    const std::size_t above = line_begin(text, begin - 1);
    const std::string_view line = text.substr(above, begin - above);
    if (!line.starts_with("///") && !line.starts_with("template") &&
        !line.starts_with("requires")) {
      break;
    }
    begin = above;
  }
  return begin;
}

}  // namespace

std::optional<std::string> find_struct(std::span<const std::string_view> texts,
                                       std::string_view type) {
  const std::string name(type.substr(0, type.find('<')));
  for (const std::string_view text : texts) {
    const std::string code = without_comments(text);
    for (std::size_t at = find_word(code, name); at != kNone; at = find_word(code, name, at + 1)) {
      const std::size_t begin = line_begin(code, at);
      const bool defines = std::string_view(code).substr(begin, at - begin) == "struct ";
      const std::size_t open = code.find_first_of("{;", at);
      if (!defines || open == kNone || code[open] == ';') continue;  // used, or declared only
      const std::size_t close = closing_brace(code, open);
      if (close == kNone) continue;
      const std::size_t first = with_lines_above(text, begin);
      return std::string(text.substr(first, code.find('\n', close) - first)) + "\n";
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> step_lines(std::string_view code) {
  const std::string bare = without_comments(code);
  for (std::size_t at = find_word(bare, "step"); at != kNone;
       at = find_word(bare, "step", at + 1)) {
    const std::size_t open = bare.find_first_of("{;", at);
    if (bare[at + 4] != '(' || open == kNone || bare[open] == ';') continue;
    const std::size_t close = closing_brace(bare, open);
    if (close == kNone) return std::nullopt;
    const std::string_view body = std::string_view(bare).substr(open + 1, close - open - 1);
    std::int64_t lines = 0;
    for (std::size_t begin = 0; begin <= body.size();) {
      const std::size_t end = std::min(body.find('\n', begin), body.size());
      const std::string_view line = body.substr(begin, end - begin);
      lines += line.find_first_not_of(" \t\r") != kNone ? 1 : 0;
      begin = end + 1;
    }
    return lines;
  }
  return std::nullopt;
}

}  // namespace variants
