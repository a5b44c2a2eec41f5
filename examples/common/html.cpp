#include "common/html.h"

#include <fmt/format.h>

namespace examples {
namespace {

constexpr std::string_view kStyle =
    ":root { color-scheme: light dark }\n"
    "body { max-width: 60em; margin: 1em auto; padding: 0 1em; font-family: system-ui, "
    "sans-serif;\n"
    "  line-height: 1.5; overflow-wrap: anywhere }\n";

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string html_page(std::string_view title, std::string_view style, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>\n{1}{2}</style>\n</head>\n<body>\n<h1>{0}</h1>\n{3}</body>\n"
      "</html>\n",
      escape_html(title), kStyle, style, body);
}

}  // namespace examples
