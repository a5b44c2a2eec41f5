#pragma once
/// Arrays of any length that are written once, from front to back, and then read.

#include <unroll/core/error.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wordlm/mapped_file.h"

namespace wordlm {

/// An array that no longer changes: in memory, or in a file that is mapped. It can be moved only:
/// the `values` of a copy would be in the memory of the original.
template <class T>
struct Kept {
  Kept() = default;
  /// Elements in memory.
  explicit Kept(std::vector<T> elements) : memory(std::move(elements)), values(memory) {}
  /// Elements in a file.
  Kept(std::shared_ptr<const MappedFile> mapped, std::span<const T> elements)
      : file(std::move(mapped)), values(elements) {}
  Kept(Kept&&) noexcept = default;
  Kept& operator=(Kept&&) noexcept = default;
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() = default;

  std::vector<T> memory;                   ///< empty where it is in a file
  std::shared_ptr<const MappedFile> file;  ///< null where it is in memory
  std::span<const T> values;               ///< of either
};

/// A file that has no name, and is gone when the process is, however it ends.
class NamelessFile {
 public:
  /// Makes one in temporary_folder(beside). Throws unroll::IoError where that fails.
  explicit NamelessFile(const std::string& beside);
  ~NamelessFile();
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;

  /// Adds bytes at its end. Throws unroll::IoError, which says what helps, on a full disk.
  void write(std::span<const std::byte> bytes);
  /// All that has been written.
  [[nodiscard]] std::shared_ptr<const MappedFile> map() const;

 private:
  std::string folder_;
  int descriptor_;
  std::size_t size_ = 0;
};

/// Where large temporary files go: the folder that TMPDIR names; without it that of the file
/// `beside`, which may be empty for none, since there is room for more of its kind; where that
/// cannot be written to, the system's.
[[nodiscard]] std::string temporary_folder(const std::string& beside);

/// Where there is room for an array while it is written.
struct Room {
  std::string beside;  ///< a file near which there is room on the disk; empty: none is known
  /// Bytes up to which the array is in memory.
  std::size_t in_memory = std::size_t{256} << 20U;
};

/// An array being written. It is in memory up to Room::in_memory bytes, and in a temporary file
/// where it is longer or memory does not suffice. Where no such file can be made, all of it is in
/// memory.
template <class T>
class Spool {
 public:
  /// An empty array.
  explicit Spool(Room room)
      : beside_(std::move(room.beside)),
        limit_(std::max<std::size_t>(room.in_memory / sizeof(T), 1)) {}

  /// Adds an element. Throws unroll::IoError where there is no room on the disk, or neither a
  /// temporary file nor enough memory.
  void add(T value) {
    if (buffer_.size() == buffer_.capacity()) grow();
    buffer_.push_back(value);
    if (buffer_.size() >= limit_) flush();
  }
  /// How many there are.
  [[nodiscard]] std::size_t size() const { return written_ + buffer_.size(); }

  /// The whole array; nothing stays behind.
  [[nodiscard]] Kept<T> finish() {
    if (!file_) return Kept<T>(std::exchange(buffer_, {}));
    flush();
    written_ = 0;
    auto mapped = std::exchange(file_, nullptr)->map();
    const auto bytes = mapped->bytes();
    return {std::move(mapped),
            {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)}};
  }

 private:
  void grow() {
    constexpr std::size_t kFirst = 16;
    try {
      buffer_.reserve(std::max(2 * buffer_.capacity(), kFirst));
    } catch (const std::bad_alloc&) {
      flush();
      if (!file_) unroll::fail<unroll::IoError>("a text does not fit into memory; {}", no_file_);
    }
  }

  void flush() {
    if (!file_) open_file();
    if (!file_) {
      limit_ = std::numeric_limits<std::size_t>::max();
      return;
    }
    file_->write(std::as_bytes(std::span(buffer_)));
    written_ += buffer_.size();
    constexpr std::size_t kBlock = std::size_t{1} << 20U;
    limit_ = std::min(limit_, kBlock / sizeof(T));
    buffer_ = {};
    buffer_.reserve(limit_);
  }

  void open_file() {
    try {
      file_ = std::make_unique<NamelessFile>(beside_);
    } catch (const unroll::IoError& error) {
      no_file_ = error.what();
    }
  }

  std::string beside_;
  std::size_t limit_;  // elements that are collected before they are written
  std::size_t written_ = 0;
  std::vector<T> buffer_;  // those not written yet
  std::unique_ptr<NamelessFile> file_;
  std::string no_file_;  // why there can be none
};

}  // namespace wordlm
