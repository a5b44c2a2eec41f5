#include <unroll/core/plan/draft.h>
#include <unroll/core/plan/reading.h>

#include <algorithm>
#include <limits>

namespace unroll {
namespace {

void set_matrix(Value& value, const Shape& shape) {
  value.columns = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  value.rows = value.columns == 0 ? 0 : shape.size() / value.columns;
}

}  // namespace

Draft::Draft(const Graph& graph, const Request& request)
    : graph(graph), request(request), inputs_(request.inputs) {
  const Id count = work();
  values.reserve(request.nodes.size() * 9 / 8);
  values.resize(request.nodes.size());
  inputs_.reserve(request.inputs.size() * 3 / 2);
  arrangement.reserve(request.nodes.size() * 9 / 8);
  for (Id id = 0; id < values.size(); ++id) {
    values[id].place = {id};
    const bool source = id >= count;
    const bool placed = !source && request.kind_of(id).placed;
    set_matrix(values[id], source ? request.sources[id - count].shape : request.kind_of(id).shape);
    arrangement.add(values[id].rows, values[id].columns, source || placed);
  }
  arrangement.close();
  for (std::size_t i = 0; i < request.sources.size(); ++i) {
    Value& value = values[count + i];
    value.dtype = request.sources[i].dtype;
    value.parameter = request.sources[i].parameter;
  }
  for (Id id = 0; id < count; ++id) add_work(id);
  // What stays and is computed from something that goes could not be computed again.
  for (Id id = 0; id < count; ++id) {
    const auto needs = request.inputs_of(id);
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
  const Request::Kind& work = request.kind_of(id);
  Value& value = values[id];
  value.op = work.op;
  value.dtype = work.dtype;
  value.first_input = request.work[id].first_input;
  value.input_count = work.input_count;
  value.target = work.target;
  value.placed = work.placed;
  value.may_go = work.later == Request::Later::gone;
  value.role = Role::kernel;
  if (is_twin(id)) {
    const Id twin = request.work[id].twin;
    make_view(id, twin);
    twins_ = true;
    return;
  }
  if (twins_) read_twins(id);
  if (work.op->kind == OpKind::view) {
    resolve_view(id);
    return;
  }
  const bool plannable = is_floating(work.dtype) && value.rows * value.columns != 0;
  if (plannable && work.op->kind == OpKind::concat && resolve_pieces(id)) return;
  if (plannable && work.op->kind == OpKind::elementwise && is_fusible(*this, id)) {
    value.role = Role::elementwise;
    return;
  }
  if (plannable && work.op->product != nullptr) {
    const ProductForm form = work.op->product(signature(id));
    if (form.m != 0 && form.k != 0) {
      add_product(id, form);
      return;
    }
  }
  arrangement.make_dense(id);
}

/// Lets a value read the first of several twins, so that products with equal right sides are seen
/// to have one right side.
void Draft::read_twins(Id id) {
  for (std::size_t i = 0; i < values[id].input_count; ++i) {
    const Id input = inputs_of(id)[i];
    if (input < work() && is_twin(input)) replace_input(id, i, request.work[input].twin);
  }
}

/// A product reads what its operand is the transpose of, the other way round.
void Draft::read_transposed(List& operand, bool& transpose) {
  Id id = ids(operand)[0];
  while (id < work() && values[id].role == Role::kernel && values[id].op->transposes != nullptr &&
         values[id].op->transposes(signature(id))) {
    id = inputs_of(id)[0];
    transpose = !transpose;
  }
  if (id != ids(operand)[0]) operand = add_list({&id, 1});
}

void Draft::add_product(Id id, const ProductForm& form) {
  const std::uint32_t first = values[id].first_input;
  const auto input = [&](int i) { return List{first + static_cast<std::uint32_t>(i), 1}; };
  BlockProduct product{.transpose_a = form.transpose_a,
                       .transpose_b = form.transpose_b,
                       .ones = form.a == ProductForm::kOnes,
                       .m = form.m,
                       .n = form.n,
                       .depth = form.k,
                       .a = {},
                       .b = input(form.b),
                       .bias = {},
                       .out = add_list({&id, 1}),
                       .order = id};
  if (!product.ones) {
    product.a = input(form.a);
    read_transposed(product.a, product.transpose_a);
    read_transposed(product.b, product.transpose_b);
  }
  if (form.bias >= 0) product.bias = input(form.bias);
  set_product(id, static_cast<Id>(products.size()));
  products.push_back(product);
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

Index Draft::inner_size(const BlockProduct& product, std::size_t q) const {
  const Value& b = values[ids(product.b)[q * product.columns]];
  return product.transpose_b ? b.columns : b.rows;
}

Id Draft::add_like(Id id, Role role) {
  const auto added = static_cast<Id>(values.size());
  const Value& like = values[id];
  Value value;
  value.role = role;
  value.place = {added};
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
  const List list = add_list(ids);  // the old inputs may be the operands of a product
  values[id].first_input = list.first;
  values[id].input_count = list.count;
}

List Draft::add_list(std::span<const Id> ids) {
  const List list{static_cast<std::uint32_t>(inputs_.size()),
                  static_cast<std::uint32_t>(ids.size())};
  const bool inside = ids.data() >= inputs_.data() && ids.data() < inputs_.data() + inputs_.size();
  const std::size_t from = inside ? static_cast<std::size_t>(ids.data() - inputs_.data()) : 0;
  inputs_.resize(inputs_.size() + ids.size());  // moves `ids` where they are inside
  std::copy_n(inside ? inputs_.data() + from : ids.data(), list.count, inputs_.data() + list.first);
  return list;
}

void Draft::set_product(Id id, Id index) {
  values[id].role = Role::product;
  values[id].product = index;
}

void Draft::make_view(Id id, Id of) {
  values[id].role = Role::view;
  values[id].place = values[of].place;
  values[id].parameter = values[of].parameter;
  set_inputs(id, {&of, 1});
}

void Draft::leave_to_kernel(Id id) {
  values[id].role = Role::kernel;
  values[id].product = kNone;
  arrangement.make_dense(id);
}

bool Draft::relate(Id a, Id b, Position offset) {
  const std::optional<Position> at = position(a);
  const std::optional<Position> other = position(b);
  return at && other &&
         arrangement.relate(
             values[a].place.owner, values[b].place.owner,
             {offset.row + at->row - other->row, offset.column + at->column - other->column});
}

/// The one copy of a value that was not told where to lie when it was made; of a window the same
/// window of a copy of what it is in, where other windows find their places too.
Id Draft::shared_copy(Id id) {
  const Id owner = values[id].place.owner;
  const auto [known, is_new] = movable_copies_.try_emplace(owner, kNone);
  if (is_new) known->second = add_copy(owner);
  const Id copy = known->second;
  if (is_whole(id)) return copy;
  const Id window = add_like(id, Role::view);
  values[window].place = {copy, true, values[id].place.offset, values[id].place.column};
  set_inputs(window, {&copy, 1});
  return window;
}

bool Draft::try_together(std::span<Id> ids, std::span<const Position> offsets, bool share,
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
void Draft::put_together(std::span<Id> ids, std::span<const Position> offsets, bool share) {
  if (ids.size() == 1) return;
  const std::vector<Id> originals(ids.begin(), ids.end());
  // A fixed or dense value accepts only its adjacent part beside it.
  if (!arrangement.is_free(values[ids[0]].place.owner) && !relate(ids[0], ids[1], offsets[1])) {
    const Id shared = share && is_all_rows(ids[0]) ? shared_copy(ids[0]) : kNone;
    const bool fits = shared != kNone && relate(shared, ids[1], offsets[1]);
    ids[0] = fits ? shared : add_like(ids[0], Role::copy);
  }
  if (!try_together(ids, offsets, share, false)) {
    std::copy(originals.begin(), originals.end(), ids.begin());
    UNROLL_CHECK(try_together(ids, offsets, share, true));
  }
}

/// Notes that a value was copied, why it could not lie where it was wanted, and what would help.
void Draft::note_copy(Id id, std::string_view pass) {
  const Id owner = values[id].place.owner;
  const bool outside = values[owner].role == Role::source || values[owner].placed;
  dropped.push_back(
      {pass,
       outside ? "copied, because it lies outside the plan; what is read together needs no copy "
                 "where it is one input, or parameters of one name"
       : arrangement.is_free(owner)
           ? "copied, because another product or concat wants it elsewhere; none is needed where "
             "both read it beside the same values"
           : "copied, because it is read in another shape as well; none is needed where all read "
             "it in one shape",
       id});
}

void Draft::gather(std::span<Id> ids, std::span<const Position> offsets, std::string_view pass) {
  const std::vector<Id> originals(ids.begin(), ids.end());
  const std::size_t before = values.size();
  put_together(ids, offsets, true);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == originals[i]) continue;
    if (ids[i] >= before) note_copy(originals[i], pass);
    if (inputs_of(ids[i]).empty()) set_inputs(ids[i], std::span(originals).subspan(i, 1));
  }
}

void Draft::scatter(Id product, std::span<const Position> offsets, std::string_view pass) {
  const auto results = this->ids(products[product].out);
  const std::vector<Id> originals(results.begin(), results.end());
  std::vector<Id> ids = originals;
  put_together(ids, offsets, false);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == originals[i]) continue;
    note_copy(originals[i], pass);
    set_product(ids[i], product);
    values[originals[i]].role = Role::copy;
    values[originals[i]].product = kNone;
    set_inputs(originals[i], std::span(ids).subspan(i, 1));
  }
  if (ids != originals) products[product].out = add_list(ids);
}

