#pragma once
/// Checks of numbers on a command line, each with a message that says what is expected.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>

namespace examples {

/// A finite number that `holds`, in words `wanted`: infinity and NaN pass CLI's own checks, and its
/// messages write out the largest double.
[[nodiscard]] inline CLI::Validator number(const char* type, const char* wanted,
                                           bool (*holds)(double)) {
  const auto check = [=](const std::string& text) {
    const double value = std::strtod(text.c_str(), nullptr);
    if (std::isfinite(value) && holds(value)) return std::string();
    return fmt::format("expected {}, found '{}'", wanted, text);
  };
  return CLI::Validator(check, type);
}

[[nodiscard]] inline CLI::Validator any_number() {
  return number("NUMBER", "a number", [](double) { return true; });
}
[[nodiscard]] inline CLI::Validator positive() {
  return number("POSITIVE", "a number above 0", [](double x) { return x > 0; });
}
[[nodiscard]] inline CLI::Validator not_negative() {
  return number("NONNEGATIVE", "0 or a number above", [](double x) { return x >= 0; });
}
[[nodiscard]] inline CLI::Validator part() {
  return number("PART", "a number from 0 to below 1", [](double x) { return x >= 0 && x < 1; });
}

/// Digits only: CLI reads -1 as the largest number there is.
[[nodiscard]] inline CLI::Validator whole_number() {
  const auto check = [](const std::string& text) {
    const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
    return digits ? std::string()
                  : fmt::format("expected a number of 0 or above, found '{}'", text);
  };
  return {check, "NUMBER"};
}

}  // namespace examples
