#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <filesystem>

namespace unroll {
namespace {

std::ptrdiff_t threads_of_this_process() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return std::distance(begin(threads), end(threads));
}

TEST_CASE("OpenBLAS starts no threads: those of unroll do the work") {
  set_threads(1);
  const std::ptrdiff_t before = threads_of_this_process();
  Tape tape;
  const Var a = tape.input(Tensor(DType::f32, {300, 300}));
  CHECK(sum(matmul(a, a)).item() == 0);
  CHECK(threads_of_this_process() == before);
#ifdef __x86_64__  // an emulator has threads of its own
  CHECK(before == 1);
#endif
}

}  // namespace
}  // namespace unroll
