#include <unroll/core/plan/request.h>

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_map>

namespace unroll {
namespace {

using Later = Request::Later;
using Purpose = Request::Purpose;

constexpr std::uint32_t kUnknown = 0;                      // numbers are kept one higher
constexpr std::uint32_t kTarget = std::uint32_t{1} << 31;  // in the number of a node asked for
constexpr std::uint32_t kRead = std::uint32_t{1} << 30;    // or read by one that may still run
constexpr std::uint32_t kNumber = kRead - 1;

Later later_of(const Node& node, bool needed, Purpose purpose) {
  if (needed || purpose == Purpose::values || node.destination != nullptr) return Later::needed;
  return node.unasked || purpose != Purpose::gradients ? Later::gone : Later::askable;
}

/// Numbers the nodes, those of `schedule` and then others in the order they are read, and shows
/// them to `see` one by one until it returns false. `nodes` is what has been numbered.
template <class See>
bool walk(const Graph& graph, std::span<const std::uint32_t> schedule,
          std::span<const std::uint32_t> targets, Purpose purpose,
          std::vector<std::uint32_t>& numbers, std::vector<std::uint32_t>& nodes, See&& see) {
  nodes.assign(schedule.begin(), schedule.end());
  numbers.resize(std::max(numbers.size(), graph.nodes.size()), kUnknown);
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    numbers[schedule[i]] = static_cast<std::uint32_t>(i + 1);
  }
  for (const std::uint32_t target : targets) {
    if (numbers[target] != kUnknown) numbers[target] |= kTarget;
  }
  // What has not run, and does not run now, may still do so.
  for (std::size_t i = 0; purpose == Purpose::gradients && i < graph.nodes.size(); ++i) {
    if (numbers[i] != kUnknown || graph.nodes[i].value != nullptr) continue;
    for (const std::uint32_t input : graph.inputs_of(graph.nodes[i])) {
      if (numbers[input] != kUnknown) numbers[input] |= kRead;
    }
  }
  std::unordered_map<std::uint32_t, std::uint32_t> first_twins;
  const bool all = std::all_of(schedule.begin(), schedule.end(), [&](std::uint32_t index) {
    const Node& node = graph.nodes[index];
    // What is computed for the second time may be so again, and is kept; gradients are the end.
    const bool again = node.has_run && purpose != Purpose::gradients;
    const bool target = (numbers[index] & kTarget) != 0 || again;
    const Later later = later_of(node, target || (numbers[index] & kRead) != 0, purpose);
    // Where the first of several twins does not run now, the first that does stands for it.
    std::uint32_t same = Request::kNoTwin;
    if (node.fixed) {
      const std::uint32_t number = (numbers[index] & kNumber) - 1;
      const auto [first, is_new] = first_twins.try_emplace(node.twin, number);
      if (!is_new) same = first->second;
    }
    if (!see.work(node, target, later, same)) return false;
    for (const std::uint32_t input : graph.inputs_of(node)) {
      if (numbers[input] == kUnknown) {
        if (!see.source(graph.nodes[input])) return false;
        nodes.push_back(input);
        numbers[input] = static_cast<std::uint32_t>(nodes.size());
      }
      if (!see.input((numbers[input] & kNumber) - 1)) return false;
    }
    return true;
  });
  for (const std::uint32_t node : nodes) numbers[node] = kUnknown;
  return all;
}

Request::Source source_of(const Node& node) {
  return {node.shape, node.stride, node.dtype, node.parameter >= 0};
}

/// Whether a node is of a kind.
bool is_of(const Request::Kind& kind, const Node& node, bool target, Later later) {
  return node.op == kind.op && node.attributes == kind.attributes && node.shape == kind.shape &&
         node.input_count == kind.input_count && node.dtype == kind.dtype &&
         target == kind.target && (node.destination != nullptr) == kind.placed &&
         later == kind.later;
}

std::size_t hash_of(const Op* op, const Attributes& attributes, const Shape& shape) {
  std::size_t hash = attributes.hash() ^ std::hash<const Op*>()(op);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    hash = (hash ^ static_cast<std::size_t>(shape[axis])) * 0x9e3779b97f4a7c15U;
  }
  return hash >> 32;
}

