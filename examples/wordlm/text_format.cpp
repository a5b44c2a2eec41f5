#include "wordlm/text_format.h"

#include <filesystem>

#include "wordlm/text.h"

namespace wordlm {
namespace {

/// By the ending: a table, or nothing.
std::string table_format(const std::string& path) {
  const std::string ending = ascii_lower_case(std::filesystem::path(path).extension().string());
  if (ending == ".csv") return "csv";
  return ending == ".tsv" ? "tsv" : "";
}

}  // namespace

std::string format_to_train(const TextSettings& settings) {
  if (!settings.format.empty()) return settings.format;
  const std::string table = table_format(settings.data);
  if (!table.empty()) return table;
  return settings.is_running() ? "text" : "lines";
}

std::string format_to_measure(const TextSettings& settings, const std::string& asked,
                              const std::string& path) {
  if (!asked.empty()) return asked;
  if (settings.format == "text") return "text";
  const std::string table = table_format(path);
  return table.empty() ? "lines" : table;
}

}  // namespace wordlm
