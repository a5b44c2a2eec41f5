#include "golden.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace unroll::testing {
namespace {

/// Numbers; NaN and infinities, which JSON has not, are strings.
std::vector<double> numbers(const nlohmann::json& values) {
  std::vector<double> result;
  for (const nlohmann::json& value : values) {
    result.push_back(value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>());
  }
  return result;
}

}  // namespace

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
      result.tensors.emplace(key, Tensor::of<double>(shape, numbers(tensor.at("values"))));
    }
    return result;
  }
  fail<Error>("{}: no case '{}'", file, name);
}

}  // namespace unroll::testing