bool Draft::reads_parameter(Id id) const {
  if (id >= work()) return false;
  const auto read = request.inputs_of(id);
  return std::any_of(read.begin(), read.end(), [&](Id input) { return values[input].parameter; });
}

Id Draft::behind_views(Id id) const {
  while (values[id].role == Role::view) id = inputs_of(id)[0];
  return id;
}

bool Draft::is_whole(Id id) const {
  const Value& value = values[id];
  const Value& owner = values[value.place.owner];
  return value.place.offset == 0 && value.place.column == 0 && value.rows == owner.rows &&
         value.columns == owner.columns;
}

bool Draft::is_all_rows(Id id) const {
  const Value& value = values[id];
  const Value& owner = values[value.place.owner];
  return position(id) && value.place.offset == 0 && value.rows == owner.rows &&
         value.place.column + value.columns <= owner.columns;
}

std::optional<Position> Draft::position(Id id) const {
  const Value& value = values[id];
  const Place& place = value.place;
  if (place.offset == 0 && place.owner == id) return Position{0, place.column};
  const Index columns = values[place.owner].columns;
  const bool in_rows = columns == value.columns && columns > 0 && place.offset % columns == 0;
  if (!place.window && !in_rows) return std::nullopt;
  return Position{place.offset / columns, place.column};
}

