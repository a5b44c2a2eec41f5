#pragma once
/// The processes of one program that train together, on one machine or many: data parallelism over
/// MPI. A process started alone, and any process of an unroll built without MPI, is a group of one.

#include <unroll/core/run/share.h>
#include <unroll/core/tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace unroll {

/// What a process throws where another one has failed, and says why itself.
struct FailedElsewhere : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The processes that `mpirun -n 4 program`, or another launcher of MPI, has started:
///
///     Processes processes;                 // first thing in main
///     ...
///     all_reduce(processes, gradients);    // after each backward run
///
/// Every process has to make the same calls in the same order, because each call waits for the
/// other processes; only rank(), count(), share_a_machine() and share() wait for nobody. The
/// results are the same to the bit in all processes, and in every run on as many processes: sums
/// are formed in the order of the ranks, whatever the network does.
///
/// The program may use MPI itself. Messages of unroll have a communicator of their own, a duplicate
/// of MPI_COMM_WORLD, which is freed when MPI ends. Where the program has begun MPI before, it also
/// ends MPI, after its last call of unroll.
class Processes {
 public:
  /// Joins the processes that were started together. Each gets its share of its machine's cores as
  /// threads, unless UNROLL_THREADS says otherwise. Error where several were started and unroll was
  /// built without MPI, and for a second object after the first is gone.
  Processes();
  /// Leaves them, once all do. While an exception passes through it does not wait: a process that
  /// then ends makes the launcher end the others.
  ~Processes();
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;
  /// A group of one process, whatever was started.
  [[nodiscard]] static const Processes& alone();

  /// The number of this process, from 0 on.
  [[nodiscard]] int rank() const { return rank_; }
  /// How many there are.
  [[nodiscard]] int count() const { return count_; }
  /// Whether all of them run on one machine.
  [[nodiscard]] bool share_a_machine() const { return local_count_ == count_; }
  /// The part of [0, whole) that is this process's: parts follow each other in the order of ranks.
  [[nodiscard]] Interval share(Index whole) const { return share_of(whole, rank_, count_); }

  /// The sums over all processes of each of a few numbers.
  [[nodiscard]] std::vector<double> sum(std::span<const double> mine) const;
  /// Whether it holds in any process.
  [[nodiscard]] bool any(bool mine) const;
  /// The rows (rows, ...) of all processes behind each other, each a different number of them.
  /// ShapeError where they are not of one shape.
  [[nodiscard]] Tensor concatenate(const Tensor& mine) const;
  /// Runs `work` in every process. Where it throws in some, the first of them throws that, and all
  /// others FailedElsewhere: no process goes on alone.
  void together(const std::function<void()>& work) const;
  /// Error in all processes where `mine` is not the same in all of them; `what` names it: "process
  /// 2 has other weights than process 0".
  void require_same(std::string_view mine, std::string_view what) const;

  /// The bytes of all processes one behind the other in the order of ranks; `sizes` says how many
  /// each has, and is the same in all processes.
  void all_gather(std::span<const std::byte> mine, std::span<const Index> sizes,
                  std::span<std::byte> all) const;
  /// Messages to and from single processes, under way while the program goes on. MPI moves them
  /// during calls of arrived(), and reads and writes their memory until arrived() has returned
  /// true.
  class Messages {
   public:
    /// No messages.
    Messages();
    /// Does not wait: the memory of messages that are under way has to outlive them.
    ~Messages();
    /// Begins to send to process `to`, where receive() of the same number of bytes and the same
    /// `tag` takes it: a number from 0 to MPI's largest, which is 32767 or more.
    void send(std::span<const std::byte> bytes, int to, int tag);
    /// Begins to receive from process `from`.
    void receive(std::span<std::byte> bytes, int from, int tag);
    /// Whether all have been sent and received.
    [[nodiscard]] bool arrived();

   private:
    struct Requests;
    std::unique_ptr<Requests> requests_;
  };

  /// Ends all processes with that exit status where there are several; returns where there are not.
  static void abort_all(int status);
  /// Waits to be ended by the abort_all() of another process.
  void wait_for_abort() const;

 private:
  struct One {};
  explicit Processes(One) {}

  int rank_ = 0;
  int count_ = 1;
  int local_count_ = 1;  // on this machine
  bool leaves_ = false;  // whether it is this object that has to leave in the end
  int exceptions_ = 0;   // that were in flight when it was made
};

}  // namespace unroll
