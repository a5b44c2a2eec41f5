#include "wordlm/mapped_file.h"

#include <sys/mman.h>
#include <unroll/core/error.h>

#include <cerrno>
#include <cstring>

namespace wordlm {
namespace {

/// The kernel brings pages around the one that is read into memory, too: so many bytes of them.
constexpr std::size_t kAround = std::size_t{64} << 10U;

}  // namespace

MappedFile::MappedFile(int descriptor, std::size_t size, const std::string& name) : size_(size) {
  if (size == 0) return;
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) {
    unroll::fail<unroll::IoError>("{}: cannot be mapped into memory ({})", name,
                                  std::strerror(errno));
  }
  data_ = static_cast<const std::byte*>(memory);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::note_read(std::size_t count) const {
  const std::size_t more = count + kAround;
  if (read_.fetch_add(more, std::memory_order_relaxed) + more < kMostRead) return;
  read_.store(0, std::memory_order_relaxed);
  // Pages of a file that were only read are not lost: the next access finds them again.
  if (data_ != nullptr) ::madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED);
}

}  // namespace wordlm
