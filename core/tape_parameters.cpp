/// What a tape knows of parameters: the node of each, who reads it, and what becomes of its readers
/// when it changes.

#include <unroll/core/parameter_store.h>
#include <unroll/core/plan/schedule.h>
#include <unroll/core/tape.h>

#include <algorithm>
#include <cstring>

namespace unroll {
namespace {

const Op kParameter = [] {
  Op op{OpInfo{.name = "parameter",
               .formula = "a parameter as it was when recorded",
               .kind = OpKind::leaf,
               .min_inputs = 0,
               .max_inputs = 0}};
  op.describe = [](const Attributes& attributes) { return attributes.as<Parameter>().name(); };
  return op;
}();

}  // namespace

Var Tape::parameter(const Parameter& parameter) {
  const ParameterNode& node = known(parameter);
  return node.replacement ? *node.replacement : Var(this, node.index, generation_);
}

void Tape::replace(const Parameter& parameter, Var value) {
  require(value);
  if (value.shape() != parameter.shape()) {
    fail<ShapeError>("parameter '{}' is {}: it cannot be replaced by {}", parameter.name(),
                     parameter.shape().to_string(), value.shape().to_string());
  }
  known(parameter).replacement = value;
}

void Tape::mask_input(const Parameter& parameter, Var mask) {
  require(mask);
  known(parameter).input_mask = mask;
}

std::optional<Var> Tape::input_mask(const Parameter& parameter) {
  return known(parameter).input_mask;
}

/// The entry of a parameter as it is now, recorded where it is asked for the first time.
Tape::ParameterNode& Tape::known(const Parameter& parameter) {
  if (parameter.store() == nullptr) fail<HandleError>("a Parameter that was never created");
  const auto is_it = [&](const ParameterNode& known) {
    return known.parameter == parameter && known.version == parameter.store()->version();
  };
  newest_.resize(std::max(newest_.size(), parameter.index() + 1));
  std::uint32_t& newest = newest_[parameter.index()];
  if (newest < parameter_nodes_.size() && is_it(parameter_nodes_[newest])) {
    return parameter_nodes_[newest];
  }
  const auto known = std::find_if(parameter_nodes_.begin(), parameter_nodes_.end(), is_it);
  if (known != parameter_nodes_.end()) {  // another tree has one of that index
    newest = static_cast<std::uint32_t>(known - parameter_nodes_.begin());
    return *known;
  }
  const TensorView value = parameter.value();
  if (value.dtype != dtype_) {
    fail<TypeError>("parameter '{}' is {} and the tape {}: give both the same type",
                    parameter.name(), unroll::name_of(value.dtype), unroll::name_of(dtype_));
  }
  std::shared_ptr<ParameterStore> store = parameter.store()->shared_from_this();
  if (std::find(stores_.begin(), stores_.end(), store) == stores_.end()) {
    store->attach(*this);
    stores_.push_back(std::move(store));
  }
  Node& node = append(kParameter, Attributes(parameter));
  node.shape = value.shape;
  node.value = const_cast<std::byte*>(value.data);
  node.parameter = static_cast<std::int32_t>(parameter_nodes_.size());
  node.fixed = true;
  node.twin = last().index();
  newest = static_cast<std::uint32_t>(parameter_nodes_.size());
  parameter_nodes_.push_back({parameter, last().index(), parameter.store()->version()});
  return parameter_nodes_.back();
}

/// Puts a node that reads parameters on the list of those that do; a view is the parameter itself.
void Tape::note_reader(Node& node) {
  const std::uint32_t index = last().index();
  for (const std::uint32_t input : graph_.inputs_of(node)) {
    const std::int32_t parameter = graph_.nodes[input].parameter;
    if (parameter < 0) continue;
    if (node.op->kind == OpKind::view) {
      node.parameter = parameter;
      parameter_views_.push_back(index);
    } else {
      parameter_readers_.push_back(index);
    }
  }
}

bool Tape::is_current(std::int32_t parameter) const {
  const ParameterNode& known = parameter_nodes_[static_cast<std::size_t>(parameter)];
  return known.version == known.parameter.store()->version();
}

void Tape::require_current(std::int32_t parameter) const {
  if (!is_current(parameter)) {
    const ParameterNode& known = parameter_nodes_[static_cast<std::size_t>(parameter)];
    fail<HandleError>(
        "Var #{} is parameter '{}' as it was before it was changed; take it from the tape again, "
        "or read it before the change",
        known.index, known.parameter.name());
  }
}

void Tape::settle(const ParameterStore& store) {
  const auto parameter_of = [&](std::uint32_t input) -> ParameterNode* {
    const std::int32_t i = graph_.nodes[input].parameter;
    if (i < 0) return nullptr;
    ParameterNode& known = parameter_nodes_[static_cast<std::size_t>(i)];
    return known.parameter.store() == &store ? &known : nullptr;
  };
  // A node reads parameters only while it runs. One that has no value, because it was not asked for
  // or was not kept, may run later and then reads a copy of what they were; not so what only served
  // gradients that were computed.
  const std::vector<std::uint8_t> needed = find_needed();
  std::vector<ParameterNode*> kept;
  for (const std::uint32_t reader : parameter_readers_) {
    Node& node = graph_.nodes[reader];
    if (node.value != nullptr) continue;
    for (const std::uint32_t input : graph_.inputs_of(node)) {
      ParameterNode* const known = parameter_of(input);
      if (known == nullptr) continue;
      if (node.unasked && needed[reader] == 0) {
        node.lost = has_lost_ = true;
      } else if (!known->copied) {
        known->copied = true;
        kept.push_back(known);
      }
    }
  }
  keep_old_values(std::move(kept));
  std::erase_if(parameter_readers_, [&](std::uint32_t reader) {
    const auto inputs = graph_.inputs_of(graph_.nodes[reader]);
    return std::all_of(inputs.begin(), inputs.end(), [&](std::uint32_t input) {
      return graph_.nodes[input].parameter < 0 || parameter_of(input) != nullptr;
    });
  });
}

/// Flags by node, set for those without a value that may still serve a gradient, and for what these
/// need.
std::vector<std::uint8_t> Tape::find_needed() const {
  std::vector<std::uint8_t> needed(graph_.nodes.size(), 0);
  for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
    if (i < spent_.size() && spent_[i] != 0 && needed[i] == 0) continue;
    const Node& node = graph_.nodes[i];
    if (node.value != nullptr) continue;
    needed[i] = 1;
    for (const std::uint32_t input : graph_.inputs_of(node)) needed[input] = 1;
  }
  return needed;
}

