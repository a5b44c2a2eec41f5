#include "wordlm/text_format.h"

#include <unroll/core/error.h>

#include "text/input.h"

namespace wordlm {
namespace {

/// That of a file's ending; empty where it says nothing.
std::string format_by_ending(const std::string& path) {
  const std::string ending = text::ending_of_input(path);
  const std::string format = ending.empty() ? "" : ending.substr(1);
  if (format == "ndjson") return "jsonl";
  return has_columns(format) ? format : "";
}

}  // namespace

std::string format_of(const std::string& path, const TextSettings& settings,
                      const std::string& asked) {
  if (asked == "text" && !settings.plain) {
    unroll::fail<unroll::Error>(
        "{}: the model reads comments, not running text as it is; --read lines is a comment a line",
        text::name_of_input(path));
  }
  if (!asked.empty()) return asked;
  if (settings.plain) return "text";
  const std::string format = format_by_ending(path);
  return format.empty() ? "lines" : format;
}

void take_reading(const TextSettings& given, TextSettings& settings) {
  if (!given.format.empty()) settings.format = given.format;
  if (!settings.column.empty()) settings.preferred = settings.column;
  settings.column = given.column;
  settings.delimiter = given.delimiter;
  settings.skip_bad_rows = given.skip_bad_rows;
}

void check_reading(const TextSettings& settings, std::span<const std::string> paths) {
  if (paths.empty()) return;
  bool columns = false;
  bool delimiters = false;
  for (const std::string& path : paths) {
    const std::string format = format_of(path, settings, settings.format);
    columns = columns || has_columns(format);
    delimiters = delimiters || format == "csv";
  }
  const auto refuse = [&](const char* option, const char* kind) {
    unroll::fail<unroll::Error>("{} is for {}, and {} is read as {}", option, kind,
                                text::name_of_input(paths[0]),
                                format_of(paths[0], settings, settings.format));
  };
  if (!columns && !settings.column.empty()) refuse("--column", "tables");
  if (!columns && settings.skip_bad_rows) refuse("--skip-bad-rows", "tables");
  if (!delimiters && !settings.delimiter.empty()) refuse("--delimiter", "csv");
}

void choose_format(TextSettings& settings) {
  const auto is_plain = [&](const std::string& path) {
    if (!settings.format.empty()) return settings.format == "text";
    return settings.running && format_by_ending(path).empty();
  };
  for (const std::string& path : settings.data) {
    settings.plain = is_plain(settings.data[0]);
    if (is_plain(path) == settings.plain) continue;
    unroll::fail<unroll::Error>("{} is {}, and {} is not; --read says how all of them are read",
                                settings.data[0], settings.plain ? "running text" : "a table",
                                path);
  }
}

}  // namespace wordlm
