#include "caption/scenes.h"

#include <fmt/format.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/numbers.h"
#include "text/comments.h"
#include "text/csv.h"
#include "text/input.h"
#include "text/sentences.h"

namespace caption {
namespace {

using nlohmann::json;
using unroll::fail;
using unroll::IoError;

Example parse(std::string_view text, const std::string& where, bool captions_needed) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) fail<IoError>("{}: expected an object of JSON", where);
  const auto scene = object.find("scene");
  const auto caption = object.find("caption");
  const auto is_number = [](const json& x) {
    return x.is_number() && std::isfinite(x.get<float>());
  };
  if (scene == object.end() || !scene->is_array() || scene->empty() ||
      !std::ranges::all_of(*scene, is_number)) {
    fail<IoError>("{}: expected a list of numbers as 'scene'", where);
  }
  Example example{scene->get<std::vector<float>>(), {}};
  const bool has_caption = caption != object.end();
  if (has_caption ? !caption->is_string() : captions_needed) {
    fail<IoError>("{}: expected a text as 'caption'", where);
  }
  if (has_caption) example.caption = words_of(caption->get<std::string>());
  if (has_caption && example.caption.empty()) fail<IoError>("{}: 'caption' has no word", where);
  return example;
}

}  // namespace

Words words_of(std::string_view text) {
  Words all;
  text::for_each_sentence(text, text::Case::lower, [&](const text::Sentence& words) {
    all.insert(all.end(), words.begin(), words.end());
  });
  return all;
}

Examples read_examples(const std::string& path, bool captions_needed) {
  const std::string text = text::text_of_bytes(text::read_input(path), path).text;
  Examples all;
  std::int64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text::line_at(text, at);
    at += line.size();
    const std::string where = fmt::format("{}:{}", path, ++number);
    if (text::next_chunk(line).empty()) continue;
    all.examples.push_back(parse(line, where, captions_needed));
    const std::int64_t size = std::ssize(all.examples.back().scene);
    if (size != all.scene_size()) {
      fail<IoError>("{}: a scene of {}; those of the lines before have {}", where,
                    examples::count_of(size, "number"), all.scene_size());
    }
  }
  if (all.examples.empty()) fail<IoError>("{}: holds no scene", path);
  all.description =
      fmt::format("{}: {} of {}", path, examples::count_of(std::ssize(all.examples), "scene"),
                  examples::count_of(all.scene_size(), "number"));
  return all;
}

}  // namespace caption
