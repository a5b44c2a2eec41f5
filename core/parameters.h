#pragma once
/// Parameters: a named tree of tensors whose values lie in one contiguous block.

#include <unroll/core/random.h>
#include <unroll/core/tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

class ParameterStore;

/// Fills a new parameter (row-major, double precision) from its own stream of random numbers.
using Initializer = std::function<void(const Shape&, std::span<double>, Random&)>;

/// One trained tensor: a handle, copied freely, that holds as long as its `Parameters` do.
class Parameter {
 public:
  Parameter() = default;
  /// The parameter `index` of a tree; what Parameters::add gives.
  Parameter(ParameterStore* store, std::size_t index) : store_(store), index_(index) {}

  /// Its path in the tree, such as "encoder.1.z.W".
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const Shape& shape() const;
  [[nodiscard]] TensorView value() const;
  /// Replaces its values, converted to the parameters' type; ShapeError for another shape.
  void set(const TensorView& values) const;
  /// Where its values begin in the flat block, in elements.
  [[nodiscard]] Index offset() const;
  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] ParameterStore* store() const { return store_; }
  /// Whether it is the parameter of a tree; anything else asked of one that is not is a
  /// HandleError.
  explicit operator bool() const { return store_ != nullptr; }

  friend bool operator==(const Parameter&, const Parameter&) = default;

 private:
  [[nodiscard]] ParameterStore& tree() const;

  ParameterStore* store_ = nullptr;
  std::size_t index_ = 0;
};

/// A tree of parameters, or a branch of one: `parameters / "encoder" / "z"` is the branch whose
/// names begin with "encoder.z.". Branches share the tree they come from.
///
/// The values of all parameters lie in one block: an optimizer's step, clipping and a checkpoint
/// each are one pass over flat memory. Within it the tensors of one name in the gates of one cell
/// (all W, all U, all b) are neighbours, whatever the order they were created in.
class Parameters {
 public:
  /// An empty tree. Initial values are drawn from `seed`, each parameter from a stream of its name.
  explicit Parameters(DType dtype = DType::f32, std::uint64_t seed = 0);

  /// The branch of that name, or number, below this one.
  [[nodiscard]] Parameters operator/(std::string_view branch) const;
  [[nodiscard]] Parameters operator/(Index branch) const;

  /// A new parameter; Error where the name is taken or a tape still reads this tree.
  Parameter add(std::string_view name, const Shape& shape, Initializer initialize) const;

  /// The parameters below this branch, in the order they were created.
  [[nodiscard]] std::vector<Parameter> all() const;
  /// The parameter of that name below this branch; Error naming those there are.
  [[nodiscard]] Parameter operator[](std::string_view name) const;

  /// The element type of all parameters.
  [[nodiscard]] DType dtype() const;
  /// The number of values below this branch.
  [[nodiscard]] Index size() const;

  /// The flat block of the whole tree, to read.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    return flat().values<T>();
  }
  [[nodiscard]] TensorView flat() const;
  /// The flat block of the whole tree, to change. Tapes first copy the old values that nodes
  /// recorded before may still read.
  template <class T>
  [[nodiscard]] std::span<T> change() const {
    const TensorView view = begin_change();
    return {const_cast<T*>(view.values<T>().data()), static_cast<std::size_t>(view.size())};
  }

  /// Copies the values of every parameter of this tree from the one of the same name in another;
  /// Error where one is missing there or has another shape, and nothing is changed.
  void copy_from(const Parameters& other) const;

  /// The tree that this is a branch of.
  [[nodiscard]] ParameterStore& store() const { return *store_; }

 private:
  Parameters(std::shared_ptr<ParameterStore> store, std::string prefix);
  [[nodiscard]] TensorView begin_change() const;

  std::shared_ptr<ParameterStore> store_;
  std::string prefix_;
};

/// A tape that has recorded uses of parameters, not all of which have run.
class ParameterReader {
 public:
  ParameterReader() = default;
  ParameterReader(const ParameterReader&) = delete;
  ParameterReader& operator=(const ParameterReader&) = delete;
  virtual ~ParameterReader() = default;
  /// Called before the values of `store` change: copies those that may still be needed.
  virtual void settle(const ParameterStore& store) = 0;
};

}  // namespace unroll
