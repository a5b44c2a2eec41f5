#pragma once
/// Whole files: read at once, replaced at once, kept from a second writer.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace unroll {

/// Replaces the file at `path` by `bytes`, whole or not at all: writes a new file beside it, makes
/// it durable, and gives it the name. The file keeps its permissions and its owner, and a symbolic
/// link stays one: what it leads to is replaced. On failure it throws IoError, and an older file is
/// left as it was.
void write_file(const std::string& path, std::string_view bytes);
/// The same of pieces, one after the other.
void write_file(const std::string& path, std::span<const std::string_view> pieces);

/// The same for bytes that come part by part, larger than memory perhaps: the file at `path` is
/// replaced by commit(). Where that is not reached, an older file is left as it was.
class FileWriter {
 public:
  /// Begins a new file beside `path`.
  explicit FileWriter(const std::string& path);
  /// Removes the new file where it has not been committed.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// Adds bytes. IoError where they cannot be written.
  void write(std::string_view bytes);
  /// Makes the new file durable and gives it the name; the last call. IoError where that fails.
  void commit();

 private:
  [[noreturn]] void give_up(const char* what);

  std::string path_;
  std::string target_;     // that `path` leads to
  std::string temporary_;  // the new file; empty once it has the name, or is removed
  int descriptor_ = -1;
};

/// Removes what processes that were killed left beside `path` of new files for it. What another
/// process is writing there stays. write_file() and FileWriter do the same before they write.
void remove_remains(const std::string& path);

/// IoError where write_file() could not write, as far as that can be known before: `path` is a
/// directory or may not be written, or there is no directory for it.
void check_can_write(const std::string& path);

/// The bytes of a file; IoError for one that is missing, a directory or unreadable.
[[nodiscard]] std::string read_file(const std::string& path);

/// A file that is read part by part. IoError as for read_file().
class FileReader {
 public:
  /// Opens a file.
  explicit FileReader(const std::string& path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  /// How many bytes it has.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Fills `bytes` with those from `begin` on; IoError where the file ends before.
  void read(std::uint64_t begin, std::span<std::byte> bytes) const;

 private:
  std::string path_;
  int descriptor_;
  std::uint64_t size_;
};

/// A lock that one process at a time can hold; IoError where another holds it. A process that ends,
/// or is killed, lets go of it. The lock is an empty file beside `path`, with the ending .lock;
/// IoError where a file of that name holds something.
class FileLock {
 public:
  /// Locks a path, be there a file or not.
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::string path_;  // of the lock
  int descriptor_;
};

}  // namespace unroll
