#include <unroll/core/random.h>
#include <unroll/core/run/threads.h>
#include <unroll/optim/processes.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <thread>

#ifdef UNROLL_MPI
#include <mpi.h>
#include <sched.h>
#endif

namespace unroll {
namespace {

/// How many processes a launcher of MPI says it has started; 0: it does not say how many; nothing
/// where there was none. Asked before MPI is, which takes a third of a second to find out.
std::optional<int> launched() {
  // Open MPI; MPICH, Intel MPI and others; MVAPICH; Slurm and PRRTE, which do not say how many.
  for (const char* name :
       {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "PMIX_RANK"}) {
    const char* const text = std::getenv(name);
    if (text == nullptr) continue;
    return std::string_view(name) == "PMIX_RANK" ? 0 : std::atoi(text);
  }
  return std::nullopt;
}

std::vector<Index> equal_sizes(int count, std::size_t size) {
  return std::vector<Index>(static_cast<std::size_t>(count), static_cast<Index>(size));
}

#ifdef UNROLL_MPI

bool is_running() {
  int begun = 0;
  int over = 0;
  MPI_Initialized(&begun);
  MPI_Finalized(&over);
  return begun != 0 && over == 0;
}

/// Messages of unroll do not meet those that a program around it sends by MPI itself, with tags
/// that may be the same: they have a communicator of their own, one for all objects.
MPI_Comm communicator = MPI_COMM_NULL;

/// Makes the communicator, once. MPI_Finalize deletes the attributes of MPI_COMM_SELF before all
/// else, and so frees the communicator in time, whether unroll or the program around it ends MPI.
void make_communicator() {
  if (communicator != MPI_COMM_NULL) return;
  MPI_Comm_dup(MPI_COMM_WORLD, &communicator);
  const auto free = [](MPI_Comm, int, void*, void*) { return MPI_Comm_free(&communicator); };
  int key = MPI_KEYVAL_INVALID;
  MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, free, &key, nullptr);
  MPI_Comm_set_attr(MPI_COMM_SELF, key, nullptr);
  MPI_Comm_free_keyval(&key);  // takes effect when the attribute is deleted
}

/// The processes on this machine.
int local_count() {
  MPI_Comm local = MPI_COMM_NULL;
  MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
  int count = 1;
  MPI_Comm_size(local, &count);
  MPI_Comm_free(&local);
  return count;
}

/// Cores that this process may use, where a launcher has bound it to some.
int cores_allowed() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return std::numeric_limits<int>::max();
  return CPU_COUNT(&cores);
}

/// Several processes with as many threads each as there are cores would hold each other up.
void share_cores(int processes) {
  if (std::getenv("UNROLL_THREADS") != nullptr) return;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  set_threads(std::max(1, std::min(cores / processes, cores_allowed())));
}

/// A number of bytes as MPI takes it.
int length_of(std::size_t bytes) {
  if (bytes > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    fail<Error>("processes: a message of {} bytes, expected at most {}", bytes,
                std::numeric_limits<int>::max());
  }
  return static_cast<int>(bytes);
}

/// Sizes as MPI takes them, and where each part begins.
struct Parts {
  explicit Parts(std::span<const Index> sizes) {
    Index begin = 0;
    for (const Index size : sizes) {
      counts.push_back(static_cast<int>(size));
      begins.push_back(static_cast<int>(begin));
      begin += size;
    }
    if (begin > std::numeric_limits<int>::max()) {
      fail<Error>("processes: {} bytes to exchange at once, expected at most {}", begin,
                  std::numeric_limits<int>::max());
    }
  }
  std::vector<int> counts;
  std::vector<int> begins;
};

#endif

}  // namespace

#ifdef UNROLL_MPI

Processes::Processes() : exceptions_(std::uncaught_exceptions()) {
  if (!launched() && !is_running()) return;
  int over = 0;
  MPI_Finalized(&over);
  if (over != 0) fail<Error>("processes: this process has left the others, and cannot join again");
  if (!is_running()) {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    leaves_ = true;
  }
  make_communicator();
  MPI_Comm_rank(communicator, &rank_);
  MPI_Comm_size(communicator, &count_);
  if (count_ == 1) return;
  local_count_ = local_count();
  share_cores(local_count_);
}

Processes::~Processes() {
  if (leaves_ && is_running() && std::uncaught_exceptions() <= exceptions_) MPI_Finalize();
}

void Processes::all_gather(std::span<const std::byte> mine, std::span<const Index> sizes,
                           std::span<std::byte> all) const {
  if (count_ == 1) {
    std::ranges::copy(mine, all.begin());
    return;
  }
  const Parts parts(sizes);
  MPI_Allgatherv(mine.data(), static_cast<int>(mine.size()), MPI_BYTE, all.data(),
                 parts.counts.data(), parts.begins.data(), MPI_BYTE, communicator);
}

struct Processes::Messages::Requests {
  std::vector<MPI_Request> all;
};

