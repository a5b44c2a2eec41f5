#pragma once
/// How names are derived: internal to core/names.

#include <unroll/core/names/names.h>
#include <unroll/core/names/notation.h>
#include <unroll/core/op.h>

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace unroll {

/// A parameter's path, taken apart: "layers.0.f.W" is W of the branch f of the cell "layers.0".
struct ParameterName {
  explicit ParameterName(std::string path);
  /// As an expression has it; in a cell the name of the cell itself does not matter.
  [[nodiscard]] std::string short_name(bool in_cell) const;

  std::string path;
  std::string leaf;
  std::string branch;       // the last part that is no number
  std::string branch_path;  // all but the leaf
};

/// Derives the names: walks over the nodes, each time with what the last walk has found out, until
/// nothing is found any more.
class Naming {
 public:
  Naming(const Graph& graph, const NameSources& sources) : graph_(graph), sources_(sources) {}

  std::vector<std::string> names();

 private:
  using Index32 = std::uint32_t;

  void find_regions();
  void find_parameters();
  void walk();
  void visit(Index32 i);
  Notation written(Index32 i);
  Notation read(Index32 j, Index32 by, std::string_view multiplied_by);
  Notation read_x(Index32 j, Index32 by);
  Notation read_h(Index32 j, Index32 by);
  void match(Index32 i, const std::string& key);
  void find_gates();
  void find_states();
  void learn_states();
  void name_gradients();
  bool pin(Index32 i, std::string name);
  [[nodiscard]] bool is_free(Index32 i, const std::string& name) const;

  [[nodiscard]] const Equations* equations_of(Index32 i) const {
    return region_[i] < 0 ? nullptr : equations_[static_cast<std::size_t>(region_[i])];
  }
  /// Whether one is recorded by another step than the other.
  [[nodiscard]] bool apart(Index32 i, Index32 j) const {
    return region_[i] != region_[j] || graph_.nodes[i].step != graph_.nodes[j].step;
  }
  /// Whether what one step of a cell recorded is read by another step of the same cell.
  [[nodiscard]] bool hands_over(Index32 from, Index32 to) const;
  [[nodiscard]] std::string unknown(Index32 i) const { return fmt::format("?{}", i); }
  [[nodiscard]] static bool has_unknown(std::string_view text) {
    return text.find('?') != std::string_view::npos;
  }

  const Graph& graph_;
  const NameSources& sources_;
  std::map<std::string_view, Equations> known_equations_;
  std::vector<const Equations*> equations_;      // by region
  std::vector<std::string> scopes_;              // by region: the branch of its parameters
  std::vector<std::int32_t> region_;             // by node, -1: none
  std::map<Index32, ParameterName> parameters_;  // by node
  std::vector<bool> read_by_U_;                  // by node
  std::map<Index32, std::string> pinned_;        // names that are known
  std::set<std::tuple<std::int32_t, std::int32_t, std::string>> taken_;  // by region and step
  std::vector<Notation> expressions_;  // by node, as others read it
  std::vector<std::string> keys_;      // by node: the key of its expression
  std::vector<std::string> names_;     // by node
  bool guesses_ = false;               // whether equations alone say too little
  bool found_ = false;                 // something, in this walk
};

}  // namespace unroll
