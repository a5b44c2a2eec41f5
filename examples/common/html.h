#pragma once
/// Pages of HTML that need no network.

#include <string>
#include <string_view>

namespace examples {

/// A text as HTML shows it.
[[nodiscard]] std::string escape_html(std::string_view text);

/// A whole page, readable on a phone, in a light and a dark room. `style`: CSS besides.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view style,
                                    std::string_view body);

}  // namespace examples
