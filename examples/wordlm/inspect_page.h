#pragma once
/// Inspected texts as a page of HTML.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wordlm/inspect.h"
#include "wordlm/tracking.h"

namespace wordlm {

/// The facts about a model that its page begins with.
struct InspectedModel {
  std::string name;            // its file
  std::string description;     // one line
  std::string equations;       // of its cell, one a line
  std::int64_t words = 0;      // that it chooses from
  bool is_characters = false;  // whether these are characters
};

/// One page that needs nothing else, no network either. Of each text: its words, coloured by their
/// surprise, each with its probability and the likeliest alternatives, shown where it is pointed at
/// or tapped; the text once more for each unit of `tracking` that tracks its quantity, coloured by
/// that unit's memory; and the activations of `units` of each layer, one list a layer.
[[nodiscard]] std::string inspection_page(const InspectedModel& model,
                                          std::span<const InspectedText> texts,
                                          const std::vector<std::vector<std::int64_t>>& units,
                                          std::span<const Tracking> tracking = {});

}  // namespace wordlm
