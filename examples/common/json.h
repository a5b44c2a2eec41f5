#pragma once
/// JSON that others may have changed.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace examples {

/// Throws unroll::Error, naming the member, where an object of JSON has a number with a fraction,
/// or one that no whole number can hold, and `model`, of the same members, has a whole number
/// there. The library would convert it, to anything.
void check_whole_numbers(const nlohmann::json& object, const nlohmann::json& model);

/// Whether JSON can hold these bytes as a text.
[[nodiscard]] bool is_utf8(const std::string& bytes);

}  // namespace examples
