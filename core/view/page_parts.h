#pragma once
/// The files of the page (page.html, page.css, *.js), embedded when the library is built.

#include <span>
#include <string_view>

namespace unroll {

/// Their texts, in the order in which core/CMakeLists.txt names them: the page, its style, then the
/// scripts.
[[nodiscard]] std::span<const std::string_view> page_parts();

}  // namespace unroll
