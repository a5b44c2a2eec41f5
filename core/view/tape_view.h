#pragma once
/// What a page shows of a tape, read from it: see view.h.

#include <unroll/core/view/layers.h>
#include <unroll/core/view/view.h>

#include <nlohmann/json.hpp>

namespace unroll {

/// Reads one tape for one page.
class TapeView {
 public:
  TapeView(Tape& tape, Var loss, const ViewOptions& options);
  /// What view_data() gives.
  [[nodiscard]] nlohmann::ordered_json json();

 private:
  using Json = nlohmann::ordered_json;

  void differentiate();
  void run();
  [[nodiscard]] bool has_plan() const;
  void find_nodes();
  [[nodiscard]] Json plan();
  [[nodiscard]] Json node(std::uint32_t i);
  [[nodiscard]] Json value(std::uint32_t i);
  [[nodiscard]] Json passed() const;
  std::size_t number_of(const Op& op);

  Tape& tape_;
  Var loss_;
  Index numbers_;                     // that may be written, of all nodes
  Index most_ = 0;                    // the same of one node
  std::vector<std::uint32_t> nodes_;  // shown, ascending
  std::vector<std::uint8_t> shown_;   // by node
  std::vector<std::string> names_;    // by node, what equations call it
  Layers layers_;
  std::vector<const Op*> ops_;
};

}  // namespace unroll
