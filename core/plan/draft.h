#pragma once
/// A plan in the making: what the passes work on.

#include <unroll/core/op.h>
#include <unroll/core/plan/arrangement.h>
#include <unroll/core/plan/plan.h>
#include <unroll/core/plan/request.h>

#include <optional>
#include <unordered_map>
#include <vector>

namespace unroll {

/// How a value comes about.
enum class Role : std::uint8_t {
  source,       // it is there before the plan runs
  view,         // it is the memory of another value, or a part of it
  joined,       // its parts lie one after another, or side by side: nothing runs for it
  copy,         // it is copied from its input to a place of its own
  elementwise,  // a sweep computes it when it is first needed
  product,      // one of Draft::products computes it
  kernel,       // the kernel of its operation computes it
  sum,          // the sweep that computes its input adds it up
  second,       // the kernel of its only input gives it as a second result
  gone,         // it is part of another value's computation now
};

/// Where a value lies: at an element of the value that owns the memory. Its rows are parts of rows
/// of the owner where it is a window, or as wide as the owner; otherwise it reads the owner's
/// elements, which then have no gaps between rows, in rows of another length.
struct Place {
  Id owner;
  bool window = false;
  Index offset = 0;  // in elements of an owner without gaps
  Index column = 0;  // of a window: how far right of `offset`; it can reach beyond the owner
  friend bool operator==(const Place&, const Place&) = default;
};

/// A value, seen as a matrix: the last dimension is a row.
struct Value {
  Role role = Role::source;
  DType dtype = DType::f32;
  bool target = false;     // it was asked for, or something that is kept is computed from it
  bool placed = false;     // at a destination outside the plan's memory
  bool parameter = false;  // a source that is a parameter, or part of one
  bool may_go = false;     // nothing reads it after the run
  const Op* op = nullptr;
  Place place{};
  Index rows = 1;
  Index columns = 1;
  std::uint32_t first_input = 0;
  std::uint32_t input_count = 0;
  Id product = kNone;
};

/// A list of values, kept by the draft.
struct List {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  [[nodiscard]] bool empty() const { return count == 0; }
};

/// A product of matrices of blocks: c[i][j] = sum over q of a[i][q] b[q][j], plus bias[j]. A block
/// of c is m x n; the inner sizes are those of the blocks of b.
struct BlockProduct {
  bool transpose_a = false;
  bool transpose_b = false;
  bool ones = false;   // a is a row of ones: c is the sum of the rows of b
  bool swept = false;  // the sweeps that compute b add it up
  Index m = 0;
  Index n = 0;
  Index depth = 0;            // the inner sizes of all blocks together
  std::uint32_t rows = 1;     // blocks of c, one below the other
  std::uint32_t columns = 1;  // and side by side
  std::uint32_t inner = 1;    // blocks that are added up
  List a;                     // rows x inner; none where it is ones
  List b;                     // inner x columns
  List bias;                  // columns, or none
  List out;                   // rows x columns
  List sums{};                // rows, or none: of a along the inner dimension, kNone: not wanted
  Id order = 0;               // the last node it stands for
  std::int32_t packed = -1;   // the packed copy of b that it reads, -1: none
  [[nodiscard]] bool is_gone() const { return out.empty(); }
};

/// A wish of a pass that could not be met: what is done instead, and why.
struct Dropped {
  std::string_view pass;
  std::string_view what;
  Id value;
};

/// What the passes work on. They change it by the operations below, which keep it consistent;
/// verify() says what consistent means.
class Draft {
 public:
  /// Describes the values of a request; views are resolved, nothing is planned yet.
  Draft(const Graph& graph, const Request& request);

  const Graph& graph;
  const Request& request;
  std::vector<Value> values;
  std::vector<BlockProduct> products;
  Arrangement arrangement;
  std::vector<Assumption> assumptions;
  std::vector<Dropped> dropped;

  // What passes decide for the whole plan.
  bool shares_sweeps = false;  // element-wise values of one shape are computed in one sweep
  bool reuses_memory = false;  // the memory of what does not last serves several values
  std::int32_t packed = 0;     // how many matrices are packed
  bool shares_little = false;  // even a plan of little work runs on all threads
  int most_threads = 1;        // that there are
  int threads = 1;             // that the plan runs on

  /// The number of values that stand for nodes to run; sources follow, then what passes added.
  [[nodiscard]] Id work() const { return static_cast<Id>(request.work.size()); }
  [[nodiscard]] std::span<const Id> inputs_of(Id id) const {
    return {inputs_.data() + values[id].first_input, values[id].input_count};
  }
  [[nodiscard]] std::span<const Id> ids(List list) const {
    return {inputs_.data() + list.first, list.count};
  }
  /// Calls `f` for every operand of a product, or every result.
  template <class F>
  void for_each_operand(const BlockProduct& product, F f) const;
  template <class F>
  void for_each_result(const BlockProduct& product, F f) const;
  /// Calls `f` for what has to be there before `id` can be computed: its inputs, or the operands of
  /// its product.
  template <class F>
  void for_each_need(Id id, F f) const;
  /// How often each value is used, as an input or a target.
  [[nodiscard]] std::vector<std::uint32_t> count_uses() const;
  /// The size of block `q` of a product along the inner dimension.
  [[nodiscard]] Index inner_size(const BlockProduct& product, std::size_t q) const;

