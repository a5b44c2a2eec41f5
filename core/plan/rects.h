#pragma once
/// Where values lie in the memory of a plan, or outside it.

#include <unroll/core/plan/storage.h>

#include <vector>

namespace unroll {

class Rects {
 public:
  /// Sources and placed values that are asked for are put on the list `bases`.
  Rects(const Draft& draft, const Storage& storage, const Layout& layout, std::vector<Id>& bases);

  [[nodiscard]] Rect of(Id id);
  /// The buffer that holds a value; kNone where it lies outside the plan's memory.
  [[nodiscard]] std::uint32_t buffer_of(Id id) const;

 private:
  [[nodiscard]] Rect of_owner(Id owner);

  const Draft& draft_;
  const Storage& storage_;
  const Layout& layout_;
  std::vector<Id>& bases_;
  std::vector<std::uint32_t> base_of_;
};

}  // namespace unroll