/// Puts what it sees into a request.
struct Filling {
  Request& request;
  std::vector<std::uint32_t> table = std::vector<std::uint32_t>(256, 0);  // kinds by hash, from 1
  std::array<std::uint32_t, 64> recent{};  // the last kind of an operation, from 1

  bool work(const Node& node, bool target, Later later, std::uint32_t twin) {
    // Most nodes are of the kind that the operation was of when it was met last.
    const std::size_t op = std::hash<const Op*>()(node.op);
    std::uint32_t& kind = recent[(op ^ (op >> 6)) % recent.size()];
    if (kind == 0 || !is_of(request.kinds[kind - 1], node, target, later)) {
      kind = find(node, target, later);
    }
    request.work.push_back({kind - 1, static_cast<std::uint32_t>(request.inputs.size()), twin});
    return true;
  }

  /// The number of a kind, from 1; it is added where it is a new one.
  std::uint32_t find(const Node& node, bool target, Later later) {
    if (2 * (request.kinds.size() + 1) > table.size()) grow();
    std::size_t at = hash_of(node.op, node.attributes, node.shape) % table.size();
    for (; table[at] != 0; at = (at + 1) % table.size()) {
      if (is_of(request.kinds[table[at] - 1], node, target, later)) return table[at];
    }
    request.kinds.push_back({node.op, node.attributes, node.shape, node.input_count, node.dtype,
                             target, node.destination != nullptr, later});
    return table[at] = static_cast<std::uint32_t>(request.kinds.size());
  }
  void grow() {
    table.assign(2 * table.size(), 0);
    for (std::uint32_t i = 0; i < request.kinds.size(); ++i) {
      const Request::Kind& kind = request.kinds[i];
      std::size_t at = hash_of(kind.op, kind.attributes, kind.shape) % table.size();
      while (table[at] != 0) at = (at + 1) % table.size();
      table[at] = i + 1;
    }
  }
  bool source(const Node& node) {
    request.sources.push_back(source_of(node));
    return true;
  }
  bool input(std::uint32_t number) {
    request.inputs.push_back(number);
    return true;
  }
};

/// Compares what it sees with a request of as many nodes.
struct Comparing {
  const Request& request;
  std::size_t works = 0;
  std::size_t sources = 0;
  std::size_t inputs = 0;

  bool work(const Node& node, bool target, Later later, std::uint32_t twin) {
    const Request::Work& at = request.work[works++];
    return twin == at.twin && is_of(request.kinds[at.kind], node, target, later);
  }
  bool source(const Node& node) {
    return sources < request.sources.size() && source_of(node) == request.sources[sources++];
  }
  bool input(std::uint32_t number) { return number == request.inputs[inputs++]; }
};

}  // namespace

void Request::describe(const Graph& graph, std::span<const std::uint32_t> schedule,
                       std::span<const std::uint32_t> targets, Purpose purpose,
                       std::vector<std::uint32_t>& numbers) {
  this->purpose = purpose;
  kinds.clear();
  work.clear();
  sources.clear();
  inputs.clear();
  work.reserve(schedule.size());
  (void)walk(graph, schedule, targets, purpose, numbers, nodes, Filling{*this});
}

bool Request::is_for(const Graph& graph, std::span<const std::uint32_t> schedule,
                     std::span<const std::uint32_t> targets, Purpose purpose,
                     std::vector<std::uint32_t>& numbers, std::vector<std::uint32_t>& at) const {
  return purpose == this->purpose && schedule.size() == work.size() &&
         walk(graph, schedule, targets, purpose, numbers, at, Comparing{*this});
}

}  // namespace unroll