  /// A new value of the same size and type, free to lie anywhere.
  Id add_like(Id id, Role role);
  Id add_copy(Id id);
  void set_inputs(Id id, std::span<const Id> ids);
  void replace_input(Id id, std::size_t i, Id by) { inputs_[values[id].first_input + i] = by; }
  /// A new list. `ids` may be part of another one.
  [[nodiscard]] List add_list(std::span<const Id> ids);
  /// Says that product `index` computes `id`.
  void set_product(Id id, Id index);
  /// Makes a value the memory of an earlier one, of the same size. It must be no parameter: the
  /// value would change with it. When a pass has made its views, it calls resolve_views().
  void make_view(Id id, Id of);
  /// Leaves a value to the kernel of its operation.
  void leave_to_kernel(Id id);
  /// Removes a product whose work another one does now.
  void remove_product(Id index) { products[index] = {}; }

  /// Says of all views, and of concats and slices where the arrangement is open, of which memory
  /// they are parts.
  void resolve_views();
  /// Puts values side by side, value i at offsets[i] from the first. One that has to stay where it
  /// is is replaced in `ids` by a copy.
  void gather(std::span<Id> ids, std::span<const Position> offsets, std::string_view pass);
  /// The same for the results of a product: one that has to be elsewhere is copied there.
  void scatter(Id product, std::span<const Position> offsets, std::string_view pass);

  /// What the operation of a node is told.
  [[nodiscard]] Signature signature(Id id) const;
  /// Whether `id` is the memory of an earlier value that is computed in the same way.
  [[nodiscard]] bool is_twin(Id id) const {
    return request.work[id].twin < work() && !request.kind_of(id).placed;
  }
  /// Whether `id` stands for a node that reads a parameter.
  [[nodiscard]] bool reads_parameter(Id id) const;
  /// What `id` is a view of, through views of views.
  [[nodiscard]] Id behind_views(Id id) const;
  /// Whether `id` is all of the value it lies in, row by row; a part of several that were joined,
  /// of the size of the first, is not.
  [[nodiscard]] bool is_whole(Id id) const;
  /// Whether it is all rows of what owns its memory, or some columns of them.
  [[nodiscard]] bool is_all_rows(Id id) const;
  /// Where it begins in the matrix of what owns its memory, if each of its rows is part of a row of
  /// that matrix.
  [[nodiscard]] std::optional<Position> position(Id id) const;
  /// Whether its rows lie apart in memory.
  [[nodiscard]] bool has_gaps(Id id) const;
  /// The one copy of it that has none.
  Id without_gaps(Id id);
  /// Where a source, or what is placed, lies now.
  [[nodiscard]] const std::byte* address(Id id) const;
  /// Whether `b` begins `bytes` after `a`.
  [[nodiscard]] bool are_adjacent(Id a, Id b, Index bytes) const;
  /// The same; a plan made on that ground is used only where it holds.
  bool assume_adjacent(Id a, Id b, Index bytes);
  /// Orders values by where they lie: those arranged side by side by their place, others by their
  /// time step, then by when they were recorded.
  [[nodiscard]] bool lies_before(Id a, Id b) const;

  /// Throws the internal error of a broken invariant.
  void verify() const;

 private:
  void add_work(Id id);
  void resolve(Id id);
  void read_twins(Id id);
  void read_transposed(List& operand, bool& transpose);
  void add_product(Id id, const ProductForm& form);
  void resolve_view(Id id);
  void resolve_slice(Id id);
  bool resolve_pieces(Id id);
  void join_parts(Id id);
  [[nodiscard]] std::vector<Id> parts_of(Id id) const;
  [[nodiscard]] bool joins_columns(Id id) const;
  [[nodiscard]] Id part_at(Id id, bool beside, Index& begin, Index size) const;
  void note_copy(Id id, std::string_view pass);
  Id shared_copy(Id id);
  bool relate(Id a, Id b, Position offset);
  void put_together(std::span<Id> ids, std::span<const Position> offsets, bool share);
  bool try_together(std::span<Id> ids, std::span<const Position> offsets, bool share,
                    bool move_all);

  bool twins_ = false;                         // some values are the same as others
  std::vector<Id> inputs_;                     // of values, and the lists of products
  std::unordered_map<Id, Id> dense_copies_;    // by what they are of
  std::unordered_map<Id, Id> movable_copies_;  // by what owns its memory
  std::unordered_map<Id, std::vector<Index>>
      part_ends_;  // of joined values, in elements or columns
};

template <class F>
void Draft::for_each_operand(const BlockProduct& product, F f) const {
  for (const List list : {product.a, product.b, product.bias}) {
    for (const Id id : ids(list)) f(id);
  }
}

template <class F>
void Draft::for_each_result(const BlockProduct& product, F f) const {
  for (const Id id : ids(product.out)) f(id);
  for (const Id id : ids(product.sums)) {
    if (id != kNone) f(id);
  }
}

template <class F>
void Draft::for_each_need(Id id, F f) const {
  const Value& value = values[id];
  if (value.product != kNone) {
    for_each_operand(products[value.product], f);
  } else {
    for (const Id input : inputs_of(id)) f(input);
  }
}

}  // namespace unroll
