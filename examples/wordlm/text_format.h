#pragma once
/// How the texts of a file are told apart.

#include <array>
#include <string>
#include <string_view>

#include "wordlm/settings.h"

namespace wordlm {

/// "csv" and "tsv": tables, of which one column is read. "lines": a comment a line. "text": running
/// text, which is read as it is.
inline constexpr std::array<std::string_view, 4> kFormats = {"csv", "tsv", "lines", "text"};

[[nodiscard]] inline bool is_table(std::string_view format) {
  return format == "csv" || format == "tsv";
}

/// The format of a file to train on: what the settings ask for, else by its ending.
[[nodiscard]] std::string format_to_train(const TextSettings& settings);

/// The format in which a trained model reads a file: `asked` where it is not empty, else running
/// text where the model was trained on that, else by the file's ending.
[[nodiscard]] std::string format_to_measure(const TextSettings& settings, const std::string& asked,
                                            const std::string& path);

}  // namespace wordlm
