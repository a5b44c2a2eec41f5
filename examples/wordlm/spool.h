#pragma once
/// Arrays of any length that are written once, from front to back, and then read.

#include <algorithm>
#include <cstddef>
#include <memory>
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

/// An array being written. Of the first `in_memory` bytes it needs memory, of those beyond a
/// temporary file.
template <class T>
class Spool {
 public:
  /// Bytes up to which an array stays in memory.
  static constexpr std::size_t kInMemory = std::size_t{32} << 20U;

  /// `beside`: for temporary_folder().
  explicit Spool(std::string beside = {}, std::size_t in_memory = kInMemory)
      : beside_(std::move(beside)), room_(std::max<std::size_t>(in_memory / sizeof(T), 1)) {}

  /// Adds an element. Throws unroll::IoError where there is no room on the disk.
  void add(T value) {
    buffer_.push_back(value);
    if (buffer_.size() >= room_) flush();
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
  void flush() {
    if (!file_) file_ = std::make_unique<NamelessFile>(beside_);
    file_->write(std::as_bytes(std::span(buffer_)));
    written_ += buffer_.size();
    constexpr std::size_t kBlock = std::size_t{1} << 20U;
    room_ = std::min(room_, kBlock / sizeof(T));
    buffer_ = {};
    buffer_.reserve(room_);
  }

  std::string beside_;
  std::size_t room_;  // elements that are collected before they are written
  std::size_t written_ = 0;
  std::vector<T> buffer_;  // those not written yet
  std::unique_ptr<NamelessFile> file_;
};

}  // namespace wordlm
