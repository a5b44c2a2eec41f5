#include <unroll/core/parameter_store.h>
#include <unroll/optim/slots.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace unroll {
namespace {

/// The tensor of that name, of that type and shape.
const Tensor& find(const std::map<std::string, Tensor>& state, const std::string& name, DType dtype,
                   const Shape& shape) {
  const auto found = state.find(name);
  if (found == state.end()) fail<Error>("the optimizer's state has no '{}'", name);
  const Tensor& tensor = found->second;
  if (tensor.dtype() != dtype || tensor.shape() != shape) {
    fail<Error>("the optimizer's state '{}' is {} {}, expected {} {}", name,
                name_of(tensor.dtype()), tensor.shape().to_string(), name_of(dtype),
                shape.to_string());
  }
  return tensor;
}

/// A block out of a state holds numbers, and squares are not below zero.
void check_values(const Tensor& tensor, const std::string& name, bool squares) {
  for (Index i = 0; i < tensor.size(); ++i) {
    const double value = tensor.at(i);
    if (std::isfinite(value) && (!squares || value >= 0)) continue;
    fail<Error>("the optimizer's state '{}' holds {} as element {}, expected a number{}", name,
                value, i, squares ? " of 0 or more" : "");
  }
}

/// A number of steps out of a state; at most `limit`.
Index count_at(const Tensor& tensor, Index position, const std::string& name, double limit) {
  const double count = tensor.at(position);
  if (!(count >= 0 && count <= limit && count == std::floor(count))) {
    fail<Error>("the optimizer's state '{}' holds {}, expected a whole number of 0 to {}", name,
                count, limit);
  }
  return static_cast<Index>(count);
}

constexpr double kMostSteps = 0x1p53;  // counts are saved as f64, whole up to here

}  // namespace

void Slots::attach(const Parameters& parameters) {
  if (slots_.size() > Block<float>::kMaxSlots) {
    fail<InternalError>("an optimizer with {} slots", slots_.size());
  }
  const Index size = parameters.flat().size();
  std::vector<Parameter> all = parameters.all();
  std::vector<Place> places;
  for (const Parameter& p : all) {
    const Shape& shape = p.shape();
    const Index width = shape.rank() == 0 ? 1 : shape.size(1, shape.rank());
    places.push_back({p, p.offset(), p.offset() + shape.size(), width, {0}});
  }
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.begin < b.begin; });
  blocks_.clear();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    blocks_.emplace_back(parameters.dtype(), Shape{size});
  }
  places_ = std::move(places);
  all_ = std::move(all);
  layout_ = parameters.store().layout();
  parameters_ = parameters;
}

void Slots::require_same(const Parameters& parameters) const {
  if (parameters.all() != all_) {
    fail<HandleError>(
        "an optimizer was given the gradients of other parameters than in its steps before: each "
        "tree or branch of parameters needs an optimizer of its own");
  }
  if (parameters.store().layout() != layout_) {
    fail<HandleError>("parameters were added since the optimizer's first step");
  }
}

void Slots::append(Index begin, Index end, Index idle) {
  visited_ += end - begin;
  if (!ranges_.empty() && ranges_.back().end == begin && ranges_.back().idle == idle) {
    ranges_.back().end = end;
  } else if (begin < end) {
    ranges_.push_back({begin, end, idle});
  }
}

/// Cuts long ranges into pieces that threads can share.
void Slots::cut_ranges() {
  std::vector<Range> pieces;
  for (auto [begin, end, idle] : ranges_) {
    for (; begin < end; begin += kPiece) {
      pieces.push_back({begin, std::min(begin + kPiece, end), idle});
    }
  }
  ranges_ = std::move(pieces);
}

/// Visits elements [begin, end), whole rows, of a place.
void Slots::visit(Place& place, Index begin, Index end) {
  const bool whole = begin == place.begin && end == place.end;
  if (whole && place.last.size() == 1) {
    append(begin, end, steps_ - 1 - place.last[0]);
    place.last[0] = steps_;
    return;
  }
  if (place.last.size() == 1) {
    place.last.resize(static_cast<std::size_t>((place.end - place.begin) / place.width),
                      place.last[0]);
  }
  for (; begin < end; begin += place.width) {
    Index& last = place.last[static_cast<std::size_t>((begin - place.begin) / place.width)];
    append(begin, begin + place.width, steps_ - 1 - last);
    last = steps_;
  }
}

