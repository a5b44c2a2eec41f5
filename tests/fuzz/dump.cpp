#include "fuzz/dump.h"

#include <nlohmann/json.hpp>
#include <ostream>

namespace unroll::fuzz {
namespace {

using nlohmann::json;

json numbers(const TensorView& values) {
  return values.dtype == DType::i32 ? json(Tensor(values).to_doubles()) : json(values.to_doubles());
}

json dims(const Shape& shape) {
  json sizes = json::array();
  for (int axis = 0; axis < shape.rank(); ++axis) sizes.push_back(shape[axis]);
  return sizes;
}

/// Whether the value of a node is not a function of its inputs alone, for who does not know how it
/// is computed: leaves, constants, and dropout, whose mask shows in its value.
bool has_value(const Node& node) { return node.input_count == 0 || node.op->name == "dropout"; }

/// Marks the nodes that `loss` is computed from.
std::vector<bool> needed_for(const Graph& graph, std::uint32_t loss) {
  std::vector<bool> needed(loss + 1, false);
  needed[loss] = true;
  for (std::uint32_t i = loss + 1; i-- > 0;) {
    if (!needed[i]) continue;
    for (const std::uint32_t input : graph.inputs_of(graph.nodes[i])) needed[input] = true;
  }
  return needed;
}

json describe(Tape& tape, Var loss) {
  json nodes = json::array();
  std::vector<Var> leaves;
  const std::vector<bool> needed = needed_for(tape.graph(), loss.index());
  for (std::uint32_t i = 0; i <= loss.index(); ++i) {
    if (!needed[i]) continue;
    const Node node = tape.graph().nodes[i];  // asking for values moves the nodes
    const Var var(&tape, i, loss.generation());
    const bool is_leaf = node.op->kind == OpKind::leaf;
    if (is_leaf && is_floating(node.dtype)) leaves.push_back(var);
    const auto inputs = tape.graph().inputs_of(node);
    json line{{"node", i},
              {"op", node.op->name},
              {"leaf", is_leaf && is_floating(node.dtype)},
              {"integer", node.dtype == DType::i32},
              {"shape", dims(node.shape)},
              {"inputs", std::vector<std::uint32_t>(inputs.begin(), inputs.end())},
              {"attributes", node.attributes.as<std::array<std::int64_t, 6>>()}};
    if (has_value(node)) line["values"] = numbers(var.value());
    nodes.push_back(std::move(line));
  }
  json gradients = json::array();
  const std::vector<Var> of_leaves = tape.gradients(loss, leaves);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    gradients.push_back({{"node", leaves[i].index()}, {"values", numbers(of_leaves[i].value())}});
  }
  return {{"nodes", std::move(nodes)},
          {"loss", {{"node", loss.index()}, {"values", numbers(loss.value())}}},
          {"gradients", std::move(gradients)}};
}

}  // namespace

void dump(const Structure& structure, const Recipe& recipe, std::ostream& to) {
  Tapes tapes(Passes{});
  Way way;
  way.passes = {};
  Program program(recipe, way, tapes);
  program.on_loss = [&](const Differentiated& differentiated) {
    try {
      json line = describe(differentiated.loss.tape(), differentiated.loss);
      line["structure"] = structure.name;
      line["seed"] = recipe.seed;
      to << line.dump() << '\n';
    } catch (const HandleError&) {  // NOLINT(bugprone-empty-catch): a parameter has changed
    }
  };
  try {
    structure.run(program);
    program.clear();
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): some structures are wrong on purpose
  }
}

}  // namespace unroll::fuzz
