#pragma once
/// Files larger than memory, read as if they were in it.

#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <span>
#include <string>

namespace wordlm {

/// The number of an open file, which closes it.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  /// The number; negative where there is no file.
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// A file that is mapped into memory, read-only. Its pages stay in memory for a while only: each
/// time that kMostRead bytes have been read, all pages are given back; a page that is needed again
/// comes from the file, or from the system's cache of it.
class MappedFile {
 public:
  /// Bytes of a file that the process holds in memory, about.
  static constexpr std::size_t kMostRead = std::size_t{64} << 20U;

  /// Maps the file at `path`. Throws unroll::IoError where it cannot be opened or mapped, or is no
  /// plain file.
  explicit MappedFile(const std::string& path);
  /// Maps an open file that no other process can change, and whose descriptor may be closed
  /// afterwards. `name` is for errors. Throws unroll::IoError where the file cannot be mapped.
  MappedFile(int descriptor, std::size_t size, std::string name);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// All bytes. The memory stays valid as long as the object lives.
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// The path, or the name for errors.
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Says that so many bytes in a row are about to be read.
  void note_read(std::size_t count) const;

  /// Throws unroll::IoError where another process has changed the file since it was mapped: its
  /// size or the time of its last change is another one. A file that has got shorter must not be
  /// read; the signal SIGBUS would end the process. A file that replaces it under its name is
  /// another file.
  void require_unchanged() const;

 private:
  void map(int descriptor);

  std::string name_;
  Descriptor file_;              // none where no other process can change it
  struct stat at_opening_ = {};  // of that file
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  mutable std::atomic<std::size_t> read_ = 0;  // since the memory was last given back
};

}  // namespace wordlm
