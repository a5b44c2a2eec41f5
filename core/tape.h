#pragma once
/// The tape: records operations, differentiates them, runs them.

#include <unroll/core/gradients.h>
#include <unroll/core/graph.h>
#include <unroll/core/names/names.h>
#include <unroll/core/op.h>
#include <unroll/core/parameters.h>
#include <unroll/core/passes.h>
#include <unroll/core/run/arena.h>
#include <unroll/core/var.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace unroll {

class Planner;

/// Records what is computed, in order. Nothing runs until a value is asked for; what is asked for
/// is what running each line at once would have given.
///
/// A tape is used by one thread at a time; two tapes may be used on two threads at once. After an
/// exception a tape can be used further, at the latest after `clear()`.
class Tape final : private ParameterReader {
 public:
  /// A tape whose floating-point values are `dtype`: f32 to train, f64 to check gradients.
  explicit Tape(DType dtype = DType::f32);
  ~Tape() override;
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  Tape(Tape&&) = delete;
  Tape& operator=(Tape&&) = delete;

  /// The type of floating-point values on this tape.
  [[nodiscard]] DType dtype() const { return dtype_; }

  /// Puts values on the tape: floating-point ones as the tape's type, i32 as they are.
  Var input(const TensorView& values);
  /// The parameter as it is now; the same Var each time until the tape is cleared.
  Var parameter(const Parameter& parameter);
  /// From here on `parameter` reads as `value`, a Var of its shape, until `clear()` or until the
  /// parameters change: weights dropped or normalised, in any layer, without its knowing. The
  /// gradient goes through `value` to the parameter where `value` was computed from it.
  void replace(const Parameter& parameter, Var value);
  /// From here on layers that multiply something by `parameter` first multiply it by `mask`,
  /// element-wise, until `clear()` or until the parameters change.
  void mask_input(const Parameter& parameter, Var mask);
  [[nodiscard]] std::optional<Var> input_mask(const Parameter& parameter);
  /// Appends a node. Called by the functions of ops/; throws what the operation's rules say. What
  /// is recorded of parameters alone, the same at every step, is computed once and differentiated
  /// once.
  Var record(const Op& op, std::span<const Var> inputs, const Attributes& attributes = {});

  /// The gradients of the sum of `loss`'s elements with respect to each of `wrt`: new Vars,
  /// recorded as ops, which can be differentiated again. Zero for a Var the loss does not depend
  /// on.
  std::vector<Var> gradients(Var loss, std::span<const Var> wrt);
  /// The same for every parameter of the tree; computed when first read, and the loss with them.
  /// Where the loss depends on none of them, which trains nothing, an Error unless `unreached` is
  /// zero.
  enum class Unreached : std::uint8_t { error, zero };
  Gradients gradients(Var loss, const Parameters& parameters,
                      Unreached unreached = Unreached::error);

  /// Runs what `var` needs and has not run yet. The view holds until `clear()`.
  TensorView value(Var var);

  /// `var` is not asked for after the backward pass; its memory may be reused by then. What is
  /// recorded on it still reads it. Has no effect once gradients were computed with it. Asking for
  /// it nevertheless is a HandleError once a parameter has changed that it was computed from.
  void discard(Var var);

  /// While it lives no gradients can be recorded on its tape, and running keeps only what was asked
  /// for: memory is used again as soon as nothing needs it. What is asked for later is computed
  /// again, if no parameter has changed that it was computed from.
  class Inference {
   public:
    /// Begins and, at the end of the scope, ends it.
    explicit Inference(Tape& tape) : tape_(tape) { ++tape_.inferences_; }
    ~Inference() { --tape_.inferences_; }
    Inference(const Inference&) = delete;
    Inference& operator=(const Inference&) = delete;

   private:
    Tape& tape_;
  };

  /// Forgets every node and keeps the memory. Vars recorded before are stale from here on.
  void clear();

  /// In anomaly mode the first NaN or infinity that appears, forward or backward, is a
  /// NonFiniteError that names the operation, the ranges of its inputs, parameters and time step.
  void set_anomaly_mode(bool on) { anomaly_mode_ = on; }

  /// Which passes plans are made with from here on; at first those UNROLL_PLAN names, or all.
  void set_passes(const Passes& passes);
  /// Plans are kept, to be found when the same is recorded again, as long as they take no more
  /// memory than this together; 512 MB at first.
  void set_plan_memory(std::size_t bytes);
  /// Whether the steps of plans are timed.
  void set_timing(bool on);
  /// The plan that ran last, one line a step: kernel, nodes, shapes, operations, bytes. If it was
  /// timed, milliseconds, and what steps of one kind and shape took together, the longest first.
  /// Empty where none has run since `set_passes`.
  [[nodiscard]] std::string plan_to_string() const;
  /// Prints `plan_to_string()` to standard output.
  void print_plan() const;

  /// The nodes, one a line: number, operation, shape, inputs, time step; with their values if
  /// asked.
  [[nodiscard]] std::string to_string(bool with_values = false);
  /// Prints `to_string()` to standard output.
  void print(bool with_values = false);
  /// The nodes as a Graphviz graph; the nodes of the gradient are drawn in another colour.
  [[nodiscard]] std::string to_dot() const;

