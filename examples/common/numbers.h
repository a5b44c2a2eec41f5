#pragma once
/// Numbers for people.

#include <cstdint>
#include <string>
#include <string_view>

namespace examples {

/// A number with its thousands apart: 1234567 as 1,234,567.
[[nodiscard]] std::string grouped(std::int64_t n);

/// "1 sentence", "2 sentences".
[[nodiscard]] std::string count_of(std::int64_t count, std::string_view thing);

}  // namespace examples
