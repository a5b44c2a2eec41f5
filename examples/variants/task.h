#pragma once
/// A toy task: sequences made up on the spot, a question about them, and what answers are worth.

#include <unroll/core/random.h>
#include <unroll/layers/gate.h>

#include <memory>
#include <span>
#include <string_view>

namespace variants {

using unroll::Index;

/// Sequences side by side, B of them over T steps.
struct Batch {
  unroll::Tensor x;  // (T, B, features), or ids (T, B)
  unroll::Tensor y;  // the right answers: (B, 1) at the end, or ids (T, B) after each step
};

/// The target of a step that nothing is asked after, and of padding; losses ignore it.
inline constexpr std::int32_t kIgnored = -1;

/// When a cell has to answer.
enum class Asked : std::uint8_t { at_the_end, at_each_step };

/// How good answers are: the mean loss of an answer, and the score that the literature quotes, from
/// 0 to 1.
struct Measure {
  double loss = 0;
  double score = 0;
};

/// A task of a certain length.
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;

  /// What the cell reads at each step.
  [[nodiscard]] virtual unroll::Input input() const = 0;
  /// Numbers in an answer: a value, or one logit a symbol.
  [[nodiscard]] virtual Index outputs() const = 0;
  [[nodiscard]] virtual Asked asked() const = 0;

  /// `batch` new sequences; the same for the same random numbers.
  [[nodiscard]] virtual Batch draw(Index batch, unroll::Random& random) const = 0;

  /// The mean loss of answers (B, outputs) or (T, B, outputs): the mean cross entropy of the
  /// symbols asked for, unless a task says otherwise.
  [[nodiscard]] virtual unroll::Var loss(unroll::Var answers, const Batch& batch) const;
  /// The mean score of the sequences.
  [[nodiscard]] virtual double score(const unroll::TensorView& answers,
                                     const Batch& batch) const = 0;

  /// The loss of an answer that does not depend on what was read.
  [[nodiscard]] virtual double guessing() const = 0;
  /// The loss in the long run that nothing can beat.
  [[nodiscard]] virtual double floor() const { return 0; }
  [[nodiscard]] virtual bool solved(const Measure& measure) const = 0;
};

/// How a training goes unless it is told otherwise.
struct Defaults {
  Index length;
  Index hidden;
  Index batch;
  Index steps;
  double learning_rate;
  double clip;
};

/// One entry of the list of tasks.
struct TaskEntry {
  std::string_view name;
  std::string_view source;      // the paper it comes from
  std::string_view definition;  // in two or three sentences
  std::string_view length;      // what its length counts
  std::string_view loss;        // what its loss is
  std::string_view score;       // what its score is
  std::string_view solved;      // when it counts as solved
  Defaults defaults;
  std::unique_ptr<Task> (*make)(Index length);
};

extern const TaskEntry kAdding;  // tasks/adding.cpp
extern const TaskEntry kCopy;    // tasks/copy.cpp
extern const TaskEntry kReber;   // tasks/reber.cpp
extern const TaskEntry kParity;  // tasks/parity.cpp
extern const TaskEntry kAnbn;    // tasks/anbn.cpp

/// Every task there is.
[[nodiscard]] std::span<const TaskEntry* const> all_tasks();
/// The task of that name; unroll::Error naming those there are.
[[nodiscard]] const TaskEntry& find_task(std::string_view name);

/// The symbol with the largest of the logits in (..., V) at row `n`.
[[nodiscard]] Index best_symbol(const unroll::TensorView& logits, Index n);

/// The part of the sequences, ids (T, B), in which the likeliest symbol is right wherever
/// `counts(t, b)` and a symbol is asked for.
template <class Counts>
double part_all_right(const unroll::TensorView& logits, const unroll::TensorView& y,
                      Counts counts) {
  const Index steps = y.shape[0];
  const Index batch = y.shape[1];
  const auto asked = y.values<std::int32_t>();
  Index right = 0;
  for (Index b = 0; b < batch; ++b) {
    bool all = true;
    for (Index t = 0; t < steps; ++t) {
      const std::int32_t target = asked[static_cast<std::size_t>(t * batch + b)];
      if (target == kIgnored || !counts(t, b)) continue;
      all = all && best_symbol(logits, t * batch + b) == target;
    }
    right += all ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(batch);
}

}  // namespace variants
