#include <unroll/core/gradients.h>
#include <unroll/core/parameter_store.h>
#include <unroll/core/tape.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <unordered_map>

namespace unroll {
namespace {

using Workspace = Gradients::Workspace;
using Form = Workspace::Form;

std::byte* place_of(const Workspace& workspace, Index element) {
  return workspace.flat.data() + static_cast<std::size_t>(element) * size_of(workspace.dtype);
}

void zero(Workspace& workspace, Index begin, Index count) {
  std::memset(place_of(workspace, begin), 0,
              static_cast<std::size_t>(count) * size_of(workspace.dtype));
}

/// Wipes what an earlier step left where the new gradient will not write all elements.
void prepare(Workspace& workspace, const ParameterStore::Entry& parameter, Workspace::Entry& entry,
             Form form) {
  if (form != Form::dense) {
    const Index size = parameter.shape.size();
    const Index width =
        parameter.shape.rank() == 0 ? 1 : parameter.shape.size(1, parameter.shape.rank());
    if (entry.form == Form::dense) zero(workspace, parameter.offset, size);
    for (const std::int32_t row : entry.rows) {
      zero(workspace, parameter.offset + row * width, width);
    }
  }
  entry.rows.clear();
  entry.form = form;
}

void require_row(const ParameterStore::Entry& parameter, std::int32_t row, Index rows) {
  if (row < 0 || row >= rows) {
    fail<ValueError>("gradient of '{}': row {} of {}", parameter.name, row, rows);
  }
}

/// Adds the rows of a row-sparse gradient up in their places and notes which were touched.
template <class T>
void add_rows(Workspace& workspace, const ParameterStore::Entry& parameter, Workspace::Entry& entry,
              const TensorView& ids, const TensorView& rows) {
  const Index width = parameter.shape.size(1, parameter.shape.rank());
  workspace.seen.resize(
      std::max(workspace.seen.size(), static_cast<std::size_t>(parameter.shape[0])));
  for (const std::int32_t id : ids.values<std::int32_t>()) {
    require_row(parameter, id, parameter.shape[0]);
  }
  T* const table = reinterpret_cast<T*>(place_of(workspace, parameter.offset));
  const T* source = rows.values<T>().data();
  for (const std::int32_t id : ids.values<std::int32_t>()) {
    auto& seen = workspace.seen[static_cast<std::size_t>(id)];
    if (seen == 0) entry.rows.push_back(id);
    seen = 1;
    T* const row = table + id * width;
    for (Index j = 0; j < width; ++j) row[j] += source[j];
    source += width;
  }
  for (const std::int32_t id : entry.rows) workspace.seen[static_cast<std::size_t>(id)] = 0;
  std::sort(entry.rows.begin(), entry.rows.end());
}

void append_segment(std::vector<Gradients::Segment>& segments, Index begin, Index end) {
  if (!segments.empty() && segments.back().end == begin) {
    segments.back().end = end;
  } else if (begin < end) {
    segments.push_back({begin, end});
  }
}

void find_segments(Workspace& workspace, const std::vector<ParameterStore::Entry>& parameters) {
  std::vector<std::size_t> order(parameters.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return parameters[a].offset < parameters[b].offset;
  });
  workspace.segments.clear();
  for (const std::size_t i : order) {
    const Index offset = parameters[i].offset;
    const Workspace::Entry& entry = workspace.entries[i];
    if (entry.form == Form::dense) {
      append_segment(workspace.segments, offset, offset + parameters[i].shape.size());
    } else if (entry.form == Form::rows) {
      const Index width = parameters[i].shape.size(1, parameters[i].shape.rank());
      for (const std::int32_t row : entry.rows) {
        append_segment(workspace.segments, offset + row * width, offset + (row + 1) * width);
      }
    }
  }
}

}  // namespace

