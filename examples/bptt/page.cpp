#include "bptt/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/html.h"

namespace bptt {

using examples::escape_html;

namespace {

constexpr std::string_view kStyle =
    "img { width: 100%; height: auto }\n"
    "table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1em 0 }\n"
    "td, th { text-align: right; padding: .15em .8em; border-bottom: 1px solid #8886 }\n";

/// Characters of UTF-8.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string to_text(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& name : table.header) widths.push_back(width_of(name));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  const auto append = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += std::string(2 + widths[i] - width_of(row[i]), ' ') + row[i];
    }
    text += "\n";
  };
  append(table.header);
  for (const auto& row : table.rows) append(row);
  return text;
}

std::string to_html(const Table& table) {
  std::string html = "<table>\n<thead><tr>";
  for (const std::string& name : table.header) {
    html += fmt::format("<th scope=\"col\">{}</th>", escape_html(name));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const std::string& cell : row) html += fmt::format("<td>{}</td>", escape_html(cell));
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table>\n";
}

std::string paragraph(std::string_view text) {
  std::string html = escape_html(text);
  std::ranges::replace(html, '\n', ' ');
  return fmt::format("<p>{}</p>\n", html);
}

std::string picture(std::string_view file, std::string_view shows) {
  return fmt::format("<p><img src=\"{}\" alt=\"{}\"></p>\n", escape_html(file), escape_html(shows));
}

std::string chapter_page(std::string_view title, std::string_view body) {
  return examples::html_page(title, kStyle, body);
}

std::string page_of(std::string_view title, std::string_view printed,
                    std::span<const std::string> files) {
  std::string text;
  while (!printed.empty()) {
    const std::size_t end = std::min(printed.find('\n'), printed.size() - 1);
    const std::string_view line = printed.substr(0, end + 1);
    if (!line.starts_with("written: ")) text += line;
    printed.remove_prefix(line.size());
  }
  std::string body = fmt::format("<pre>{}</pre>\n", examples::escape_html(text));
  for (const std::string& file : files) {
    if (file.ends_with(".svg")) body += picture(file, file.substr(0, file.size() - 4));
  }
  return chapter_page(title, body);
}

}  // namespace bptt
