#pragma once
/// Random programs: training steps of random networks, recorded through the public interface. What
/// a program does is a function of its recipe, so it can be run again in another way: with other
/// passes, on another number of threads, with other values.

#include <unroll/unroll.h>

#include <array>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace unroll::fuzz {

/// What a program is made from.
struct Recipe {
  std::uint64_t seed = 0;  // of the choices: structure and sizes
  std::uint64_t data = 0;  // of the values
  Index largest = 300;     // the size of an axis is at most this
  Index longest = 12;      // a sequence has at most this many steps
  // Whether values have to have the same bits always: also after a change of parameters, with two
  // trees of parameters, and where a plan of a nearly equal program is known.
  bool all_bits = false;
  double nudge = 0;  // every value is multiplied by a number this near to 1
};

/// The tapes that a program records on. They outlive it, as do the plans they have found.
struct Tapes {
  explicit Tapes(const Passes& passes);
  Tape first{DType::f64};
  Tape second{DType::f64};
};

/// How a program is run. It gives the same values in every way.
struct Way {
  Passes passes = Passes::none();
  std::vector<int> threads = {1};             // one after another, piece by piece of the program
  std::uint64_t order = 0;                    // 0: values are read in order, else in a random order
  std::function<void(Tapes&)> on_clear = {};  // called before tapes are cleared
};

/// One thing that a program has shown: values, or the text of an error.
struct Seen {
  std::string label;
  std::vector<double> values = {};
  std::string error = {};
  bool may_be_lost = false;  // a plan may say that it cannot be read any more
  bool any_bits = false;     // the order in which terms are added is not always the same
};
using Outcome = std::vector<Seen>;

/// A loss that a program asks the gradients of; leaves are the parameters and the inputs.
struct Differentiated {
  Var loss;
  std::vector<Parameters> trees;
  std::vector<Var> inputs;
};

/// A program while it runs: what a structure makes its choices with, takes its values from and
/// shows its results to.
class Program {
 public:
  Program(const Recipe& recipe, const Way& way, Tapes& tapes);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Choices. They depend on the seed alone.
  Index below(Index bound) { return choices_.below(bound); }
  Index between(Index low, Index high) { return low + below(high - low + 1); }
  bool one_in(Index n) { return below(n) == 0; }
  template <class T>
  const T& one_of(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(std::ssize(from)))];
  }
  /// The size of an axis: small in most programs, in some up to 300 and often near a power of two.
  Index size();
  /// At most 40.
  Index small_size();
  /// A number of sequences, sometimes 0 where that is allowed.
  Index batch(bool may_be_empty = false);
  /// The length of a sequence.
  Index steps();
  std::uint64_t seed() { return choices_.bits(); }
  [[nodiscard]] std::uint64_t data_seed() const { return recipe_.data; }

  // Values. They depend on the data seed too.
  Tensor tensor(const Shape& shape, double low = -1, double high = 1);
  Tensor id_tensor(const Shape& shape, Index bound);
  /// A new input, which gradients may be asked for.
  Var input(const Shape& shape, double low = -1, double high = 1);
  Var ids(const Shape& shape, Index bound);
  /// Initial values of parameters: uniform in +-scale/sqrt(fan in).
  Initializer weights(double scale = 1.5);
  CellOptions options();
  /// A new tree of parameters.
  Parameters tree();
  /// Gives every parameter of a tree a new value.
  void change(const Parameters& tree);
  /// From here on about one tensor of values in three has a NaN or an infinity in it.
  void spoil_values() { spoils_ = true; }
  /// One of the next tensors of ids has an id that is too large: `which`, counted from 0.
  void spoil_ids(Index which) { bad_ids_.push_back(id_tensors_ + which); }

  [[nodiscard]] Tape& tape() { return *tape_; }
  [[nodiscard]] Tapes& tapes() { return tapes_; }
  /// Inputs and learn() use this tape from here on.
  void use(Tape& tape) { tape_ = &tape; }

  /// Shows a value at the end of the piece, in whatever order the way has.
  void show(Var var);
  void show(std::string label, std::function<std::vector<double>()> read, bool may_be_lost = false);
  /// Shows a value now.
  void show_now(Var var);
  /// From here on the bits of values are known to depend on what a tape has run before.
  void expect_any_bits() { any_bits_ = true; }
  /// Asks for a value, in some ways only.
  void glance(Var var);
  /// Keeps gradients, and shows them at the end of the piece.
  Gradients& hold(Gradients gradients);

  /// The usual end of a piece: a loss of some results, its gradients for the trees of parameters
  /// and sometimes for inputs, a change of the parameters here or there; then everything is shown.
  void learn(const std::vector<Var>& results, const std::vector<Parameters>& trees);
  /// A scalar that depends on a value in a random way.
  Var loss_of(Var result);
  /// Shows what is to be shown, and forgets which inputs and gradients there were.
  void end_piece();
  /// The same, and clears the tapes.
  void clear();

  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  /// Is told of every loss before its gradients are asked for.
  std::function<void(const Differentiated&)> on_loss;

 private:
  struct Pending {
    std::size_t seen;  // index in outcome_
    std::function<std::vector<double>()> read;
  };

  void show_nodes(Tape& tape);
  void read(Pending& pending);
  void next_threads();

  Recipe recipe_;
  Way way_;
  Tapes& tapes_;
  Tape* tape_;
  Random choices_;
  Index scale_;  // no size is larger than that
  Random data_;
  Random order_;
  std::size_t pieces_ = 0;
  std::uint64_t trees_ = 0;
  bool spoils_ = false;
  bool changed_ = false;  // a parameter, since the last clear
  bool any_bits_ = false;
  Index id_tensors_ = 0;
  std::vector<Index> bad_ids_;  // which of them have an id that is too large
  std::vector<Var> inputs_;
  std::deque<Gradients> held_;
  std::vector<Pending> pending_;
  Outcome outcome_;
};

}  // namespace unroll::fuzz
