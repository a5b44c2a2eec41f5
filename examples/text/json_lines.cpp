#include "text/json_lines.h"

#include <unroll/core/error.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "text/csv.h"

namespace text {
namespace {

using nlohmann::json;
using unroll::fail;

/// The members of an object that are strings.
std::vector<std::string> texts_of(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) names.push_back(name);
  }
  return names;
}

/// Escapes may stand for what no text holds.
std::string cleaned(std::string text) {
  std::erase(text, '\0');
  for (char& c : text) {
    if (c == '\r') c = '\n';
  }
  return text;
}

}  // namespace

JsonLines::JsonLines(std::string path, TextStream& text, const ReadOptions& options)
    : path_(std::move(path)), text_(text), options_(options) {}

std::optional<std::string> JsonLines::next() {
  std::string_view line;
  while (next_chunk(line).empty()) {
    if (text_.ends_at(at_)) return std::nullopt;
    text_.forget_before(at_);
    line = text_.line_at(at_);
    at_ += line.size();
    ++line_;
  }
  const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded() && !line.ends_with('\n') && line_ > 1) {  // the last line
    cut_off_line_ = line_;
    return std::nullopt;
  }
  if (!object.is_object()) fail<BadRecord>("{}:{}: expected an object of JSON", path_, line_);
  if (member_.empty()) {
    const std::vector<std::string> names = texts_of(object);
    if (names.empty()) {
      fail<BadRecord>("{}:{}: expected an object with a member that is a text", path_, line_);
    }
    member_ = names[find_column(path_, names, options_).index];
  }
  const auto found = object.find(member_);
  if (found == object.end() || !found->is_string()) {
    fail<BadRecord>("{}:{}: expected a text as '{}', found {}", path_, line_, member_,
                    found == object.end() ? "no such member" : found->type_name());
  }
  return cleaned(found->get<std::string>());
}

}  // namespace text
