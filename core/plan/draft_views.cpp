/// Values that need not be computed: views, slices of columns, and what is joined of others.

#include <unroll/core/plan/draft.h>

#include <algorithm>

namespace unroll {

/// Goes from a value that is joined to that part of it in which some of its rows or columns are, if
/// they are all in one. `begin` counts elements, or columns where the parts are side by side.
Id Draft::part_at(Id id, bool beside, Index& begin, Index size) const {
  while (values[id].role == Role::joined) {
    const auto parts = inputs_of(id);
    if ((values[parts[0]].columns != values[id].columns) != beside) break;
    const auto length = [&](Id part) {
      return values[part].columns * (beside ? 1 : values[part].rows);
    };
    Index in_part = begin;
    auto part = parts.begin();
    while (part != parts.end() && in_part >= length(*part)) in_part -= length(*part++);
    if (part == parts.end() || in_part + size > length(*part)) break;
    begin = in_part;
    id = *part;
  }
  return id;
}

void Draft::resolve_view(Id id) {
  const Index size = values[id].rows * values[id].columns;
  Index offset = values[id].op->view_offset(signature(id));
  Id from = part_at(inputs_of(id)[0], false, offset, size);
  const Ref ref = values[from].ref;
  const Index columns = values[id].columns;
  values[id].role = Role::view;
  values[id].parameter = values[from].parameter;
  if (columns == values[from].columns && columns > 0 && offset % columns == 0 && position(from)) {
    values[id].window = values[from].window;
    values[id].ref = ref;
    values[id].ref.offset += offset / columns * values[ref.root].columns;
  } else if (size > 0 &&
             (values[from].window || has_gaps(ref.root) || arrangement.is_wide(ref.root))) {
    // The gaps would be within its rows: it is a view of a copy without.
    const bool whole = values[ref.root].role == Role::source && !values[from].window;
    if (whole) offset += ref.offset;
    from = without_gaps(whole ? ref.root : from);
    values[id].ref = {from, offset};
  } else {
    values[id].ref = {ref.root, ref.offset + offset};
    if (size > 0) arrangement.make_dense(ref.root);
  }
  set_inputs(id, {&from, 1});
}

void Draft::resolve_slice(Id id) {
  const SliceForm form = values[id].op->range(signature(id));
  Index column = form.begin;
  const Id from = part_at(inputs_of(id)[0], true, column, values[id].columns);
  const Value& source = values[from];
  // A parameter's memory changes while what was made of it stays.
  const bool stays = source.parameter || values[source.ref.root].placed || values[id].placed;
  const bool across = form.axis + 1 == request.work[id].shape.rank();
  if (!columns_ || stays || !across || !position(from)) return;  // its kernel copies
  values[id].role = Role::view;
  values[id].ref = source.ref;
  values[id].ref.column += column;
  values[id].window = source.window || source.columns != values[id].columns;
  set_inputs(id, {&from, 1});
}

void Draft::resolve_concat(Id id) {
  const int axis = values[id].op->concat_axis(signature(id));
  const Shape& shape = request.work[id].shape;
  const bool beside = axis + 1 == shape.rank();
  if (beside ? !columns_ : shape.size(0, axis) != 1) return;

  std::vector<Id> parts;
  for (const Id part : inputs_of(id)) {
    if (values[part].rows * values[part].columns != 0) parts.push_back(part);
  }
  // Pieces of one value, in order: they are its memory.
  const Ref first = values[parts[0]].ref;
  Index end = first.offset;
  bool consecutive = !beside || parts.size() == 1;
  for (const Id part : parts) {
    consecutive = consecutive && !values[part].window && values[part].ref == Ref{first.root, end} &&
                  behind_views(part) == behind_views(parts[0]);
    end += values[part].rows * values[part].columns;
  }
  // A parameter's memory changes while what was made of it stays: its kernel copies.
  if (consecutive && values[first.root].parameter) return;
  if (consecutive && !values[id].placed) {
    set_inputs(id, parts);  // without empty ones, of which it is no view
    values[id].role = Role::view;
    values[id].ref = first;
    return;
  }
  if (values[id].placed || !arranges_) return;  // its kernel copies
  // Side by side a copy of each part that has to stay where it is would be a step: the kernel is
  // one.
  const auto copied = std::ranges::count_if(
      parts, [&](Id part) { return !arrangement.is_free(values[part].ref.root); });
  if (beside && copied > 1) return;
  std::vector<Offset> offsets;
  Offset next{0, 0};
  for (const Id part : parts) {
    offsets.push_back(next);
    (beside ? next.columns : next.rows) += beside ? values[part].columns : values[part].rows;
  }
  gather(parts, offsets);
  set_inputs(id, parts);
  values[id].role = Role::joined;
  values[id].window = beside || values[parts[0]].window;
  values[id].ref = values[parts[0]].ref;
}

}  // namespace unroll
