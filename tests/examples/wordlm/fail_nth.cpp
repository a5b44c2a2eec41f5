// Loaded before the C library: the call of the kind FAIL_CALL ("write", "fsync", "rename" or "new")
// with number FAIL_NTH fails, as on a full disk or without memory. Where it did, the file FAIL_MARK
// is there afterwards.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::atomic<bool> in_main = false;  // what static objects allocate cannot be reported

bool fails(const char* call) {
  static std::atomic<long> count = 0;
  static const char* const wanted = std::getenv("FAIL_CALL");
  static const long nth = std::atol(std::getenv("FAIL_NTH"));
  if (!in_main || std::strcmp(wanted, call) != 0 || ++count != nth) return false;
  ::close(::open(std::getenv("FAIL_MARK"), O_WRONLY | O_CREAT, 0600));
  return true;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

using Main = int(int, char**, char**);
Main* real_main = nullptr;

int counted_main(int argc, char** argv, char** environment) {
  in_main = true;
  return real_main(argc, argv, environment);
}

}  // namespace

/// What the C library calls main from.
extern "C" int __libc_start_main(Main* main, int argc, char** argv, void (*init)(), void (*fini)(),
                                 void (*loader)(), void* stack) {
  real_main = main;
  return next<int(Main*, int, char**, void (*)(), void (*)(), void (*)(), void*)>(
      "__libc_start_main")(&counted_main, argc, argv, init, fini, loader, stack);
}

extern "C" ssize_t write(int fd, const void* bytes, std::size_t size) {
  static auto* const real = next<ssize_t(int, const void*, std::size_t)>("write");
  if (fd > STDERR_FILENO && fails("write")) {
    errno = ENOSPC;
    return -1;
  }
  return real(fd, bytes, size);
}

extern "C" int fsync(int fd) {
  static auto* const real = next<int(int)>("fsync");
  if (fails("fsync")) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  static auto* const real = next<int(const char*, const char*)>("rename");
  if (fails("rename")) {
    errno = EIO;
    return -1;
  }
  return real(from, to);
}

void* operator new(std::size_t size) {
  void* const memory = fails("new") ? nullptr : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
