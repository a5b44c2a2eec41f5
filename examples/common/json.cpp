#include "common/json.h"

#include <unroll/core/error.h>

#include <nlohmann/json.hpp>

namespace examples {

void check_whole_numbers(const nlohmann::json& object, const nlohmann::json& model) {
  for (const auto& [name, value] : model.items()) {
    const auto found = object.find(name);
    if (found == object.end()) continue;
    if (value.is_object()) check_whole_numbers(*found, value);
    if (value.is_number_integer() && found->is_number_float()) {
      unroll::fail<unroll::Error>("'{}' is {}, a whole number was expected", name, found->dump());
    }
  }
}

bool is_utf8(const std::string& bytes) {
  try {
    (void)nlohmann::json(bytes).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace examples
