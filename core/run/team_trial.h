#pragma once
/// How many threads of a team pay, by trial.

#include <array>

namespace unroll {

/// What a program does from one run of a plan to the next, its round, is also clipping, the update
/// and recording the next step. What the threads of the plan wrote lies in the caches of their
/// cores, and what comes next has to fetch it from there: whether threads pay is seen in the time
/// of whole rounds only. So now and then some rounds have half as many threads, or twice as many;
/// the rounds after them have the number that was faster.
class TeamTrial {
 public:
  /// How many threads, of at most `most`, the next round should have.
  [[nodiscard]] int choose(int most);
  /// What a round took on as many threads as were chosen last: `seconds` for a plan of that many
  /// operations.
  void note(double seconds, double operations);

 private:
  /// The times of the last rounds.
  class Times {
   public:
    static constexpr int kEnough = 5;
    void add(double time);
    void clear() { count_ = 0; }
    [[nodiscard]] bool are_enough() const { return count_ >= kEnough; }
    [[nodiscard]] double median() const;

   private:
    std::array<double, kEnough> times_{};
    int count_ = 0;
  };
  static constexpr int kSkipped = 2;  // rounds of a trial that do not count: they fill the caches
  static constexpr int kRounds = kSkipped + Times::kEnough;  // of a trial

  [[nodiscard]] int other_size() const;

  int most_ = 0;
  int size_ = 0;         // what was best, as far as is known
  int tried_ = 0;        // 0: no trial
  int skipped_ = 0;      // rounds of this trial that did not count
  bool smaller_ = true;  // whether the next trial has fewer threads
  double allowed_ = 0;   // seconds that the next trial may cost
  Times usual_;          // of an operation, on size_ threads
  Times in_trial_;       // of an operation, on tried_ threads
};

}  // namespace unroll
