#include <unroll/core/plan/access.h>
#include <unroll/core/plan/draft.h>

#include <algorithm>
#include <limits>

namespace unroll {
namespace {

void set_matrix(Value& value, const Shape& shape) {
  value.columns = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  value.rows = value.columns == 0 ? 0 : shape.size() / value.columns;
}

}  // namespace

Draft::Draft(const Graph& graph, const Request& request, bool arrange, bool columns)
    : graph(graph),
      request(request),
      inputs(request.inputs),
      arranges_(arrange),
      columns_(columns) {
  const auto count = static_cast<Id>(request.work.size());
  values.reserve(request.nodes.size() * 5 / 4);
  values.resize(request.nodes.size());
  for (Id id = 0; id < values.size(); ++id) {
    values[id].ref = {id, 0};
    const bool source = id >= count;
    const bool placed = !source && request.work[id].placed;
    set_matrix(values[id], source ? request.sources[id - count].shape : request.work[id].shape);
    arrangement.add(values[id].rows, values[id].columns, !arrange || source || placed);
  }
  for (std::size_t i = 0; i < request.sources.size(); ++i) {
    Value& value = values[count + i];
    value.dtype = request.sources[i].dtype;
    value.parameter = request.sources[i].parameter;
  }
  for (Id id = 0; id < count; ++id) add_work(id);
  // What stays and is computed from something that goes could not be computed again.
  for (Id id = 0; id < count; ++id) {
    const auto needs = request.inputs_of(request.work[id]);
    const bool from_what_goes =
        std::any_of(needs.begin(), needs.end(), [&](Id input) { return values[input].may_go; });
    if (!values[id].may_go && from_what_goes) values[id].target = true;
  }
}

Signature Draft::signature(Id id) const {
  const Node& node = graph.nodes[request.nodes[id]];
  return {*node.op, graph, graph.inputs_of(node), node.attributes};
}

void Draft::add_work(Id id) {
  const Request::Work& work = request.work[id];
  Value& value = values[id];
  value.op = work.op;
  value.dtype = work.dtype;
  value.first_input = work.first_input;
  value.input_count = work.input_count;
  value.target = work.target;
  value.placed = work.placed;
  value.may_go = work.later == Request::Later::gone;
  value.role = Role::kernel;
  arrangement.make_dense(id);  // until something better is known
  if (work.op->kind == OpKind::view) {
    resolve_view(id);
    return;
  }
  if (!is_floating(work.dtype) || work.shape.size() == 0) return;
  if (work.op->kind == OpKind::concat) {
    resolve_concat(id);
  } else if (work.op->kind == OpKind::slice) {
    resolve_slice(id);
  } else if (work.op->kind == OpKind::elementwise) {
    if (!is_fusible(*this, id)) return;
    value.role = Role::elementwise;
    arrangement.make_dense(id, false);
  } else if (work.op->product != nullptr) {
    const ProductForm form = work.op->product(signature(id));
    if (form.m == 0 || form.k == 0) return;
    const auto in = inputs_of(id);
    const auto input = [&](int i) { return in[static_cast<std::size_t>(i)]; };
    const bool ones = form.a == ProductForm::kOnes;
    value.role = Role::product;
    arrangement.make_dense(id, false);
    value.product = static_cast<Id>(products.size());
    BlockProduct product{.transpose_a = form.transpose_a,
                         .transpose_b = form.transpose_b,
                         .ones = ones,
                         .m = form.m,
                         .n = form.n,
                         .k = {form.k},
                         .a = {},
                         .b = {input(form.b)},
                         .bias = {},
                         .out = {id},
                         .order = id};
    if (!ones) product.a = {input(form.a)};
    if (form.bias >= 0) product.bias = {input(form.bias)};
    products.push_back(std::move(product));
  }
}

std::vector<std::uint32_t> Draft::count_uses() const {
  std::vector<std::uint32_t> uses(values.size(), 0);
  for (Id id = 0; id < values.size(); ++id) {
    if (values[id].role == Role::gone) continue;
    if (values[id].target) ++uses[id];
    for_each_need(id, [&](Id need) { ++uses[need]; });
  }
  return uses;
}

Id Draft::add_like(Id id, Role role) {
  const auto added = static_cast<Id>(values.size());
  const Value& like = values[id];
  Value value;
  value.role = role;
  value.ref = {added, 0};
  value.rows = like.rows;
  value.columns = like.columns;
  value.dtype = like.dtype;
  value.may_go = like.may_go;
  arrangement.add(value.rows, value.columns, false);
  values.push_back(value);
  return added;
}

Id Draft::add_copy(Id id) {
  const Id copy = add_like(id, Role::copy);
  set_inputs(copy, {&id, 1});
  return copy;
}

void Draft::set_inputs(Id id, std::span<const Id> ids) {
  Value& value = values[id];
  if (ids.size() > value.input_count) {
    value.first_input = static_cast<std::uint32_t>(inputs.size());
    inputs.resize(inputs.size() + ids.size());
  }
  value.input_count = static_cast<std::uint32_t>(ids.size());
  std::copy(ids.begin(), ids.end(), inputs.begin() + value.first_input);
}

bool Draft::relate(Id a, Id b, Offset offset) {
  const std::optional<Position> at = position(a);
  const std::optional<Position> other = position(b);
  return at && other &&
         arrangement.relate(values[a].ref.root, values[b].ref.root,
                            offset.rows + at->row - other->row,
                            offset.columns + at->column - other->column);
}

/// The one copy of a value that was not told where to lie when it was made; of a window the same
/// window of a copy of what it is in, where other windows find their places too.
Id Draft::shared_copy(Id id) {
  const Id root = values[id].ref.root;
  const auto [known, is_new] = movable_copies_.try_emplace(root, kNone);
  if (is_new) known->second = add_copy(root);
  const Id copy = known->second;
  if (is_whole(id)) return copy;
  const Id window = add_like(id, Role::view);
  values[window].ref = {copy, values[id].ref.offset, values[id].ref.column};
  values[window].window = true;
  set_inputs(window, {&copy, 1});
  return window;
}

bool Draft::try_together(std::span<Id> ids, std::span<const Offset> offsets, bool share,
                         bool move_all) {
  const auto replace = [&](Id& id) { id = add_like(id, Role::copy); };
  if (move_all) replace(ids[0]);
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (!move_all && relate(ids[0], ids[i], offsets[i])) continue;
    if (share && !move_all && is_all_rows(ids[i])) {
      const Id copy = shared_copy(ids[i]);
      if (relate(ids[0], copy, offsets[i])) {
        ids[i] = copy;
        continue;
      }
    }
    replace(ids[i]);
    if (!relate(ids[0], ids[i], offsets[i])) return false;
  }
  return true;
}

