#include "ctc/signals.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unroll/core/error.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "common/numbers.h"
#include "text/comments.h"
#include "text/csv.h"
#include "text/input.h"

namespace ctc {
namespace {

using nlohmann::json;
using unroll::fail;
using unroll::IoError;

/// A line of a file; labels are still texts.
struct Line {
  std::string where;  // "file:line"
  std::vector<std::vector<float>> frames;
  std::vector<std::string> labels;
};

std::vector<float> frame_of(const json& value, const std::string& where, std::size_t number) {
  const auto is_number = [](const json& x) {
    return x.is_number() && std::isfinite(x.get<float>());
  };
  if (!value.is_array() || value.empty() || !std::ranges::all_of(value, is_number)) {
    fail<IoError>("{}: frame {} of 'signal' is not a list of numbers", where, number + 1);
  }
  return value.get<std::vector<float>>();
}

std::string label_of(const json& value, const std::string& where) {
  if (value.is_number_integer()) return value.dump();
  if (!value.is_string() || value.get<std::string>().empty()) {
    fail<IoError>("{}: expected texts or whole numbers as 'labels', found {}", where,
                  value.dump(-1, ' ', true, json::error_handler_t::replace));
  }
  return value.get<std::string>();
}

Line parse(std::string_view text, std::string where, bool labels_needed) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) fail<IoError>("{}: expected an object of JSON", where);
  const auto signal = object.find("signal");
  const auto labels = object.find("labels");
  if (signal == object.end() || !signal->is_array() || signal->empty()) {
    fail<IoError>("{}: expected a list of frames as 'signal'", where);
  }
  const bool has_labels = labels != object.end();
  if (has_labels ? !labels->is_array() : labels_needed) {
    fail<IoError>("{}: expected a list as 'labels'", where);
  }
  Line line{std::move(where), {}, {}};
  for (std::size_t t = 0; t < signal->size(); ++t) {
    line.frames.push_back(frame_of((*signal)[t], line.where, t));
    if (line.frames[t].size() != line.frames[0].size()) {
      fail<IoError>("{}: frame {} has {}, those before it have {}", line.where, t + 1,
                    examples::count_of(std::ssize(line.frames[t]), "number"),
                    line.frames[0].size());
    }
  }
  if (has_labels) {
    for (const json& label : *labels) line.labels.push_back(label_of(label, line.where));
  }
  return line;
}

std::vector<Line> read_lines(const std::string& path, bool labels_needed) {
  const std::string text = text::text_of_bytes(text::read_input(path), path).text;
  std::vector<Line> lines;
  std::int64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text::line_at(text, at);
    at += line.size();
    ++number;
    if (text::next_chunk(line).empty()) continue;
    lines.push_back(parse(line, fmt::format("{}:{}", path, number), labels_needed));
    const std::size_t size = lines.back().frames[0].size();
    const std::size_t expected = lines.front().frames[0].size();
    if (size != expected) {
      fail<IoError>("{}: frames of {}; those of the lines before have {}", lines.back().where,
                    examples::count_of(static_cast<std::int64_t>(size), "number"), expected);
    }
  }
  if (lines.empty()) fail<IoError>("{}: holds no signal", path);
  return lines;
}

std::vector<std::string> names_in(const std::vector<Line>& lines) {
  std::vector<std::string> names;
  for (const Line& line : lines) names.insert(names.end(), line.labels.begin(), line.labels.end());
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  names.insert(names.begin(), kBlankName);
  return names;
}

/// Each label takes a frame, and so does the blank between two that are equal.
void check_length(const Signal& signal, const std::string& where) {
  std::size_t needed = signal.labels.size();
  for (std::size_t i = 1; i < signal.labels.size(); ++i) {
    if (signal.labels[i] == signal.labels[i - 1]) ++needed;
  }
  if (signal.frames.size() < needed) {
    fail<IoError>("{}: {} cannot say its {}; at least {} are needed", where,
                  examples::count_of(std::ssize(signal.frames), "frame"),
                  examples::count_of(std::ssize(signal.labels), "label"), needed);
  }
}

}  // namespace

std::int64_t Signals::inputs() const { return std::ssize(signals.at(0).frames.at(0)); }

Signals read_signals(const std::string& path, const std::vector<std::string>& names,
                     bool labels_needed) {
  std::vector<Line> lines = read_lines(path, labels_needed);
  Signals all;
  all.names = names.empty() ? names_in(lines) : names;
  if (all.names.size() < 2) fail<IoError>("{}: none of its signals has a label", path);
  std::map<std::string_view, std::int32_t> numbers;
  for (std::size_t i = 1; i < all.names.size(); ++i) {
    numbers.emplace(all.names[i], static_cast<std::int32_t>(i));
  }
  for (Line& line : lines) {
    Signal signal{std::move(line.frames), {}, {}};
    for (const std::string& label : line.labels) {
      const auto found = numbers.find(label);
      if (found == numbers.end()) {
        fail<IoError>("{}: the label '{}' is none of the model's: {}", line.where, label,
                      fmt::join(std::span(all.names).subspan(1), ", "));
      }
      signal.labels.push_back(found->second);
    }
    check_length(signal, line.where);
    all.signals.push_back(std::move(signal));
  }
  all.description = fmt::format("{}: {} of {} a frame, {}", path,
                                examples::count_of(std::ssize(all.signals), "signal"),
                                examples::count_of(all.inputs(), "number"),
                                examples::count_of(std::ssize(all.names) - 1, "different label"));
  return all;
}

}  // namespace ctc
