#pragma once
/// How the texts of a file are told apart.

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "wordlm/settings.h"

namespace wordlm {

/// "csv" and "tsv": tables, of which one column is read. "jsonl": objects of JSON, one a line, of
/// which one member is read. "lines": a comment a line. "text": running text, which is read as it
/// is.
inline constexpr std::array<std::string_view, 5> kFormats = {"csv", "tsv", "jsonl", "lines",
                                                             "text"};

/// Whether its records have columns, or members.
[[nodiscard]] inline bool has_columns(std::string_view format) {
  return format == "csv" || format == "tsv" || format == "jsonl";
}

/// The format of a file of a model that reads so: `asked` where it is not empty, else by the file's
/// ending, else lines; where the model reads running text as it is (`plain`), that.
[[nodiscard]] std::string format_of(const std::string& path, const TextSettings& settings,
                                    const std::string& asked);

/// Takes over from `given` how other files are to be read: their column, delimiter, and whether bad
/// rows are left out; their format, where it says one. How words are found in them is the model's;
/// of a table the column that had its name in the model's own.
void take_reading(const TextSettings& given, TextSettings& settings);

/// Throws unroll::Error, naming the option, where the column, the delimiter or bad rows of files
/// are spoken of none of which has such.
void check_reading(const TextSettings& settings, std::span<const std::string> paths);

/// Settles how files to train on are read: whether as running text as it is. unroll::Error where
/// some of them would be that and others not.
void choose_format(TextSettings& settings);

}  // namespace wordlm
