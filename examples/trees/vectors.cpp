#include "trees/vectors.h"

#include <unroll/core/error.h>

#include <cmath>
#include <cstdlib>

#include "common/numbers.h"
#include "text/characters.h"
#include "text/input.h"

namespace trees {
namespace {

using unroll::fail;
using unroll::IoError;

/// What stands between blanks.
std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find_first_of(" \t\r\n", at), line.size());
    if (end > at) fields.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

std::vector<float> numbers_of(std::span<const std::string_view> fields, const std::string& where) {
  std::vector<float> numbers;
  for (const std::string_view field : fields) {
    const std::string text(field);
    char* end = nullptr;
    numbers.push_back(std::strtof(text.c_str(), &end));
    if (*end != '\0' || !std::isfinite(numbers.back())) {
      fail<IoError>("{}: expected a number, found '{}'", where, text);
    }
  }
  return numbers;
}

}  // namespace

Vectors read_vectors(const std::string& path, const examples::WordIds& words) {
  // A vector in lower case serves a word in upper case that has none of its own.
  std::unordered_map<std::string, std::vector<std::int32_t>> in_lower_case;
  for (const std::string& word : words.words()) {
    const std::string lower = text::lower_case(word);
    if (lower != word) in_lower_case[lower].push_back(words.id(word));
  }
  Vectors vectors;
  std::int64_t number = 0;
  text::for_each_line(path, [&](std::string_view line) {
    ++number;
    const std::vector<std::string_view> fields = fields_of(line);
    const bool is_count = number == 1 && fields.size() == 2;
    if (fields.empty() || is_count) return;
    const std::string where = fmt::format("{}:{}", path, number);
    const auto size = static_cast<std::int64_t>(fields.size()) - 1;
    if (vectors.size == 0) vectors.size = size;
    if (size < 1 || size < vectors.size) {
      fail<IoError>("{}: a word and {}; expected {}", where, examples::count_of(size, "number"),
                    vectors.size < 1 ? "some" : std::to_string(vectors.size));
    }
    const auto numbers = std::span(fields).last(static_cast<std::size_t>(vectors.size));
    const std::string_view last = fields[static_cast<std::size_t>(size - vectors.size)];
    const std::string word(fields[0].begin(), last.end());
    const std::int32_t id = words.id(word);
    const auto lower = in_lower_case.find(word);
    if (id == examples::WordIds::kUnknown && lower == in_lower_case.end()) return;
    const std::vector<float> vector = numbers_of(numbers, where);
    if (id != examples::WordIds::kUnknown) vectors.of[id] = vector;
    if (lower == in_lower_case.end()) return;
    for (const std::int32_t other : lower->second) vectors.of.emplace(other, vector);
  });
  if (vectors.size == 0) fail<IoError>("{}: holds no vector", path);
  return vectors;
}

}  // namespace trees