Workspace& Gradients::computed(const OnReady& on_ready) const {
  if (!workspace_) {
    auto workspace = parameters_.store().workspace();
    Tape& tape = loss_.tape();
    tape.workspaces_.push_back(workspace);  // nodes will point into it until the tape is cleared
    workspace->tape = &tape;
    workspace->factor = 1;
    compute(*workspace, on_ready);
    workspace_ = std::move(workspace);
  }
  if (workspace_->layout != parameters_.store().layout()) {
    fail<HandleError>("parameters were added since these gradients were computed");
  }
  return *workspace_;
}

std::vector<std::size_t> Gradients::early() const {
  if (workspace_) return {};
  for (const Reached& reached : reached_) loss_.tape().require(reached.gradient);
  const Graph& graph = loss_.tape().graph_;
  std::vector<int> uses(graph.nodes.size());
  for (const std::uint32_t input : graph.inputs) ++uses[input];
  for (const Reached& reached : reached_) ++uses[reached.gradient.index()];
  std::vector<std::size_t> result;
  for (const auto& [parameter, gradient] : reached_) {
    const Node& node = graph.nodes[gradient.index()];
    const bool computed_here = node.value == nullptr && node.destination == nullptr;
    if (computed_here && !node.op->row_sparse && node.op->kind != OpKind::view &&
        uses[gradient.index()] == 1) {
      result.push_back(parameter);
    }
  }
  std::ranges::sort(result);
  return result;
}

void Gradients::compute(Workspace& workspace, const OnReady& on_ready) const {
  const auto& parameters = parameters_.store().entries();
  Tape& tape = loss_.tape();
  std::vector<std::uint32_t> targets;
  std::vector<Form> forms(parameters.size(), Form::zero);
  Graph& graph = tape.graph_;
  const auto may_be_early = on_ready ? early() : std::vector<std::size_t>{};
  for (const auto& [i, gradient] : reached_) {
    tape.require(gradient);
    Node& node = graph.nodes[gradient.index()];
    if (node.op->row_sparse) {
      forms[i] = Form::rows;
      for (const std::uint32_t input : graph.inputs_of(node)) targets.push_back(input);
    } else {
      forms[i] = Form::dense;
      targets.push_back(gradient.index());
    }
  }
  if (!targets.empty()) targets.push_back(loss_.index());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    prepare(workspace, parameters[i], workspace.entries[i], forms[i]);
  }
  for (const auto& [i, gradient] : reached_) {
    Node& node = graph.nodes[gradient.index()];
    if (forms[i] == Form::dense && node.op->kind != OpKind::view && node.destination == nullptr) {
      node.destination = place_of(workspace, parameters[i].offset);
    }
  }
  std::unordered_map<std::uint32_t, Ready> waiting;  // by node
  for (const auto& [i, gradient] : reached_) {
    if (!std::ranges::binary_search(may_be_early, i)) continue;
    const auto elements = static_cast<std::size_t>(parameters[i].shape.size());
    waiting[gradient.index()] = {
        i, {place_of(workspace, parameters[i].offset), elements * size_of(workspace.dtype)}};
  }
  std::vector<Ready> ready;
  const auto on_computed = [&](std::span<const std::uint32_t> nodes) {
    ready.clear();
    for (const std::uint32_t node : nodes) {
      const auto found = waiting.find(node);
      if (found == waiting.end()) continue;
      if (graph.nodes[node].value != found->second.values.data()) continue;
      ready.push_back(found->second);
      waiting.erase(found);
    }
    on_ready(ready);
  };
  if (on_ready) {
    tape.run(targets, true, on_computed);
  } else {
    tape.run(targets, true);
  }
  for (const std::uint32_t target : targets) tape.close_gaps(target);

  for (const auto& [i, gradient] : reached_) {
    const Node& node = graph.nodes[gradient.index()];
    std::byte* const place = place_of(workspace, parameters[i].offset);
    if (forms[i] == Form::dense) {
      const std::size_t bytes = static_cast<std::size_t>(node.shape.size()) * size_of(node.dtype);
      if (node.value != place && bytes != 0) std::memcpy(place, node.value, bytes);
      continue;
    }
    const Node& ids = graph.input(node, 0);
    const Node& rows = graph.input(node, 1);
    const auto add = workspace.dtype == DType::f32 ? add_rows<float> : add_rows<double>;
    add(workspace, parameters[i], workspace.entries[i], {ids.dtype, ids.shape, ids.value},
        {rows.dtype, rows.shape, rows.value});
  }
  find_segments(workspace, parameters);
}

