#pragma once
/// The gradients of a loss with respect to every parameter of a tree.

#include <unroll/core/parameters.h>
#include <unroll/core/var.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace unroll {

/// One gradient a parameter, laid out in a flat block like the parameters themselves. Computed when
/// first read, which has to happen before the tape is cleared; valid after that. A loss that has no
/// value yet is computed with them, in less time than before them: ask for it afterwards.
///
/// The gradient of an embedding is zero but for the rows that were looked up. It has its place in
/// the block like any other, and `segments()` leaves out the rows that are zero, so a pass over the
/// segments costs what was touched.
class Gradients {
 public:
  /// Elements [begin, end) of the flat block.
  struct Segment {
    Index begin;  // first element
    Index end;    // one past the last
  };
  /// The memory of gradients, kept from step to step.
  struct Workspace;

  /// A parameter that the loss depends on, by its index in the tree, and its gradient.
  struct Reached {
    std::size_t parameter;  // its index in the tree
    Var gradient;           // of its shape, on the tape of the loss
  };

  /// What Tape::gradients makes: of `loss`, for the parameters that were reached.
  Gradients(const Parameters& parameters, Var loss, std::vector<Reached> reached)
      : parameters_(parameters), loss_(loss), reached_(std::move(reached)) {}

  Gradients(const Gradients&) = delete;  // clipping changes the block in place
  Gradients& operator=(const Gradients&) = delete;
  /// Moved, not copied.
  Gradients(Gradients&&) = default;
  Gradients& operator=(Gradients&&) = default;
  ~Gradients() = default;

  /// The tree that they are the gradients of.
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  /// Computes them now, unless that is done.
  void run() const { (void)computed(); }
  /// A gradient whose elements are final, while others are still being computed.
  struct Ready {
    std::size_t parameter;        // its index in the tree
    std::span<std::byte> values;  // in the flat block; may be changed
  };
  /// Gets the gradients that became final since its last call, perhaps none.
  using OnReady = std::function<void(std::span<const Ready>)>;
  /// Computes them now, unless that is done, and calls `on_ready` on this thread after every step
  /// of the plan; where no plan is used, not at all. It gets some or all gradients of early(), each
  /// at most once, and may not use the tape. An exception of `on_ready` ends the run.
  void run(const OnReady& on_ready) const { (void)computed(on_ready); }
  /// The parameters, by their indices in the tree, whose gradients run() may complete early: dense
  /// ones that nothing else on the tape reads. None where they are computed already.
  [[nodiscard]] std::vector<std::size_t> early() const;
  /// What is not zero, in ascending order.
  [[nodiscard]] std::span<const Segment> segments() const;
  /// The flat block, laid out like `parameters().flat()`.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    return flat().values<T>();
  }
  /// The same, to change. The tape's own values stay what they are.
  template <class T>
  [[nodiscard]] std::span<T> values() {
    release();
    const auto read_only = flat().values<T>();
    return {const_cast<T*>(read_only.data()), read_only.size()};
  }
  /// The flat block, of the type of the parameters.
  [[nodiscard]] TensorView flat() const;
  /// Multiplies all of them by `factor`, when they are next read.
  void scale(double factor);
  /// The flat block before that, and the factor that is still to be applied: for an optimizer,
  /// which reads every element once.
  struct Unscaled {
    TensorView flat;  // before the factor
    double factor;    // by which each element is to be multiplied
  };
  [[nodiscard]] Unscaled unscaled() const;
  /// The gradient of one parameter, of the parameter's shape.
  /// HandleError for a parameter of another tree.
  [[nodiscard]] TensorView operator[](const Parameter& parameter) const;
  /// The rows of the parameter that were touched, ascending, where its gradient is row-sparse.
  [[nodiscard]] std::span<const std::int32_t> touched_rows(const Parameter& parameter) const;
  /// Whether its gradient is zero but for rows that are known: that of an embedding.
  [[nodiscard]] bool is_row_sparse(const Parameter& parameter) const;

  /// The elements of one parameter's gradient that may differ from zero.
  struct Touched {
    std::size_t parameter;           // its index in the tree
    bool all = false;                // every element
    std::vector<std::int32_t> rows;  // without `all` these rows, ascending
  };
  /// The touched elements of every parameter, in the order of the tree.
  [[nodiscard]] std::vector<Touched> touched() const;
  /// Counts these elements as touched beside those that are: they are zero, and values() may now
  /// change them. For gradients that come from several processes.
  /// ValueError for a row that the parameter does not have.
  void touch(std::span<const Touched> more);

 private:
  Workspace& computed(const OnReady& on_ready = {}) const;
  Workspace& scaled() const;
  void compute(Workspace& workspace, const OnReady& on_ready) const;
  void release();
  [[nodiscard]] const Workspace& computed_with(const Parameter& parameter) const;

  Parameters parameters_;
  Var loss_;
  std::vector<Reached> reached_;
  mutable std::shared_ptr<Workspace> workspace_;
};

/// The memory of gradients, kept from step to step.
struct Gradients::Workspace {
  /// The form of one gradient: all zero, dense, or zero but for the rows that are listed.
  enum class Form : std::uint8_t { zero, dense, rows };
  /// One parameter's.
  struct Entry {
    Form form = Form::zero;          // zero, dense, or rows
    std::vector<std::int32_t> rows;  // touched, ascending
  };
  DType dtype;                     // of the elements
  Index size;                      // how many there are
  std::uint64_t layout = 0;        // of the parameters it is laid out like
  Tape* tape = nullptr;            // whose nodes have their values in it; null once it was cleared
  double factor = 1;               // that the elements are still to be multiplied by
  Buffer flat;                     // untouched rows of a row-sparse gradient are zero
  std::vector<Entry> entries;      // one a parameter
  std::vector<Segment> segments;   // what Gradients::segments() gives
  std::vector<std::uint8_t> seen;  // scratch: rows met so far, all zero between uses
};

}  // namespace unroll
