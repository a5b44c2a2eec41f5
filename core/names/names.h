#pragma once
/// What equations call the nodes of a tape. Names are derived when they are asked for; recording
/// notes a few numbers only.

#include <unroll/core/graph.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unroll {

/// Nodes that one step of a cell recorded, and the equations of that cell.
struct EquationsOfNodes {
  std::uint32_t begin;         // the first
  std::uint32_t end;           // behind the last
  std::string_view equations;  // one a line
};

/// What a tape knows about the names of its nodes.
struct NameSources {
  /// Names that were given, in the order they were: the last of a node holds.
  std::vector<std::pair<std::uint32_t, std::string>> given;
  /// Steps within steps stand behind those around them.
  std::vector<EquationsOfNodes> equations;

  void clear();
  [[nodiscard]] std::size_t bytes() const;
};

/// The name of each node, empty where it has none:
///
/// - a name that was given holds;
/// - a parameter is called by its path in the tree, "layers.0.f.W"; within an expression it is Wf:
///   the name of its own, and the branch it stands in (the branch h adds no letter, and one of a
///   longer name that is no cell stands before it, "output.W");
/// - what W multiplies is x, what U multiplies is h, unless they have a name;
/// - what an equation of the cell defines has that name: where "z = sigmoid(s) sigmoid(Wz x + Uz h
///   + bz)" is an equation, the node that computes it, in whatever order of terms and factors, is
///   z. The new state is h', c', as in the equations, and h, c for the step that reads it;
/// - else the first activation function on all ways from the parameters of a branch has the name of
///   the branch, if there is one only and, where the equations are known, they define that name as
///   a value of that function;
/// - what a step hands to the next and no equation explains is h' if U multiplies it, and the last
///   part of the state without a name if it is the last;
/// - what U of the next step multiplies is h', and what computes the same in other steps is too;
/// - any other node is called by its expression, "Wf x + Uf h + bf", "f c", where that is short;
/// - the gradient of a loss with respect to f is "d f", and a loss without a name is "loss".
[[nodiscard]] std::vector<std::string> derive_names(const Graph& graph, const NameSources& sources);

}  // namespace unroll
