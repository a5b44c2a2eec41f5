#pragma once
/// What a chapter shows, on the terminal and as a page.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bptt {

/// Rows of equal length below a header.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// A table for the terminal: columns two blanks apart, each to the right.
[[nodiscard]] std::string to_text(const Table& table);
/// The same for a page.
[[nodiscard]] std::string to_html(const Table& table);

/// A paragraph for a page; line feeds of `text` are blanks.
[[nodiscard]] std::string paragraph(std::string_view text);
/// A picture for a page: the file that lies beside it, and what it shows in words.
[[nodiscard]] std::string picture(std::string_view file, std::string_view shows);

/// A page for a chapter that makes no page itself. It shows what the chapter printed, and the SVG
/// files among `files`, which lie beside the page.
[[nodiscard]] std::string page_of(std::string_view title, std::string_view printed,
                                  std::span<const std::string> files);

/// The page of a chapter, from what the functions above give.
[[nodiscard]] std::string chapter_page(std::string_view title, std::string_view body);

}  // namespace bptt