  /// Calls `var` what equations call it: "c'". For values whose name cannot be derived; it shows in
  /// prints, drawings and errors, and changes nothing else. Returns `var`.
  Var name(Var var, std::string name);
  /// The name of each node, empty where it has none: derived, see derive_names(). Costs a walk over
  /// the tape.
  [[nodiscard]] std::vector<std::string> names() const;
  /// The name of one of them; costs as much.
  [[nodiscard]] std::string name_of(Var var) const;
  /// The gradient, with respect to `var`, of the loss of which gradients were asked for last;
  /// nothing where they did not reach it.
  [[nodiscard]] std::optional<Var> gradient_of(Var var);
  /// The same for all: by node the number of the node that is its gradient, or -1.
  [[nodiscard]] std::vector<std::int32_t> gradient_nodes() const;

  /// While the scope lives, new nodes belong to one step of a cell. `equations`, one a line, are
  /// the equations of that cell: names are derived from them. The text has to outlive the nodes.
  class EquationsScope {
   public:
    /// Begins and, at the end of the scope, ends it.
    EquationsScope(Tape& tape, std::string_view equations);
    ~EquationsScope();
    EquationsScope(const EquationsScope&) = delete;
    EquationsScope& operator=(const EquationsScope&) = delete;

   private:
    Tape& tape_;
    std::size_t position_;
  };

  /// The number of nodes, those of gradients included.
  [[nodiscard]] Index node_count() const { return static_cast<Index>(graph_.nodes.size()); }
  /// The memory held for nodes, values and plans, in bytes; stops growing after the first step of a
  /// loop.
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] const Graph& graph() const { return graph_; }

  /// While it lives, what is recorded belongs to time step `step` (shown in prints and errors).
  class StepScope {
   public:
    /// Begins and, at the end of the scope, ends it.
    StepScope(Tape& tape, Index step);
    ~StepScope();
    StepScope(const StepScope&) = delete;
    StepScope& operator=(const StepScope&) = delete;

   private:
    Tape& tape_;
    std::int32_t previous_;
  };

  /// Throws HandleError unless `var` is of this tape and of its current generation.
  void require(Var var) const {
    if (&var.tape() != this || var.generation() != generation_) refuse(var);
  }

 private:
  friend class Differentiation;

  friend class Gradients;
  friend class Replay;
  friend class TapeView;

  struct ParameterNode {
    Parameter parameter;
    std::uint32_t index;
    std::uint64_t version;  // of its tree when it was recorded
    bool copied = false;    // its node has the values in a copy
    std::optional<Var> replacement = {};
    std::optional<Var> input_mask = {};
  };

  [[noreturn]] void refuse(Var var) const;
  [[nodiscard]] std::string called(std::uint32_t index) const;
  friend class Var;
  ParameterNode& known(const Parameter& parameter);

  Node& append(const Op& op, const Attributes& attributes = {});
  [[nodiscard]] std::uint32_t twin_of_last();
  [[nodiscard]] Var last() {
    return {this, static_cast<std::uint32_t>(graph_.nodes.size() - 1), generation_};
  }
  void note_reader(Node& node);
  void detach();
  /// Passes `on_computed` to Planner::run(); it is not called where nodes run one by one.
  void run(std::span<const std::uint32_t> targets, bool for_gradients = false,
           const std::function<void(std::span<const std::uint32_t>)>& on_computed = {});
  void run_one_by_one();
  void note_forgotten(std::span<const std::uint32_t> nodes);
  void require_gradients() const;
  void require_not_lost() const;
  [[nodiscard]] bool is_lost(std::uint32_t index);
  void close_gaps(std::uint32_t index);
  [[nodiscard]] std::vector<std::uint8_t> find_needed() const;
  void keep_old_values(std::vector<ParameterNode*> kept);
  void settle(const ParameterStore& store) override;
  [[nodiscard]] bool is_current(std::int32_t parameter) const;
  void require_current(std::int32_t parameter) const;

  DType dtype_;
  bool anomaly_mode_ = false;
  std::int32_t step_ = -1;
  std::int32_t origin_ = -1;
  std::uint32_t generation_ = 1;
  Graph graph_;
  Arena arena_;
  std::vector<std::shared_ptr<ParameterStore>> stores_;  // attached to
  std::vector<ParameterNode> parameter_nodes_;
  std::vector<std::uint32_t> newest_;  // where in it to look first, by index of the parameter
  std::vector<std::shared_ptr<Gradients::Workspace>> workspaces_;  // values were written into
  std::vector<std::uint32_t> parameter_readers_;  // nodes that read a parameter's memory
  std::vector<std::uint32_t> parameter_views_;
  std::unordered_multimap<std::size_t, std::uint32_t> fixed_nodes_;  // by a hash of what they are
  NameSources name_sources_;
  std::vector<std::uint32_t> schedule_;
  std::vector<std::uint8_t> marks_;
  std::vector<std::uint8_t> spent_;  // by node: whether gradients were computed with it
  bool has_lost_ = false;            // some node is
  int inferences_ = 0;               // scopes that live
  Passes passes_ = Passes::from_environment();
  std::unique_ptr<Planner> planner_;
  std::uint32_t planned_generation_ = 0;  // in which the plan that ran last did, 0: none
};

inline Shape Var::shape() const {
  tape().require(*this);
  return tape_->graph().nodes[index_].shape;
}

inline DType Var::dtype() const {
  tape().require(*this);
  return tape_->graph().nodes[index_].dtype;
}

}  // namespace unroll
