/// Values that nothing computes: views, slices of columns, and what is joined of other values.

#include <unroll/core/plan/draft.h>

#include <algorithm>

namespace unroll {

/// Goes from a value that is joined to that part of it in which some of its rows or columns are, if
/// they are all in one. `begin` counts elements, or columns where the parts are side by side.
Id Draft::part_at(Id id, bool beside, Index& begin, Index size) const {
  while (values[id].role == Role::joined) {
    const auto parts = inputs_of(id);
    if ((values[parts[0]].columns != values[id].columns) != beside) break;
    const std::vector<Index>& ends = part_ends_.at(id);
    const auto end = std::ranges::upper_bound(ends, begin);
    if (end == ends.end() || begin + size > *end) break;
    if (end != ends.begin()) begin -= *std::prev(end);
    id = parts[static_cast<std::size_t>(end - ends.begin())];
  }
  return id;
}

void Draft::resolve_views() {
  for (Id id = 0; id < work(); ++id) {
    if (values[id].role == Role::view || values[id].role == Role::kernel) resolve(id);
  }
}

void Draft::resolve(Id id) {
  const OpKind kind = values[id].op->kind;
  const bool is_all = values[id].role == Role::view && (is_twin(id) || kind == OpKind::elementwise);
  if (is_all) {  // made by make_view()
    values[id].place = values[inputs_of(id)[0]].place;
  } else if (kind == OpKind::view) {
    resolve_view(id);
  } else if (kind == OpKind::concat) {
    if (!resolve_pieces(id) && arrangement.is_open()) join_parts(id);
  } else if (kind == OpKind::slice && arrangement.is_open()) {
    resolve_slice(id);
  }
}

void Draft::resolve_view(Id id) {
  const Index size = values[id].rows * values[id].columns;
  Index offset = values[id].op->view_offset(signature(id));
  Id from = part_at(request.inputs_of(id)[0], false, offset, size);
  const Place place = values[from].place;
  const Index columns = values[id].columns;
  values[id].role = Role::view;
  values[id].parameter = values[from].parameter;
  if (columns == values[from].columns && columns > 0 && offset % columns == 0 && position(from)) {
    values[id].place = place;
    values[id].place.offset += offset / columns * values[place.owner].columns;
  } else if (size > 0 &&
             (place.window || has_gaps(place.owner) || arrangement.is_wide(place.owner))) {
    // The gaps would be within its rows: it is a view of a copy without.
    const bool whole = values[place.owner].role == Role::source && !place.window;
    if (whole) offset += place.offset;
    from = without_gaps(whole ? place.owner : from);
    values[id].place = {from, false, offset};
  } else {
    values[id].place = {place.owner, false, place.offset + offset};
    if (size > 0) arrangement.make_dense(place.owner);
  }
  set_inputs(id, {&from, 1});
}

void Draft::resolve_slice(Id id) {
  const SliceForm form = values[id].op->range(signature(id));
  Index column = form.begin;
  const Id from = part_at(request.inputs_of(id)[0], true, column, values[id].columns);
  const Value& source = values[from];
  // A parameter's memory changes while what was made of it stays.
  const bool stays = source.parameter || values[source.place.owner].placed || values[id].placed;
  const bool across = form.axis + 1 == request.kind_of(id).shape.rank();
  const bool plannable = is_floating(values[id].dtype) && values[id].rows * values[id].columns != 0;
  if (!plannable || stays || !across || !position(from)) return;  // its kernel copies
  values[id].role = Role::view;
  values[id].place = source.place;
  values[id].place.column += column;
  values[id].place.window = source.place.window || source.columns != values[id].columns;
  set_inputs(id, {&from, 1});
}

/// The parts of a concat that are not empty.
std::vector<Id> Draft::parts_of(Id id) const {
  std::vector<Id> parts;
  for (const Id part : request.inputs_of(id)) {
    if (values[part].rows * values[part].columns != 0) parts.push_back(part);
  }
  return parts;
}

/// Whether the parts of a concat are side by side.
bool Draft::joins_columns(Id id) const {
  return values[id].op->concat_axis(signature(id)) + 1 == request.kind_of(id).shape.rank();
}

/// Where the parts of a concat are pieces of one value, in order, it is a view of that value.
bool Draft::resolve_pieces(Id id) {
  if (values[id].placed || values[id].rows * values[id].columns == 0) return false;
  const auto inputs = request.inputs_of(id);
  const auto first = std::ranges::find_if(
      inputs, [&](Id part) { return values[part].rows * values[part].columns != 0; });
  const Place place = values[*first].place;
  // Most concats are not of pieces: the first two parts show it.
  if (values[*first].role != Role::view) return false;
  const std::vector<Id> parts = parts_of(id);
  if (joins_columns(id)
          ? parts.size() != 1
          : request.kind_of(id).shape.size(0, values[id].op->concat_axis(signature(id))) != 1) {
    return false;
  }
  Index end = place.offset;
  for (const Id part : parts) {
    const bool follows = values[part].place == Place{place.owner, false, end} &&
                         behind_views(part) == behind_views(parts[0]);
    if (!follows) return false;
    end += values[part].rows * values[part].columns;
  }
  // A parameter's memory changes while what was made of it stays: its kernel copies.
  if (values[place.owner].parameter) return false;
  set_inputs(id, parts);  // without empty ones, of which it is no view
  values[id].role = Role::view;
  values[id].place = place;
  return true;
}

/// Puts the parts of a concat one after another, or side by side, so that nothing runs for it.
void Draft::join_parts(Id id) {
  const int axis = values[id].op->concat_axis(signature(id));
  const bool beside = axis + 1 == request.kind_of(id).shape.rank();
  const bool plannable = is_floating(values[id].dtype) && values[id].rows * values[id].columns != 0;
  if (!plannable || values[id].placed) return;  // its kernel copies
  if (!beside && request.kind_of(id).shape.size(0, axis) != 1) return;
  std::vector<Id> parts = parts_of(id);
  // A parameter's memory changes while what was made of it stays.
  if (std::ranges::all_of(parts, [&](Id part) { return values[part].parameter; })) return;
  // Side by side a copy of each part that has to stay where it is would be a step: the kernel is
  // one.
  const auto copied = std::ranges::count_if(
      parts, [&](Id part) { return !arrangement.is_free(values[part].place.owner); });
  if (beside && copied > 1) return;
  std::vector<Position> offsets;
  std::vector<Index> ends;
  Position next;
  for (const Id part : parts) {
    offsets.push_back(next);
    (beside ? next.column : next.row) += beside ? values[part].columns : values[part].rows;
    ends.push_back(beside ? next.column : next.row * values[id].columns);
  }
  gather(parts, offsets, "place");
  set_inputs(id, parts);
  values[id].role = Role::joined;
  values[id].place = values[parts[0]].place;
  values[id].place.window = beside || values[parts[0]].place.window;
  part_ends_[id] = std::move(ends);
}

}  // namespace unroll