/// Operands can share copies, results are copied each from a place of its own.
void Draft::put_together(std::span<Id> ids, std::span<const Offset> offsets, bool share) {
  if (ids.size() == 1) return;
  const std::vector<Id> originals(ids.begin(), ids.end());
  // A value that has its place can only be followed by the next part of it.
  if (!arrangement.is_free(values[ids[0]].ref.root) && !relate(ids[0], ids[1], offsets[1])) {
    const Id shared = share && is_all_rows(ids[0]) ? shared_copy(ids[0]) : kNone;
    const bool fits = shared != kNone && relate(shared, ids[1], offsets[1]);
    ids[0] = fits ? shared : add_like(ids[0], Role::copy);
  }
  if (!try_together(ids, offsets, share, false)) {
    std::copy(originals.begin(), originals.end(), ids.begin());
    UNROLL_CHECK(try_together(ids, offsets, share, true));
  }
}

void Draft::gather(std::span<Id> ids, std::span<const Offset> offsets) {
  const std::vector<Id> originals(ids.begin(), ids.end());
  put_together(ids, offsets, true);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool is_new = ids[i] != originals[i] && inputs_of(ids[i]).empty();
    if (is_new) set_inputs(ids[i], std::span(originals).subspan(i, 1));
  }
}

void Draft::scatter(Id product, std::span<const Offset> offsets) {
  const std::vector<Id> originals = products[product].out;
  std::vector<Id> ids = originals;
  put_together(ids, offsets, false);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == originals[i]) continue;
    values[ids[i]].role = Role::product;
    values[ids[i]].product = product;
    values[originals[i]].role = Role::copy;
    values[originals[i]].product = kNone;
    set_inputs(originals[i], std::span(ids).subspan(i, 1));
  }
  products[product].out = ids;
}

