/// Reading and replacing whole files.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace unroll {
namespace {

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
  [[nodiscard]] bool close() {
    const bool ok = ::close(fd_) == 0;
    fd_ = -1;
    return ok;
  }

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

}  // namespace

void write_file(const std::string& path, std::string_view bytes) {
  // One name: what a killed process left half-written is overwritten by the next.
  const std::string temporary = path + ".tmp";
  const auto give_up = [&](const char* what) {
    const std::string reason = std::strerror(errno);
    ::unlink(temporary.c_str());
    fail<IoError>("{}: cannot {} ({}); nothing was changed", path, what, reason);
  };
  std::error_code ignored;  // what else is wrong with the path shows when the file is created
  if (std::filesystem::is_directory(path, ignored)) {
    fail<IoError>("{}: cannot be written, it is a directory", path);
  }
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
    fail<IoError>("{}: cannot be written, it is not a plain file", path);
  }
  {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (file.get() < 0) give_up("be created");
    if (!write_all(file.get(), bytes)) give_up("be written");
    if (::fsync(file.get()) != 0) give_up("be made durable");
    if (!file.close()) give_up("be written");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) give_up("be replaced");
  // The new name has to be durable too; a file system that cannot sync a directory still has it.
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const Descriptor directory(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) (void)::fsync(directory.get());
}

std::string read_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) fail<IoError>("{}: no such file", path);
  if (std::filesystem::is_directory(status)) {
    fail<IoError>("{}: a file is needed, this is a directory", path);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) fail<IoError>("{}: cannot be opened ({})", path, std::strerror(errno));
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (file.bad()) fail<IoError>("{}: cannot be read ({})", path, std::strerror(errno));
  return std::move(bytes).str();
}

}  // namespace unroll
