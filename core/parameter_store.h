#pragma once
/// What stands behind `Parameters`: names, places and the flat block of values.

#include <unroll/core/gradients.h>
#include <unroll/core/parameters.h>

#include <mutex>

namespace unroll {

class ParameterStore : public std::enable_shared_from_this<ParameterStore> {
 public:
  struct Entry {
    std::string name;
    Shape shape;
    Initializer initialize;
    Index offset = -1;  // -1: not placed yet
  };

  ParameterStore(DType dtype, std::uint64_t seed) : dtype_(dtype), seed_(seed) {}

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  std::size_t add(std::string name, const Shape& shape, Initializer initialize);

  /// The flat block; places and initialises parameters added since the last call.
  [[nodiscard]] TensorView flat();
  [[nodiscard]] TensorView value(std::size_t index);
  [[nodiscard]] Index offset(std::size_t index);

  /// Call before values change: readers first copy the old values that they may still need.
  std::byte* begin_change();
  /// Counts how often parameters were given places.
  [[nodiscard]] std::uint64_t layout() const { return layout_; }
  /// Counts the changes.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  void attach(ParameterReader& reader);
  void detach(ParameterReader& reader);

  /// Memory for gradients, laid out like the values; reused when nobody holds it any more.
  [[nodiscard]] std::shared_ptr<Gradients::Workspace> workspace();

 private:
  void place();

  DType dtype_;
  std::uint64_t seed_;
  std::uint64_t version_ = 0;
  std::uint64_t layout_ = 0;
  std::vector<Entry> entries_;
  std::size_t placed_ = 0;  // entries that have a place
  Index size_ = 0;          // of the block, in elements, with padding
  Buffer block_;
  std::mutex mutex_;
  std::vector<ParameterReader*> readers_;
  std::vector<std::shared_ptr<Gradients::Workspace>> workspaces_;
};

}  // namespace unroll
