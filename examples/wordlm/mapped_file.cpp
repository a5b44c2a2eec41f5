#include "wordlm/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unroll/core/error.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace wordlm {
namespace {

/// The kernel brings pages around the one that is read into memory, too: so many bytes of them.
constexpr std::size_t kAround = std::size_t{64} << 10U;

using unroll::fail;
using unroll::IoError;

bool is_same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

MappedFile::MappedFile(const std::string& path)
    : name_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (file_.number() < 0 || ::fstat(file_.number(), &at_opening_) != 0) {
    fail<IoError>("{}: it cannot be opened ({})", path, std::strerror(errno));
  }
  if (!S_ISREG(at_opening_.st_mode)) fail<IoError>("{}: it is no plain file", path);
  size_ = static_cast<std::size_t>(at_opening_.st_size);
  map(file_.number());
}

MappedFile::MappedFile(int descriptor, std::size_t size, std::string name)
    : name_(std::move(name)), file_(-1), size_(size) {
  map(descriptor);
}

void MappedFile::map(int descriptor) {
  if (size_ == 0) return;
  void* const memory = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) {
    fail<IoError>("{}: cannot be mapped into memory ({})", name_, std::strerror(errno));
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

void MappedFile::require_unchanged() const {
  if (file_.number() < 0) return;
  struct stat now {};
  if (::fstat(file_.number(), &now) == 0 && now.st_size == at_opening_.st_size &&
      is_same_time(now.st_mtim, at_opening_.st_mtim)) {
    return;
  }
  fail<IoError>("{}: was changed by another program while it was in use", name_);
}

}  // namespace wordlm