/// Nodes that have their values in the block forget them, and would compute them again: what is
/// done to the block from here on is no business of theirs.
void Gradients::release() {
  const Workspace& workspace = computed();
  if (workspace.tape == nullptr) return;
  for (const auto& reached : reached_) {
    Node& node = workspace.tape->graph_.nodes[reached.gradient.index()];
    if (node.destination == nullptr || node.value != node.destination) continue;
    node.value = nullptr;
    node.destination = nullptr;
  }
}

const Workspace& Gradients::computed_with(const Parameter& parameter) const {
  if (parameter.store() != &parameters_.store()) {
    fail<HandleError>("gradients of one tree were asked for a parameter of another, '{}'",
                      parameter.name());
  }
  return scaled();
}

std::span<const Gradients::Segment> Gradients::segments() const { return computed().segments; }

Gradients::Unscaled Gradients::unscaled() const {
  const Workspace& workspace = computed();
  return {{workspace.dtype, {workspace.size}, workspace.flat.data()}, workspace.factor};
}

TensorView Gradients::flat() const {
  (void)scaled();
  return unscaled().flat;
}

void Gradients::scale(double factor) {
  release();
  computed().factor *= factor;
}

Workspace& Gradients::scaled() const {
  Workspace& workspace = computed();
  if (workspace.factor == 1) return workspace;
  dispatch(workspace.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* const values = reinterpret_cast<T*>(workspace.flat.data());
    const T factor = static_cast<T>(workspace.factor);
    for (const Segment& segment : workspace.segments) {
      for (Index i = segment.begin; i < segment.end; ++i) values[i] *= factor;
    }
  });
  workspace.factor = 1;
  return workspace;
}

TensorView Gradients::operator[](const Parameter& parameter) const {
  const Workspace& workspace = computed_with(parameter);
  return {workspace.dtype, parameter.shape(), place_of(workspace, parameter.offset())};
}

bool Gradients::is_row_sparse(const Parameter& parameter) const {
  return computed_with(parameter).entries[parameter.index()].form == Form::rows;
}

std::vector<Gradients::Touched> Gradients::touched() const {
  std::vector<Touched> result;
  for (const Workspace::Entry& entry : computed().entries) {
    result.push_back({result.size(), entry.form == Form::dense, entry.rows});
  }
  return result;
}

void Gradients::touch(std::span<const Touched> more) {
  release();
  Workspace& workspace = computed();
  const auto& parameters = parameters_.store().entries();
  for (const Touched& touched : more) {
    const ParameterStore::Entry& parameter = parameters.at(touched.parameter);
    Workspace::Entry& entry = workspace.entries[touched.parameter];
    const Index there = parameter.shape.rank() == 0 ? 0 : parameter.shape[0];
    for (const std::int32_t row : touched.rows) require_row(parameter, row, there);
    if (touched.all) {
      entry = {Form::dense, {}};
    } else if (entry.form != Form::dense && !touched.rows.empty()) {
      std::vector<std::int32_t> rows;
      std::ranges::set_union(entry.rows, touched.rows, std::back_inserter(rows));
      entry = {Form::rows, std::move(rows)};
    }
  }
  find_segments(workspace, parameters);
}

std::span<const std::int32_t> Gradients::touched_rows(const Parameter& parameter) const {
  return computed_with(parameter).entries[parameter.index()].rows;
}

}  // namespace unroll
