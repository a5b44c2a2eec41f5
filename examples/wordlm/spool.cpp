#include "wordlm/spool.h"

#include <fcntl.h>
#include <unistd.h>
#include <unroll/core/error.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace wordlm {
namespace {

[[noreturn]] void fail_here(const std::string& folder) {
  unroll::fail<unroll::IoError>(
      "{}: a text larger than memory needs a temporary file here, which cannot be written ({}); "
      "TMPDIR names another folder",
      folder, std::strerror(errno));
}

/// Opens a new file of a folder that has no name (any more).
int open_nameless(const std::string& folder) {
  std::string name = folder + "/wordlm-XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) fail_here(folder);
  ::unlink(name.c_str());
  return descriptor;
}

}  // namespace

std::string temporary_folder(const std::string& beside) {
  if (const char* const named = std::getenv("TMPDIR"); named != nullptr && *named != '\0') {
    return named;
  }
  if (!beside.empty()) {
    const std::filesystem::path folder = std::filesystem::path(beside).parent_path();
    const std::string name = folder.empty() ? "." : folder.string();
    if (::access(name.c_str(), W_OK | X_OK) == 0) return name;
  }
  // /tmp may itself be in memory; this one is for large files.
  constexpr const char* kLarge = "/var/tmp";
  return ::access(kLarge, W_OK | X_OK) == 0 ? kLarge
                                            : std::filesystem::temp_directory_path().string();
}

NamelessFile::NamelessFile(const std::string& beside)
    : folder_(temporary_folder(beside)), descriptor_(open_nameless(folder_)) {}

NamelessFile::~NamelessFile() { ::close(descriptor_); }

void NamelessFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_here(folder_);
    size_ += static_cast<std::size_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::shared_ptr<const MappedFile> NamelessFile::map() const {
  return std::make_shared<const MappedFile>(descriptor_, size_, folder_);
}

}  // namespace wordlm
