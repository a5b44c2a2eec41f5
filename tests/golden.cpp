#include "golden.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace unroll::testing {

GoldenCase read_golden(const std::string& file, const std::string& name) {
  std::ifstream stream(std::string(UNROLL_SOURCE_DIR "/tests/") + file);
  if (!stream) fail<IoError>("{}: cannot be read", file);
  const nlohmann::json json = nlohmann::json::parse(stream);
  for (const nlohmann::json& one : json.at("cases")) {
    if (one.at("name") != name) continue;
    GoldenCase result{name, {}, {}};
    if (one.contains("settings")) {
      for (const auto& [key, value] : one.at("settings").items()) {
        if (value.is_number()) result.settings[key] = value.get<double>();
      }
    }
    for (const auto& [key, tensor] : one.at("tensors").items()) {
      const Shape shape(std::span<const Index>(tensor.at("shape").get<std::vector<Index>>()));
      result.tensors.emplace(
          key, Tensor::of<double>(shape, tensor.at("values").get<std::vector<double>>()));
    }
    return result;
  }
  fail<Error>("{}: no case '{}'", file, name);
}

}  // namespace unroll::testing
