#pragma once
/// A plan in the making: what the passes work on.

#include <unroll/core/op.h>
#include <unroll/core/plan/arrangement.h>
#include <unroll/core/plan/plan.h>
#include <unroll/core/plan/request.h>

#include <numeric>
#include <optional>
#include <unordered_map>
#include <vector>

namespace unroll {

/// How a value comes about.
enum class Role : std::uint8_t {
  source,  // is there already
  view,    // the memory of another value, or a part of it
  joined,  // its parts lie one after another, or side by side: nothing to do once they are there
  copy,    // of its input, at a place of its own
  elementwise,  // computed where it is first needed, with its neighbours
  product,      // computed by one of Draft::products
  kernel,       // computed by the kernel of its operation
  sum,          // of an element-wise value, and computed along with it
  also,         // given by the kernel of its only input, along with that
  gone,         // part of something else now
};

/// Where a value's memory begins: at an element of the value that owns it. A window begins `column`
/// columns to the right of that element; where its owner lies beside others, that can be in them.
struct Ref {
  Id root;
  Index offset;
  Index column = 0;
  friend bool operator==(const Ref&, const Ref&) = default;
};

/// A value, seen as a matrix: the last dimension is a row.
struct Value {
  Role role = Role::source;
  const Op* op = nullptr;
  Ref ref{};
  Index rows = 1;
  Index columns = 1;
  DType dtype = DType::f32;
  std::uint32_t first_input = 0;
  std::uint32_t input_count = 0;
  Id product = kNone;
  bool window = false;  // some columns of rows of the matrix its memory is in
  bool target = false;
  bool placed = false;     // at a destination outside the plan's memory
  bool parameter = false;  // a source that is a parameter, or part of one
  bool may_go = false;     // nobody asks for it after the run
};

/// A product of matrices of blocks: c[i][j] = sum over q of a[i][q] b[q][j], plus bias[j].
struct BlockProduct {
  bool transpose_a = false;
  bool transpose_b = false;
  bool ones = false;   // a is a row of ones
  bool swept = false;  // the sweeps that compute b add it up
  Index m = 0;         // of one block
  Index n = 0;
  std::vector<Index> k;  // of the blocks along the inner dimension
  std::size_t rows = 1;  // in blocks
  std::size_t columns = 1;
  std::vector<Id> a;       // rows x k.size(); none where it is ones
  std::vector<Id> b;       // k.size() x columns
  std::vector<Id> bias;    // columns, or none
  std::vector<Id> out;     // rows x columns
  std::vector<Id> sums{};  // rows, or none: of a along the inner dimension, where it is transposed
  Id order = 0;            // the last node it stands for
  [[nodiscard]] std::size_t inner() const { return k.size(); }
  [[nodiscard]] Index depth() const { return std::accumulate(k.begin(), k.end(), Index{0}); }
  [[nodiscard]] bool empty() const { return out.empty(); }
  template <class F>
  void for_each_operand(F f) const {
    for (const std::vector<Id>* const ids : {&a, &b, &bias}) {
      for (const Id id : *ids) f(id);
    }
  }
  template <class F>
  void for_each_result(F f) const {
    for (const Id id : out) f(id);
    for (const Id id : sums) {
      if (id != kNone) f(id);
    }
  }
};

class Draft {
 public:
  /// Describes the values of a request; views are resolved, nothing is planned yet. Values can be
  /// put side by side only where `arrange` says so, otherwise no two places can overlap; with
  /// `columns` slices and concats of columns are resolved too.
  Draft(const Graph& graph, const Request& request, bool arrange, bool columns);

  const Graph& graph;
  const Request& request;
  std::vector<Value> values;
  std::vector<Id> inputs;
  std::vector<BlockProduct> products;
  Arrangement arrangement;
  std::vector<Assumption> assumptions;

  [[nodiscard]] std::span<const Id> inputs_of(Id id) const {
    return {inputs.data() + values[id].first_input, values[id].input_count};
  }
  /// What has to be there before `id` can be computed: its inputs, or the operands of its product.
  template <class F>
  void for_each_need(Id id, F f) const;

  /// How often each value is used, as an input or a target.
  [[nodiscard]] std::vector<std::uint32_t> count_uses() const;

  /// A new value of the same size and type, free to lie anywhere.
  Id add_like(Id id, Role role);
  Id add_copy(Id id);
  void set_inputs(Id id, std::span<const Id> ids);

  /// Puts values side by side, value i at offsets[i] from the first. One that has to stay where it
  /// is is replaced in `ids` by a copy.
  struct Offset {
    Index rows;
    Index columns;
  };
  void gather(std::span<Id> ids, std::span<const Offset> offsets);
  /// The same for the results of a product: one that has to be elsewhere is copied there.
  void scatter(Id product, std::span<const Offset> offsets);

  /// What the operation of a node is told.
  [[nodiscard]] Signature signature(Id id) const;
  /// Whether `id` stands for a node that reads a parameter.
  [[nodiscard]] bool reads_parameter(Id id) const;
  /// What `id` is a view of, through views of views.
  [[nodiscard]] Id behind_views(Id id) const;
  /// Whether `id` is all of the value it lies in, row by row; a part of several that were joined,
  /// of the size of the first, is not.
  [[nodiscard]] bool is_whole(Id id) const;
  /// Where it begins in the matrix of what owns its memory, if each of its rows is part of a row of
  /// that matrix.
  struct Position {
    Index row;
    Index column;
  };
  [[nodiscard]] std::optional<Position> position(Id id) const;
  /// Whether its rows lie apart in memory.
  [[nodiscard]] bool has_gaps(Id id) const;
  /// The one copy of it that has none.
  Id without_gaps(Id id);
  /// Where a source, or what is placed, lies now.
  [[nodiscard]] const std::byte* address(Id id) const;
  /// Whether `b` begins `bytes` after `a`; a plan made on that ground is used only where it holds.
  bool assume_adjacent(Id a, Id b, Index bytes);
  /// Orders values by where they lie: those placed outside by address, those arranged side by side
  /// by their place, others by their time step, then by when they were recorded.
  [[nodiscard]] bool lies_before(Id a, Id b) const;

 private:
  void add_work(Id id);
  void resolve_view(Id id);
  void resolve_concat(Id id);
  void resolve_slice(Id id);
  [[nodiscard]] bool is_all_rows(Id id) const;
  [[nodiscard]] Id part_at(Id id, bool beside, Index& begin, Index size) const;
  Id shared_copy(Id id);
  bool relate(Id a, Id b, Offset offset);
  void put_together(std::span<Id> ids, std::span<const Offset> offsets, bool share);
  bool try_together(std::span<Id> ids, std::span<const Offset> offsets, bool share, bool move_all);

  bool arranges_;  // otherwise every value stays where it is
  bool columns_;
  std::unordered_map<Id, Id> dense_copies_;    // by what they are of
  std::unordered_map<Id, Id> movable_copies_;  // by what owns its memory
};

template <class F>
void Draft::for_each_need(Id id, F f) const {
  const Value& value = values[id];
  if (value.product != kNone) {
    products[value.product].for_each_operand(f);
  } else {
    for (const Id input : inputs_of(id)) f(input);
  }
}

}  // namespace unroll
