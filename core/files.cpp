/// Reading, replacing and locking whole files.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace unroll {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// What a path leads to when all symbolic links are followed, be it there or not.
fs::path followed(const fs::path& path) {
  constexpr int kMostLinks = 40;
  std::error_code error;
  fs::path target = path;
  for (int i = 0; i < kMostLinks; ++i) {
    if (!fs::is_symlink(target, error)) return target;
    target = target.parent_path() / fs::read_symlink(target, error);
  }
  fail<IoError>("{}: leads from link to link without end", path.string());
}

std::string folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path().string() : ".";
}

constexpr std::string_view kTemporary = ".tmp";
constexpr std::size_t kDigits = 8;

std::string temporary_name(const fs::path& target) {
  static std::atomic<unsigned> count = 0;
  const auto number = static_cast<unsigned>(::getpid()) * 2654435761U + count++;
  return fmt::format("{}.{:0{}x}{}", target.string(), number, kDigits, kTemporary);
}

/// Whether `name` is a temporary file's of the file `target`.
bool is_temporary(std::string_view name, std::string_view target) {
  if (!name.starts_with(target) || !name.ends_with(kTemporary)) return false;
  name.remove_prefix(target.size());
  return name.size() == 1 + kDigits + kTemporary.size() && name[0] == '.' &&
         std::ranges::all_of(name.substr(1, kDigits),
                             [](unsigned char c) { return std::isxdigit(c); });
}

/// A new file beside `target` that no other process writes or removes; -1 where there cannot be
/// one.
int create_temporary(const fs::path& target, std::string& name) {
  while (true) {
    name = temporary_name(target);
    Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() < 0 && errno == EEXIST) continue;
    if (file.get() < 0) return -1;
    // Between its creation and its lock another process may have taken it for remains. A file
    // system without locks has none such.
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) continue;
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && status.st_nlink == 0) continue;
    return file.release();
  }
}

/// Gives a new file owner and permissions of the one it will replace.
bool make_alike(int fd, const fs::path& target) {
  struct stat old {};
  if (::stat(target.c_str(), &old) != 0) return true;
  (void)!::fchown(fd, old.st_uid, old.st_gid);  // only root may give a file away
  return ::fchmod(fd, old.st_mode & 07777U) == 0;
}

}  // namespace

void remove_remains(const std::string& path) {
  const fs::path target = followed(path);
  const std::string name = target.filename().string();
  std::error_code error;
  fs::directory_iterator entry(folder_of(target), error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& found = entry->path();
    if (!is_temporary(found.filename().string(), name)) continue;
    // A process that is writing a file holds a lock on it.
    const Descriptor file(::open(found.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(found.c_str());
  }
}

void check_can_write(const std::string& path) {
  const fs::path target = followed(path);
  const std::string folder = folder_of(target);
  std::error_code ignored;
  if (fs::is_directory(target, ignored)) {
    fail<IoError>("{}: cannot be written, it is a directory", path);
  }
  if (fs::exists(target, ignored) && !fs::is_regular_file(target, ignored)) {
    fail<IoError>("{}: cannot be written, it is not a plain file", path);
  }
  if (!fs::is_directory(folder, ignored)) {
    fail<IoError>("{}: cannot be written, there is no directory {}", path, folder);
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    fail<IoError>("{}: cannot be written, nor anything else in {} ({})", path, folder,
                  std::strerror(errno));
  }
  if (fs::exists(target, ignored) && ::access(target.c_str(), W_OK) != 0) {
    fail<IoError>("{}: cannot be written ({})", path, std::strerror(errno));
  }
}

void write_file(const std::string& path, std::string_view bytes) {
  write_file(path, std::span(&bytes, 1));
}

void write_file(const std::string& path, std::span<const std::string_view> pieces) {
  FileWriter file(path);
  for (const std::string_view piece : pieces) file.write(piece);
  file.commit();
}

FileWriter::FileWriter(const std::string& path) : path_(path) {
  check_can_write(path);
  remove_remains(path);
  const fs::path target = followed(path);
  target_ = target.string();
  descriptor_ = create_temporary(target, temporary_);
  if (descriptor_ < 0) give_up("be created");
  if (!make_alike(descriptor_, target)) give_up("get the permissions of the old file");
}

FileWriter::~FileWriter() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FileWriter::give_up(const char* what) {
  const std::string reason = std::strerror(errno);
  ::unlink(temporary_.c_str());
  temporary_.clear();
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  fail<IoError>("{}: cannot {} ({}); nothing was changed", path_, what, reason);
}

void FileWriter::write(std::string_view bytes) {
  if (!write_all(descriptor_, bytes)) give_up("be written");
}

void FileWriter::commit() {
  if (::fsync(descriptor_) != 0) give_up("be made durable");
  // While it is open it is locked: it is closed when it has its name.
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) give_up("be replaced");
  temporary_.clear();
  if (::close(std::exchange(descriptor_, -1)) != 0) {
    fail<IoError>("{}: cannot be closed ({})", path_, std::strerror(errno));
  }
  // The new name has to be durable too; a file system that cannot sync a directory still has it.
  const Descriptor directory(
      ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) (void)::fsync(directory.get());
}

std::string read_file(const std::string& path) {
  const FileReader reader(path);
  std::string bytes(reader.size(), '\0');
  reader.read(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

FileReader::FileReader(const std::string& path) : path_(path), descriptor_(-1), size_(0) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    if (errno == ENOENT) fail<IoError>("{}: no such file", path);
    fail<IoError>("{}: cannot be opened ({})", path, std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) fail<IoError>("{}: a file is needed, this is a directory", path);
  if (!S_ISREG(status.st_mode)) fail<IoError>("{}: a plain file is needed", path);
  size_ = static_cast<std::uint64_t>(status.st_size);
  descriptor_ = file.release();
}

FileReader::~FileReader() { ::close(descriptor_); }

void FileReader::read(std::uint64_t begin, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(begin));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail<IoError>("{}: cannot be read ({})", path_, std::strerror(errno));
    if (count == 0) fail<IoError>("{}: has become shorter while it was read", path_);
    begin += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

FileLock::FileLock(const std::string& path)
    : path_(followed(path).string() + ".lock"), descriptor_(-1) {
  while (true) {
    Descriptor file(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (file.get() < 0) fail<IoError>("{}: cannot be created ({})", path_, std::strerror(errno));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      fail<IoError>("{}: is being written by another run, which holds {}", path, path_);
    }
    struct stat locked {};
    struct stat named {};
    if (::fstat(file.get(), &locked) == 0 && locked.st_size > 0) {
      fail<IoError>(
          "{}: is in the way: a lock of that name, which is removed in the end, is made "
          "while {} is written",
          path_, path);
    }
    // Who held it before may have removed it after it was opened here.
    if (::fstat(file.get(), &locked) == 0 && ::stat(path_.c_str(), &named) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) {
      descriptor_ = file.release();
      return;
    }
  }
}

FileLock::~FileLock() {
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace unroll
