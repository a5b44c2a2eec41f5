#pragma once
/// Published recipes by name.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wordlm/settings.h"

namespace wordlm {

struct Preset {
  std::string_view name;
  std::string_view source;
  Settings settings;
};

/// Every preset there is.
[[nodiscard]] std::span<const Preset> all_presets();
/// The preset of that name; unroll::Error naming those there are.
[[nodiscard]] const Preset& find_preset(std::string_view name);

/// The options of `wordlm train` that turn the default settings into these; files, seeds and biases
/// are no part of them.
[[nodiscard]] std::vector<std::string> options_of(const Settings& settings);

}  // namespace wordlm
