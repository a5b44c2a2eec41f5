#pragma once
/// Text written for web pages: entities, tags, soft hyphens.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace text {

/// A character, or two, that HTML has a name for.
struct NamedCharacter {
  std::string_view name;  ///< between `&` and `;`
  std::int32_t first;
  std::int32_t second;  ///< 0: none
};

/// The named characters of HTML 5, in the order of their names' bytes.
[[nodiscard]] std::span<const NamedCharacter> named_characters();

/// Replaces HTML's references: `&gt;` becomes `>`. Numbers from 128 to 159 are meant as in
/// Windows-1252, as browsers take them: `&#146;` is an apostrophe. Unknown references and other
/// ampersands stay as they are.
[[nodiscard]] std::string decode_entities(std::string_view text);

/// The text that a browser would show: entities decoded, twice since many a comment was escaped
/// twice; tags left out, those that part paragraphs and lines as a blank line; soft hyphens left
/// out. Only tags that HTML has are tags: "a < b" and "<3" stay.
[[nodiscard]] std::string text_of_html(std::string_view html);

/// Whether `text_of_html` would surely return `text` as it is: it holds no `&`, `<` or soft hyphen.
[[nodiscard]] bool is_plain_text(std::string_view text);

}  // namespace text