void Processes::Messages::send(std::span<const std::byte> bytes, int to, int tag) {
  const int length = length_of(bytes.size());
  MPI_Isend(bytes.data(), length, MPI_BYTE, to, tag, communicator, &requests_->all.emplace_back());
}

void Processes::Messages::receive(std::span<std::byte> bytes, int from, int tag) {
  const int length = length_of(bytes.size());
  MPI_Irecv(bytes.data(), length, MPI_BYTE, from, tag, communicator,
            &requests_->all.emplace_back());
}

bool Processes::Messages::arrived() {
  int all = 1;
  MPI_Testall(static_cast<int>(requests_->all.size()), requests_->all.data(), &all,
              MPI_STATUSES_IGNORE);
  if (all != 0) requests_->all.clear();
  return all != 0;
}

void Processes::abort_all(int status) {
  if (!is_running()) return;
  int count = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  if (count > 1) MPI_Abort(MPI_COMM_WORLD, status);
}

void Processes::wait_for_abort() const {
  if (count_ > 1) MPI_Barrier(communicator);
}

#else

Processes::Processes() {
  if (const int count = launched().value_or(1); count != 1) {
    fail<Error>(
        "processes: {} were started, but unroll was built without MPI; install libopenmpi-dev and "
        "build it again",
        count == 0 ? "several" : std::to_string(count));
  }
}

Processes::~Processes() = default;

void Processes::all_gather(std::span<const std::byte> mine, std::span<const Index> /*sizes*/,
                           std::span<std::byte> all) const {
  std::ranges::copy(mine, all.begin());
}

struct Processes::Messages::Requests {};

void Processes::Messages::send(std::span<const std::byte> /*bytes*/, int /*to*/, int /*tag*/) {}

void Processes::Messages::receive(std::span<std::byte> /*bytes*/, int /*from*/, int /*tag*/) {}

bool Processes::Messages::arrived() { return true; }

void Processes::abort_all(int /*status*/) {}

void Processes::wait_for_abort() const {}

#endif

Processes::Messages::Messages() : requests_(std::make_unique<Requests>()) {}
Processes::Messages::~Messages() = default;

const Processes& Processes::alone() {
  static const Processes one{One{}};
  return one;
}

std::vector<double> Processes::sum(std::span<const double> mine) const {
  std::vector<double> sums(mine.begin(), mine.end());
  if (count_ == 1) return sums;
  std::vector<double> all(mine.size() * static_cast<std::size_t>(count_));
  all_gather(std::as_bytes(mine), equal_sizes(count_, mine.size_bytes()),
             std::as_writable_bytes(std::span(all)));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] = 0;
    for (std::size_t at = i; at < all.size(); at += sums.size()) sums[i] += all[at];
  }
  return sums;
}

bool Processes::any(bool mine) const {
  const double one = mine ? 1 : 0;
  return sum(std::span(&one, 1))[0] > 0;
}

Tensor Processes::concatenate(const Tensor& mine) const {
  if (count_ == 1) return mine;
  const Shape& shape = mine.shape();
  const Index row = shape.size(1, shape.rank());
  const std::array<Index, 2> my_sizes{shape[0], row};
  std::vector<std::array<Index, 2>> all(static_cast<std::size_t>(count_));
  all_gather(std::as_bytes(std::span(&my_sizes, 1)), equal_sizes(count_, sizeof my_sizes),
             std::as_writable_bytes(std::span(all)));
  std::vector<Index> sizes;
  Index rows = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i][1] != all[0][1]) {
      fail<ShapeError>("processes: rows of {} numbers in process {} and of {} in process 0",
                       all[i][1], i, all[0][1]);
    }
    rows += all[i][0];
    sizes.push_back(all[i][0] * row * static_cast<Index>(size_of(mine.dtype())));
  }
  Tensor result(mine.dtype(), shape.with(0, rows));
  dispatch(mine.dtype(), [&](auto zero) {
    using T = decltype(zero);
    all_gather(std::as_bytes(mine.values<T>()), sizes, std::as_writable_bytes(result.values<T>()));
  });
  return result;
}

void Processes::together(const std::function<void()>& work) const {
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
    if (count_ == 1) throw;
  }
  std::vector<double> failed(static_cast<std::size_t>(count_));
  failed[static_cast<std::size_t>(rank_)] = error ? 1 : 0;
  failed = sum(failed);
  for (int process = 0; process < count_; ++process) {
    if (failed[static_cast<std::size_t>(process)] == 0) continue;
    if (process == rank_) std::rethrow_exception(error);
    throw FailedElsewhere(fmt::format("process {} of {} has failed", process, count_));
  }
}

void Processes::require_same(std::string_view mine, std::string_view what) const {
  const std::uint64_t sum = hash_name(mine);
  std::vector<std::uint64_t> all(static_cast<std::size_t>(count_));
  all_gather(std::as_bytes(std::span(&sum, 1)), equal_sizes(count_, sizeof sum),
             std::as_writable_bytes(std::span(all)));
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i] != all[0]) fail<Error>("process {} has other {} than process 0", i, what);
  }
}

}  // namespace unroll