bool Draft::has_gaps(Id id) const {
  const Value& value = values[id];
  const Id owner = value.place.owner;
  if (value.rows <= 1) return false;
  if (value.place.window && value.columns != values[owner].columns) return true;
  if (owner >= work() && owner < request.nodes.size()) {
    return request.sources[owner - work()].stride != 0;
  }
  return arrangement.is_wide(owner);
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
  const Place& place = values[id].place;
  if (place.owner >= request.nodes.size()) return nullptr;
  const Node& node = graph.nodes[request.nodes[place.owner]];
  const std::byte* const base = place.owner < work() ? node.destination : node.value;
  if (base == nullptr || node.stride != 0 || place.window) return nullptr;
  return base + static_cast<std::size_t>(place.offset) * size_of(values[id].dtype);
}

bool Draft::are_adjacent(Id a, Id b, Index bytes) const {
  const std::byte* const from = address(a);
  const std::byte* const to = address(b);
  return from != nullptr && to != nullptr && to - from == bytes;
}

bool Draft::assume_adjacent(Id a, Id b, Index bytes) {
  if (!are_adjacent(a, b, bytes)) return false;
  const auto width = static_cast<Index>(size_of(values[a].dtype));
  const Place& at = values[a].place;
  const Place& other = values[b].place;
  assumptions.push_back({at.owner, other.owner, bytes + (at.offset - other.offset) * width});
  return true;
}

bool Draft::lies_before(Id a, Id b) const {
  const Place& at = values[a].place;
  const Place& other = values[b].place;
  if (arrangement.group(at.owner) != arrangement.group(other.owner)) {
    // In order of time: gradients are recorded from the last step to the first.
    const auto recorded = [&](Id owner) {
      const bool known = owner < request.nodes.size();
      return known ? std::pair(graph.nodes[request.nodes[owner]].step, request.nodes[owner])
                   : std::pair(std::numeric_limits<std::int32_t>::max(), owner);
    };
    return recorded(at.owner) < recorded(other.owner);
  }
  const Position p = arrangement.position(at.owner);
  const Position q = arrangement.position(other.owner);
  if (p.row != q.row) return p.row < q.row;
  if (p.column != q.column) return p.column < q.column;
  return std::pair(at.offset, at.column) < std::pair(other.offset, other.column);
}

}  // namespace unroll
