#pragma once
/// Files larger than memory, read as if they were in it.

#include <atomic>
#include <cstddef>
#include <span>
#include <string>

namespace wordlm {

/// A file that is mapped into memory, read-only. Its pages stay in memory for a while only: each
/// time that kMostRead bytes have been read, all pages are given back; a page that is needed again
/// comes from the file, or from the system's cache of it.
class MappedFile {
 public:
  /// Bytes of a file that the process holds in memory, about.
  static constexpr std::size_t kMostRead = std::size_t{64} << 20U;

  /// Maps an open file, whose descriptor may be closed afterwards. `name` is for errors. Throws
  /// unroll::IoError where the file cannot be mapped.
  MappedFile(int descriptor, std::size_t size, const std::string& name);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// All bytes. The memory stays valid as long as the object lives.
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// Says that so many bytes in a row are about to be read.
  void note_read(std::size_t count) const;

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_;
  mutable std::atomic<std::size_t> read_ = 0;  // since the memory was last given back
};

}  // namespace wordlm
