#pragma once
/// Checks of numbers on a command line, each with a message that says what is expected.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace examples {

/// A finite number that `holds`, in words `wanted`: infinity and NaN pass CLI's own checks, and its
/// messages write out the largest double.
[[nodiscard]] inline CLI::Validator number(const char* type, const char* wanted,
                                           bool (*holds)(double)) {
  const auto check = [=](const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool is_number = !text.empty() && end == text.c_str() + text.size();
    if (is_number && std::isfinite(value) && holds(value)) return std::string();
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

/// Digits only, of a number with 64 bits: CLI reads -1 and what is too large as the largest number
/// there is, and an empty text as 0.
[[nodiscard]] inline CLI::Validator whole_number() {
  const auto check = [](const std::string& text) {
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) return fmt::format("expected a number of 0 or above, found '{}'", text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc()) return std::string();
    return fmt::format("expected a number of at most {}, found '{}'",
                       std::numeric_limits<std::uint64_t>::max(), text);
  };
  return {check, "NUMBER"};
}

}  // namespace examples
