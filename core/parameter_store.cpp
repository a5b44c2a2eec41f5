#include <unroll/core/parameter_store.h>

#include <algorithm>
#include <cstring>

namespace unroll {
namespace {

/// Parameters of one group are placed side by side: the same tensor (the last part of the name) of
/// all gates (the last but one) of one cell (what comes before).
std::string group_of(std::string_view name) {
  const std::size_t leaf = name.rfind('.');
  if (leaf == std::string_view::npos) return std::string(name);
  const std::size_t gate = name.rfind('.', leaf - 1);
  const std::string_view cell =
      gate == std::string_view::npos ? std::string_view{} : name.substr(0, gate);
  return fmt::format("{}{}", cell, name.substr(leaf));
}

}  // namespace

std::size_t ParameterStore::add(std::string name, const Shape& shape, Initializer initialize) {
  const std::lock_guard lock(mutex_);
  if (std::any_of(entries_.begin(), entries_.end(),
                  [&](const Entry& entry) { return entry.name == name; })) {
    fail<Error>("there already is a parameter '{}'", name);
  }
  if (!readers_.empty()) {
    fail<Error>("parameter '{}' cannot be added while a tape reads its tree; clear the tape first",
                name);
  }
  entries_.push_back({std::move(name), shape, std::move(initialize)});
  return entries_.size() - 1;
}

TensorView ParameterStore::flat() {
  const std::lock_guard lock(mutex_);
  place();
  return {dtype_, {size_}, block_.data()};
}

TensorView ParameterStore::value(std::size_t index) {
  const TensorView block = flat();
  const Entry& entry = entries_[index];
  return {dtype_, entry.shape,
          block.data + static_cast<std::size_t>(entry.offset) * size_of(dtype_)};
}

Index ParameterStore::offset(std::size_t index) {
  (void)flat();
  return entries_[index].offset;
}

void ParameterStore::place() {
  if (placed_ == entries_.size()) return;
  std::vector<std::string> groups;
  std::vector<std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::string group = group_of(entries_[i].name);
    const auto found = std::find(groups.begin(), groups.end(), group);
    if (found == groups.end()) {
      groups.push_back(std::move(group));
      members.push_back({i});
    } else {
      members[static_cast<std::size_t>(found - groups.begin())].push_back(i);
    }
  }

  constexpr Index kLine = 16;  // elements: every group begins on a cache line in f32 and f64
  std::vector<Index> offsets(entries_.size());
  Index end = 0;
  for (const auto& group : members) {
    for (const std::size_t i : group) {
      offsets[i] = end;
      end += entries_[i].shape.size();
    }
    end = (end + kLine - 1) / kLine * kLine;
  }

  const std::size_t width = size_of(dtype_);
  Buffer block(static_cast<std::size_t>(end) * width);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    std::byte* destination = block.data() + static_cast<std::size_t>(offsets[i]) * width;
    const auto size = static_cast<std::size_t>(entry.shape.size());
    if (entry.offset >= 0) {
      std::memcpy(destination, block_.data() + static_cast<std::size_t>(entry.offset) * width,
                  size * width);
    } else {
      std::vector<double> values(size);
      Random random(seed_, hash_name(entry.name));
      entry.initialize(entry.shape, values, random);
      convert({DType::f64, entry.shape, reinterpret_cast<const std::byte*>(values.data())}, dtype_,
              destination);
    }
  }
  // Nothing changes before here: an initializer may throw.
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].initialize = nullptr;
    entries_[i].offset = offsets[i];
  }
  block_ = std::move(block);
  size_ = end;
  placed_ = entries_.size();
  ++layout_;
  workspaces_.clear();
}

std::byte* ParameterStore::begin_change() {
  std::vector<ParameterReader*> readers;
  {
    const std::lock_guard lock(mutex_);
    place();
    readers = readers_;
  }
  for (ParameterReader* reader : readers) reader->settle(*this);
  ++version_;
  return block_.data();
}

void ParameterStore::attach(ParameterReader& reader) {
  const std::lock_guard lock(mutex_);
  readers_.push_back(&reader);
}

void ParameterStore::detach(ParameterReader& reader) {
  const std::lock_guard lock(mutex_);
  std::erase(readers_, &reader);
}

std::shared_ptr<Gradients::Workspace> ParameterStore::workspace() {
  const std::lock_guard lock(mutex_);
  place();
  for (const auto& workspace : workspaces_) {
    if (workspace.use_count() == 1) return workspace;
  }
  auto workspace = std::make_shared<Gradients::Workspace>();
  workspace->dtype = dtype_;
  workspace->size = size_;
  workspace->layout = layout_;
  workspace->flat = Buffer(static_cast<std::size_t>(size_) * size_of(dtype_));
  workspace->entries.resize(entries_.size());
  workspaces_.push_back(workspace);
  return workspace;
}

}  // namespace unroll
