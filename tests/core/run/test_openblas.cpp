#include <dlfcn.h>
#include <doctest/doctest.h>
#include <unroll/unroll.h>

#include <cstdlib>
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
  tape.set_passes(Passes::none());  // plans multiply by kernels of unroll
  const Var a = tape.input(Tensor(DType::f32, {300, 300}));
  CHECK(sum(matmul(a, a)).item() == 0);
  CHECK(threads_of_this_process() == before);
#ifdef __x86_64__  // an emulator has threads of its own
  CHECK(before == 1);
#endif
}

#ifdef __x86_64__
TEST_CASE("OpenBLAS has kernels that fit the processor, though it may not know it") {
  if (!__builtin_cpu_supports("avx2") || std::getenv("OPENBLAS_CORETYPE") != nullptr) return;
  Tape tape;
  tape.set_passes(Passes::none());  // plans multiply by kernels of unroll
  const Var a = tape.input(Tensor(DType::f32, {300, 300}));
  CHECK(sum(matmul(a, a)).item() == 0);
  void* const library = ::dlopen("libopenblas.so.0", RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(library != nullptr);
  const auto name = reinterpret_cast<const char* (*)()>(::dlsym(library, "openblas_get_corename"));
  REQUIRE((name != nullptr));
  CHECK(std::string(name()) != "Prescott");  // of processors without AVX
  ::dlclose(library);
  CHECK(std::getenv("OPENBLAS_CORETYPE") == nullptr);
}
#endif

}  // namespace
}  // namespace unroll
