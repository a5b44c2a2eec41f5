#include <unroll/core/plan/rects.h>

namespace unroll {

Rects::Rects(const Draft& draft, const Storage& storage, const Layout& layout,
             std::vector<Id>& bases)
    : draft_(draft),
      storage_(storage),
      layout_(layout),
      bases_(bases),
      base_of_(draft.request.nodes.size(), 0) {}

std::uint32_t Rects::buffer_of(Id id) const {
  const Id owner = draft_.values[id].place.owner;
  const Value& value = draft_.values[owner];
  if (value.role == Role::source || value.placed) return kNone;
  return storage_.buffer_of[draft_.arrangement.group(owner)];
}

Rect Rects::of_owner(Id owner) {
  const Value& value = draft_.values[owner];
  if (value.role == Role::source || value.placed) {
    if (base_of_[owner] == 0) {
      bases_.push_back(owner);
      base_of_[owner] = static_cast<std::uint32_t>(bases_.size());
    }
    const Id work = draft_.work();
    const Index gap = owner < work ? 0 : draft_.request.sources[owner - work].stride;
    return {base_of_[owner], 0, value.rows, value.columns, gap != 0 ? gap : value.columns};
  }
  const std::uint32_t buffer = storage_.buffer_of[draft_.arrangement.group(owner)];
  UNROLL_CHECK(buffer != kNone);
  const Arrangement::Extent& extent = storage_.extents[buffer];
  const Position at = draft_.arrangement.position(owner);
  const Index elements =
      (at.row - extent.first.row) * extent.columns + at.column - extent.first.column;
  return {0,
          layout_.offsets[storage_.in_place_of[buffer]] +
              elements * static_cast<Index>(size_of(value.dtype)),
          value.rows, value.columns, extent.columns};
}

Rect Rects::of(Id id) {
  const Value& value = draft_.values[id];
  Rect rect = of_owner(value.place.owner);
  if (value.place.owner == id) return rect;
  Index elements = value.place.offset;
  if (const auto at = draft_.position(id)) {
    elements = at->row * rect.stride + at->column;
  } else {
    rect.stride = value.columns;
  }
  rect.offset += elements * static_cast<Index>(size_of(value.dtype));
  rect.rows = value.rows;
  rect.columns = value.columns;
  return rect;
}

}  // namespace unroll