/// Copies parameters that are about to change. The copies of neighbours are neighbours, and others
/// are not, so that plans for readers of the copies are the plans for readers of the parameters,
/// wherever the copies lie: the results are the same to the bit.
void Tape::keep_old_values(std::vector<ParameterNode*> kept) {
  std::ranges::sort(kept, {}, [](const ParameterNode* known) { return known->parameter.offset(); });
  for (std::size_t i = 0; i < kept.size();) {
    std::size_t end = i;
    Index elements = 0;
    const Index first = kept[i]->parameter.offset();
    for (; end < kept.size() && kept[end]->parameter.offset() == first + elements; ++end) {
      elements += kept[end]->parameter.shape().size();
    }
    const std::size_t width = size_of(dtype_);
    // One element more, behind which the next run of neighbours begins.
    std::byte* copy = arena_.allocate(static_cast<std::size_t>(elements + 1) * width);
    for (; i < end; ++i) {
      Node& node = graph_.nodes[kept[i]->index];
      const std::size_t bytes = static_cast<std::size_t>(node.shape.size()) * width;
      std::memcpy(copy, node.value, bytes);
      node.value = copy;
      copy += bytes;
      for (const std::uint32_t view : parameter_views_) {  // they will find the copy
        if (graph_.nodes[view].parameter == node.parameter) graph_.nodes[view].value = nullptr;
      }
    }
  }
}

/// Throws where what is scheduled cannot run any more.
void Tape::require_not_lost() const {
  if (!has_lost_) return;
  for (const std::uint32_t index : schedule_) {
    const Node& node = graph_.nodes[index];
    if (!node.lost) continue;
    fail<HandleError>(
        "Var #{}{} ({}) was not kept, and a parameter it was computed from has changed since; ask "
        "for it before the change",
        index, called(index), node.op->name);
  }
}

/// Whether the value is gone for good.
bool Tape::is_lost(std::uint32_t index) {
  if (!has_lost_) return false;
  make_schedule(graph_, {&index, 1}, marks_, schedule_);
  return std::any_of(schedule_.begin(), schedule_.end(),
                     [&](std::uint32_t needed) { return graph_.nodes[needed].lost; });
}

}  // namespace unroll