std::span<const Slots::Range> Slots::advance(const Gradients& gradients) {
  const auto segments = gradients.segments();
  if (!parameters_) {
    attach(gradients.parameters());
  } else {
    require_same(gradients.parameters());
  }
  ++steps_;
  visited_ = 0;
  ranges_.clear();
  for (Place& place : places_) {
    switch (untouched_) {
      case Untouched::stay:
        for_each_part(segments, place.begin, place.end,
                      [&](Index begin, Index end) { append(begin, end, 0); });
        break;
      case Untouched::fade:
        for_each_part(segments, place.begin, place.end,
                      [&](Index begin, Index end) { visit(place, begin, end); });
        break;
      case Untouched::move:
        append(place.begin, place.end, 0);
    }
  }
  return ranges_;
}

std::vector<Slots::Range> Slots::ages() const {
  std::vector<Range> ranges;
  for (const Place& place : places_) {
    if (untouched_ != Untouched::fade) {
      ranges.push_back({place.begin, place.end, 0});
      continue;
    }
    const Index rows = static_cast<Index>(place.last.size());
    const Index length = (place.end - place.begin) / std::max<Index>(rows, 1);
    for (Index row = 0; row < rows; ++row) {
      const Index begin = place.begin + row * length;
      ranges.push_back({begin, begin + length, steps_ - place.last[static_cast<std::size_t>(row)]});
    }
  }
  return ranges;
}

Tensor Slots::part(const Tensor& block, const Place& place) const {
  const std::size_t begin = static_cast<std::size_t>(place.begin) * size_of(block.dtype());
  return Tensor({block.dtype(), place.parameter.shape(), block.view().data + begin});
}

std::map<std::string, Tensor> Slots::state() const {
  std::map<std::string, Tensor> state;
  if (steps_ == 0) return state;
  state.emplace("step", Tensor::of<double>({}, {static_cast<double>(steps_)}));
  for (const Place& place : places_) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      state.emplace(fmt::format("{}.{}", slots_[i].name, place.parameter.name()),
                    part(blocks_[i], place));
    }
    const bool current = std::all_of(place.last.begin(), place.last.end(),
                                     [&](Index last) { return last == steps_; });
    if (untouched_ != Untouched::fade || current) continue;
    const std::vector<double> last(place.last.begin(), place.last.end());
    state.emplace(fmt::format("last.{}", place.parameter.name()),
                  Tensor::of<double>({static_cast<Index>(last.size())}, last));
  }
  return state;
}

void Slots::restore(const Parameters& parameters, const std::map<std::string, Tensor>& state) {
  Slots fresh(untouched_, slots_);
  fresh.attach(parameters);
  std::size_t used = 0;
  if (!state.empty()) {
    fresh.steps_ = count_at(find(state, "step", DType::f64, {}), 0, "step", kMostSteps);
    ++used;
    for (Place& place : fresh.places_) {
      const Parameter& p = place.parameter;
      for (std::size_t i = 0; i < slots_.size(); ++i) {
        const Tensor& from = find(state, fmt::format("{}.{}", slots_[i].name, p.name()),
                                  parameters.dtype(), p.shape());
        check_values(from, fmt::format("{}.{}", slots_[i].name, p.name()), slots_[i].squares);
        const std::size_t width = size_of(from.dtype());
        if (from.size() == 0) continue;
        std::memcpy(fresh.blocks_[i].data() + static_cast<std::size_t>(place.begin) * width,
                    from.view().data, static_cast<std::size_t>(from.size()) * width);
      }
      used += slots_.size();
      place.last = {fresh.steps_};
      const std::string name = fmt::format("last.{}", p.name());
      const auto found = state.find(name);
      if (found == state.end() || untouched_ != Untouched::fade) continue;
      ++used;
      const Index rows = place.width == 0 ? 0 : p.shape().size() / place.width;
      const Index counts = found->second.size() == 1 ? 1 : rows;
      const Tensor& last = find(state, name, DType::f64, {counts});
      place.last.clear();
      for (Index row = 0; row < counts; ++row) {
        place.last.push_back(count_at(last, row, name, static_cast<double>(fresh.steps_)));
      }
    }
  }
  if (used != state.size()) {
    fail<Error>(
        "the optimizer's state holds {} tensors, expected {}: it is that of another kind "
        "of optimizer, or of other parameters",
        state.size(), used);
  }
  *this = std::move(fresh);
}

}  // namespace unroll
