#pragma once
/// Cells as they stand in their source: shown, and their lines counted.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace variants {

/// The texts of layers/cells/*.h and of my_cell.h; a file that the build writes.
[[nodiscard]] std::span<const std::string_view> cell_texts();

/// The code of `struct type` in one of the texts, with the comment and the template line above it;
/// nothing where there is none. Arguments of a template, "Odyssey<...>", are left out of the name.
[[nodiscard]] std::optional<std::string> find_struct(std::span<const std::string_view> texts,
                                                     std::string_view type);

/// The lines of code in the body of `step` in the code of a struct, neither blank nor mere comment;
/// nothing where it has no `step`.
[[nodiscard]] std::optional<std::int64_t> step_lines(std::string_view code);

}  // namespace variants
