#include "wordlm/tracking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

namespace wordlm {
namespace {

bool is_one_of(std::string_view token, std::initializer_list<std::string_view> tokens) {
  return std::ranges::find(tokens, token) != tokens.end();
}

/// Whether a quote is open after each token; a straight quote opens and closes.
Quantity open_quote(const std::vector<std::string>& read) {
  Quantity quantity{"open quote", {}};
  bool open = false;
  for (const std::string& token : read) {
    if (token == "\"") {
      open = !open;
    } else if (is_one_of(token, {"``", "“", "«"})) {
      open = true;
    } else if (is_one_of(token, {"''", "”", "»"})) {
      open = false;
    }
    quantity.values.push_back(open ? 1 : 0);
  }
  return quantity;
}

Quantity open_brackets(const std::vector<std::string>& read) {
  Quantity quantity{"open brackets", {}};
  double open = 0;
  for (const std::string& token : read) {
    if (is_one_of(token, {"(", "[", "{"})) ++open;
    if (is_one_of(token, {")", "]", "}"})) open = std::max(open - 1, 0.0);
    quantity.values.push_back(open);
  }
  return quantity;
}

Quantity place_in_line(const std::vector<std::string>& read) {
  Quantity quantity{"place in the line", {}};
  double place = 0;
  for (const std::string& token : read) {
    quantity.values.push_back(place);
    place = token == "\n" ? 0 : place + 1;
  }
  return quantity;
}

/// The values of one quantity over all texts.
std::vector<double> joined(const std::vector<std::vector<Quantity>>& quantities, std::size_t i) {
  std::vector<double> values;
  for (const auto& of_text : quantities) {
    values.insert(values.end(), of_text[i].values.begin(), of_text[i].values.end());
  }
  return values;
}

/// The memory of one unit over all texts.
std::vector<double> memory(std::span<const InspectedText> texts, std::size_t layer,
                           std::size_t unit) {
  std::vector<double> values;
  for (const InspectedText& text : texts) {
    for (const std::vector<double>& step : memory_of(text.layers[layer]).steps) {
      values.push_back(step[unit]);
    }
  }
  return values;
}

}  // namespace

std::vector<Quantity> quantities_of(const InspectedText& text) {
  return {open_quote(text.read), open_brackets(text.read), place_in_line(text.read)};
}

bool Tracking::tracks() const { return std::abs(correlation) >= kTracks; }

double correlation(std::span<const double> x, std::span<const double> y) {
  const auto mean = [](std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  const double mean_x = mean(x);
  const double mean_y = mean(y);
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

const Activation& memory_of(const InspectedLayer& layer) {
  const auto found = std::ranges::find(layer.activations, "c", &Activation::name);
  return found == layer.activations.end() ? layer.activations.back() : *found;
}

std::vector<Tracking> find_tracking(std::span<const InspectedText> texts,
                                    const std::vector<std::vector<Quantity>>& quantities) {
  std::vector<Tracking> found;
  for (std::size_t i = 0; !quantities.empty() && i < quantities.front().size(); ++i) {
    const std::vector<double> counted = joined(quantities, i);
    if (counted.size() < kTokensToTrack) continue;
    Tracking best{.quantity = quantities.front()[i].name};
    for (std::size_t layer = 0; layer < texts.front().layers.size(); ++layer) {
      const std::size_t units = memory_of(texts.front().layers[layer]).steps.front().size();
      for (std::size_t unit = 0; unit < units; ++unit) {
        std::vector<double> values = memory(texts, layer, unit);
        for (const bool squashed : {false, true}) {
          if (squashed) {
            for (double& value : values) value = std::tanh(value);
          }
          const double r = correlation(values, counted);
          if (std::abs(r) <= std::abs(best.correlation)) continue;
          best = {best.quantity, layer, static_cast<std::int64_t>(unit), r, squashed};
        }
      }
    }
    if (best.correlation != 0) found.push_back(best);
  }
  return found;
}

}  // namespace wordlm
