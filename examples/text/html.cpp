#include "text/html.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "text/characters.h"

namespace text {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSoftHyphen = "\xC2\xAD";

/// What browsers take the numbers 128 to 159 for.
constexpr std::array<std::int32_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

/// The character of a number, as in `#39` or `#x27`; 0 where it is none.
std::int32_t numbered(std::string_view number) {
  number.remove_prefix(1);
  const bool hexadecimal = number.starts_with('x') || number.starts_with('X');
  if (hexadecimal) number.remove_prefix(1);
  std::int32_t value = 0;
  const char* end = number.data() + number.size();
  const auto [parsed, error] = std::from_chars(number.data(), end, value, hexadecimal ? 16 : 10);
  if (error != std::errc() || parsed != end || !is_code_point(value)) return 0;
  const bool windows = value >= 0x80 && value <= 0x9F;
  return windows ? kWindows1252[static_cast<std::size_t>(value - 0x80)] : value;
}

/// The character or characters that `name` stands for between `&` and `;`; both 0 for none.
NamedCharacter find_entity(std::string_view name) {
  if (name.starts_with('#')) return {name, numbered(name), 0};
  const auto all = named_characters();
  const auto found = std::ranges::lower_bound(all, name, {}, &NamedCharacter::name);
  return found != all.end() && found->name == name ? *found : NamedCharacter{name, 0, 0};
}

// Tags that part what stands before them from what follows, and the others.
constexpr std::array kBlocks = {"br"sv,  "p"sv,     "div"sv,     "li"sv,      "ul"sv,        "ol"sv,
                                "h1"sv,  "h2"sv,    "h3"sv,      "h4"sv,      "h5"sv,        "h6"sv,
                                "hr"sv,  "tr"sv,    "td"sv,      "th"sv,      "dt"sv,        "dd"sv,
                                "pre"sv, "table"sv, "section"sv, "article"sv, "blockquote"sv};
constexpr std::array kInline = {"a"sv,      "b"sv,     "i"sv,      "u"sv,      "s"sv,    "em"sv,
                                "strong"sv, "span"sv,  "font"sv,   "img"sv,    "code"sv, "sub"sv,
                                "sup"sv,    "small"sv, "big"sv,    "strike"sv, "del"sv,  "ins"sv,
                                "q"sv,      "cite"sv,  "abbr"sv,   "center"sv, "tt"sv,   "kbd"sv,
                                "tbody"sv,  "thead"sv, "iframe"sv, "script"sv, "style"sv};

struct Tag {
  std::size_t length = 0;  // 0: there is none
  bool is_block = false;
};

/// The tag that `text` begins with, as in "<br />" or "</a>".
Tag tag_at(std::string_view text) {
  constexpr std::size_t kLongestTag = 2000;
  std::size_t at = text.substr(1).starts_with('/') ? 2 : 1;
  const std::size_t begin = at;
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  while (at < text.size() && is_name(text[at])) ++at;
  const std::string name = ascii_lower_case(text.substr(begin, at - begin));
  const bool is_block = std::ranges::find(kBlocks, name) != kBlocks.end();
  if (!is_block && std::ranges::find(kInline, name) == kInline.end()) return {};
  const std::size_t end = text.substr(0, kLongestTag).find('>', at);
  if (end == std::string_view::npos) return {};
  // Behind its name a tag has a blank, or its end: "<p.s. I left>" is none.
  if (at != end && text[at] != '/' && text[at] != ' ' && text[at] != '\n') return {};
  return {end + 1, is_block};
}

/// The next byte of `text` from `from` on that may begin a tag or a soft hyphen; its size if none.
std::size_t next_special(std::string_view text, std::size_t from) {
  while (from < text.size() && text[from] != '<' && text[from] != kSoftHyphen[0]) ++from;
  return from;
}

std::string without_tags(std::string_view html) {
  std::string text;
  text.reserve(html.size());
  for (std::size_t at = 0; at < html.size();) {
    const std::size_t special = next_special(html, at);
    text.append(html, at, special - at);
    at = special;
    if (at == html.size()) break;
    if (html.substr(at).starts_with(kSoftHyphen)) {
      at += kSoftHyphen.size();
      continue;
    }
    const Tag tag = html[at] == '<' ? tag_at(html.substr(at)) : Tag();
    if (tag.is_block) text += "\n\n";
    if (tag.length == 0) text += html[at];
    at += std::max(tag.length, std::size_t{1});
  }
  return text;
}

}  // namespace

std::string decode_entities(std::string_view text) {
  constexpr std::size_t kLongestName = 32;
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t ampersand = std::min(text.find('&', at), text.size());
    decoded.append(text, at, ampersand - at);
    if (ampersand == text.size()) break;

    const std::string_view after = text.substr(ampersand + 1, kLongestName + 1);
    const std::size_t length = after.find(';');
    const NamedCharacter character =
        length == std::string_view::npos ? NamedCharacter{} : find_entity(after.substr(0, length));
    if (character.first == 0) {
      decoded += '&';
      at = ampersand + 1;
      continue;
    }
    append_code_point(decoded, character.first);
    if (character.second != 0) append_code_point(decoded, character.second);
    at = ampersand + 1 + length + 1;
  }
  return decoded;
}

std::string text_of_html(std::string_view html) {
  if (html.find('&') == std::string_view::npos) return without_tags(html);
  return without_tags(decode_entities(decode_entities(html)));
}

bool is_plain_text(std::string_view text) {
  return text.find('&') == std::string_view::npos && text.find('<') == std::string_view::npos &&
         text.find(kSoftHyphen) == std::string_view::npos;
}

}  // namespace text