bool Draft::reads_parameter(Id id) const {
  if (id >= request.work.size()) return false;
  const auto read = request.inputs_of(request.work[id]);
  return std::any_of(read.begin(), read.end(), [&](Id input) { return values[input].parameter; });
}

Id Draft::behind_views(Id id) const {
  while (values[id].role == Role::view) id = inputs_of(id)[0];
  return id;
}

bool Draft::is_whole(Id id) const {
  const Value& value = values[id];
  const Value& root = values[value.ref.root];
  return value.ref.offset == 0 && value.ref.column == 0 && value.rows == root.rows &&
         value.columns == root.columns;
}

/// Whether it is all rows of what owns its memory, or some columns of them.
bool Draft::is_all_rows(Id id) const {
  const Value& value = values[id];
  const Value& root = values[value.ref.root];
  return position(id) && value.ref.offset == 0 && value.rows == root.rows &&
         value.ref.column + value.columns <= root.columns;
}

std::optional<Draft::Position> Draft::position(Id id) const {
  const Value& value = values[id];
  const Index columns = values[value.ref.root].columns;
  const bool in_rows = columns == value.columns && columns > 0 && value.ref.offset % columns == 0;
  if (!value.window && !in_rows) return std::nullopt;
  return Position{value.ref.offset / columns, value.ref.column};
}

bool Draft::has_gaps(Id id) const {
  const Value& value = values[id];
  const Id root = value.ref.root;
  if (value.rows <= 1) return false;
  if (value.window && value.columns != values[root].columns) return true;
  const std::size_t count = request.work.size();
  if (root >= count && root < request.nodes.size()) {
    return request.sources[root - count].stride != 0;
  }
  return arrangement.is_wide(root);
}

Id Draft::without_gaps(Id id) {
  const auto [known, is_new] = dense_copies_.try_emplace(id, kNone);
  if (is_new) {
    known->second = add_copy(id);
    arrangement.make_dense(known->second);
  }
  return known->second;
}

const std::byte* Draft::address(Id id) const {
  const Ref ref = values[id].ref;
  if (ref.root >= request.nodes.size()) return nullptr;
  const Node& node = graph.nodes[request.nodes[ref.root]];
  const std::byte* const base = ref.root < request.work.size() ? node.destination : node.value;
  if (base == nullptr || node.stride != 0 || values[id].window) return nullptr;
  return base + static_cast<std::size_t>(ref.offset) * size_of(values[id].dtype);
}

bool Draft::assume_adjacent(Id a, Id b, Index bytes) {
  const std::byte* const from = address(a);
  const std::byte* const to = address(b);
  if (from == nullptr || to == nullptr || to - from != bytes) return false;
  const auto width = static_cast<Index>(size_of(values[a].dtype));
  const Ref at = values[a].ref;
  const Ref other = values[b].ref;
  assumptions.push_back({at.root, other.root, bytes + (at.offset - other.offset) * width});
  return true;
}

bool Draft::lies_before(Id a, Id b) const {
  const Ref at = values[a].ref;
  const Ref other = values[b].ref;
  if (values[at.root].placed && values[other.root].placed) return address(a) < address(b);
  const Arrangement::Place p = arrangement.place(at.root);
  const Arrangement::Place q = arrangement.place(other.root);
  if (p.group != q.group) {
    // In order of time: gradients are recorded from the last step to the first.
    const auto recorded = [&](Id root) {
      const bool known = root < request.nodes.size();
      return known ? std::pair(graph.nodes[request.nodes[root]].step, request.nodes[root])
                   : std::pair(std::numeric_limits<std::int32_t>::max(), root);
    };
    return recorded(at.root) < recorded(other.root);
  }
  if (p.row != q.row) return p.row < q.row;
  if (p.column != q.column) return p.column < q.column;
  return std::pair(at.offset, at.column) < std::pair(other.offset, other.column);
}

}  // namespace unroll
