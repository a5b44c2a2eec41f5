#pragma once
/// How many threads of a team pay, by trial.

#include <array>

namespace unroll {

/// A program runs a plan, clips the gradient, updates the parameters, records the next step and
/// runs a plan again. From the beginning of one run to the beginning of the next is a round. What a
/// thread writes during the run stays in the cache of its core. The update then needs it on other
/// cores, too, which fetch it from there. Where fetching is slow, a second thread makes the run
/// faster and the round slower: only the time of whole rounds says whether more threads are better.
///
/// A trial gives some rounds of one plan half as many threads, or twice as many. If these rounds
/// are faster, the rounds after them have that number of threads too. Trials are repeated, because
/// another number may become the fastest; they cost about one percent of the time.
class TeamTrial {
 public:
  /// How many threads, of at most `most`, the round that begins now should have.
  [[nodiscard]] int choose(int most);
  /// Says how many seconds the round took that choose() was called for last. Time in which the
  /// program waited for something else does not belong to them.
  void note(double seconds);

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
  static constexpr int kSkipped = 2;  // rounds that do not count: they fill the caches
  static constexpr int kRounds = kSkipped + Times::kEnough;  // of a trial

  [[nodiscard]] int other_size() const;
  void end_trial();

  int most_ = 0;         // threads that a round may have
  int size_ = 0;         // threads outside trials
  int tried_ = 0;        // threads in the trial; 0: there is none
  int skipped_ = 0;      // rounds that did not count since the number of threads changed
  bool smaller_ = true;  // whether the next trial has fewer threads
  double allowed_ = 0;   // seconds that the next trial may cost
  Times usual_;          // on size_ threads
  Times in_trial_;       // on tried_ threads
};

}  // namespace unroll
