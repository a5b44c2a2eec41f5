#include "wordlm/settings.h"

#include <unroll/core/error.h>

#include <nlohmann/json.hpp>

namespace wordlm {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Settings, data, column, comments, limit, vocabulary, held_out,
                                   cell, hidden, layers, embedding, bias, double_precision, batch,
                                   bptt, learning_rate, halve, clip, shuffle, epochs, seed)

std::string to_json(const Settings& settings) {
  // The name of a file may hold any bytes; JSON is UTF-8.
  return nlohmann::json(settings).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Settings settings_from_json(const std::string& json, const std::string& file) {
  try {
    return nlohmann::json::parse(json).get<Settings>();
  } catch (const nlohmann::json::exception& error) {
    unroll::fail<unroll::IoError>("{}: its settings cannot be read: {}", file, error.what());
  }
}

}  // namespace wordlm
