#pragma once
/// Random programs: what they record is a function of two numbers, one for the structure and one
/// for the data, so that a program can be recorded again, longer or shorter, and with other data.

#include "support.h"

namespace unroll::testing {

struct Recipe {
  std::uint64_t structure;
  std::uint64_t data;
  int size;  // operations that are chosen; a shorter program is the beginning of a longer one
  DType dtype;
};

/// Records a random program on a tape and keeps what of it can be asked for.
class RandomProgram {
 public:
  RandomProgram(Tape& tape, const Recipe& recipe);

  Parameters parameters;
  std::vector<Var> losses;
  std::vector<Gradients> gradients;

 private:
  void add_leaves();
  void add_operation();
  void add_losses();
  [[nodiscard]] Var add_classification();
  void add_element_wise();
  void add_product();
  void add_reduction();
  void add_sums();
  void add_view();
  void add_joined();
  void add_columns();
  void add_groups();
  void add_lookup();
  void add_recurrence();
  void ask_in_the_middle();

  [[nodiscard]] Index below(Index bound) { return random_.below(bound); }
  [[nodiscard]] bool one_in(Index n) { return below(n) == 0; }
  [[nodiscard]] Var any() { return pool_[static_cast<std::size_t>(below(std::ssize(pool_)))]; }
  /// A recent value rather than an old one, so that chains become long.
  [[nodiscard]] Var recent();
  [[nodiscard]] Var bounded(Var x) { return one_in(2) ? tanh(x) : x; }
  template <class Fits>
  [[nodiscard]] std::vector<Var> all_that(Fits fits) const {
    std::vector<Var> found;
    std::copy_if(pool_.begin(), pool_.end(), std::back_inserter(found), fits);
    return found;
  }
  [[nodiscard]] Var ids(const Shape& shape, Index bound);
  void keep(Var x);

  Tape& tape_;
  Recipe recipe_;
  Random random_;  // of the structure
  Random values_;  // of the data
  Index steps_ = 1;
  Index batch_ = 1;
  Index features_ = 1;
  Index hidden_ = 1;
  std::vector<Var> pool_;  // floating-point values
  std::vector<Var> leaves_;
  std::vector<Parameter> W_;
  std::vector<Parameter> U_;
  std::vector<Parameter> b_;
  Parameter table_;
  std::int64_t site_ = 0;
};

}  // namespace unroll::testing
