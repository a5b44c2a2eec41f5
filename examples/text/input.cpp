#include "text/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <unroll/core/error.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "common/progress_line.h"
#include "text/characters.h"

namespace text {
namespace {

using unroll::fail;
using unroll::IoError;

struct Closer {
  void operator()(gzFile file) const { ::gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, Closer>;

std::string error_text() { return std::generic_category().message(errno); }

/// A file opened by zlib, which passes on as they are the bytes that gzip has not packed.
File open_input(const std::string& path) {
  const bool is_standard = path == kStandardInput;
  const int descriptor =
      is_standard ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail<IoError>("{}: cannot be opened: {}", name_of_input(path), error_text());
  File file(::gzdopen(descriptor, "rb"));
  if (!file) {
    ::close(descriptor);
    throw std::bad_alloc();
  }
  constexpr unsigned kBuffer = 1U << 17U;
  ::gzbuffer(file.get(), kBuffer);
  return file;
}

void refuse_folder(const std::string& path, const std::string& name) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    fail<IoError>("{}: is a directory; expected a file", name);
  }
}

constexpr std::size_t kBlock = 1U << 16U;

/// Adds the next block to `bytes`; false at the end of the file.
bool read_block(gzFile file, const std::string& name, std::string& bytes) {
  const std::size_t end = bytes.size();
  bytes.resize(end + kBlock);
  const int count = ::gzread(file, bytes.data() + end, static_cast<unsigned>(kBlock));
  bytes.resize(end + static_cast<std::size_t>(std::max(count, 0)));
  int error = Z_OK;
  const char* const message = ::gzerror(file, &error);
  if (error == Z_ERRNO) fail<IoError>("{}: cannot be read: {}", name, error_text());
  if (error == Z_MEM_ERROR) throw std::bad_alloc();
  if (error == Z_BUF_ERROR) fail<IoError>("{}: is cut off within what gzip packed", name);
  if (error != Z_OK) fail<IoError>("{}: is damaged, or not packed by gzip: {}", name, message);
  return count > 0;
}

}  // namespace

std::string read_input(const std::string& path) {
  const std::string name = name_of_input(path);
  refuse_folder(path, name);
  std::error_code ignored;
  const std::uintmax_t size =
      std::filesystem::file_size(path, ignored);  // of standard input: an error
  const File file = open_input(path);
  std::string bytes;
  if (!ignored) bytes.reserve(static_cast<std::size_t>(size) + kBlock);
  while (read_block(file.get(), name, bytes)) {
  }
  return bytes;
}

TextStream open_text(const std::string& path) {
  const std::string name = name_of_input(path);
  refuse_folder(path, name);
  // A std::function can be copied, and a unique_ptr cannot: the copies share the file.
  const std::shared_ptr<gzFile_s> file(open_input(path).release(), Closer());
  std::error_code unknown;  // of standard input and pipes
  const std::uintmax_t size = std::filesystem::file_size(path, unknown);
  const auto line = std::make_shared<examples::WorkLine>(
      fmt::format("reading {}", name), unknown ? 0 : static_cast<std::int64_t>(size));
  return {[file, name, line, is_sized = !unknown](std::string& bytes) {
            // Of a packed file the place in it, since its unpacked size is not known.
            line->advance_to(is_sized ? ::gzoffset(file.get()) : ::gztell(file.get()));
            return read_block(file.get(), name, bytes);
          },
          name};
}

void for_each_line(const std::string& path, const std::function<void(std::string_view)>& use) {
  const std::string name = name_of_input(path);
  refuse_folder(path, name);
  const File file = open_input(path);
  const auto use_line = [&](std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    use(line);
  };
  std::string bytes;  // the begin of a line that goes on in the next block
  for (bool more = true; more;) {
    const std::size_t old = bytes.size();
    more = read_block(file.get(), name, bytes);
    std::size_t begin = 0;
    for (std::size_t at = old; (at = bytes.find('\n', at)) != std::string::npos; begin = ++at) {
      use_line(std::string_view(bytes).substr(begin, at - begin));
    }
    bytes.erase(0, begin);
  }
  if (!bytes.empty()) use_line(bytes);
}

std::string ending_of_input(const std::string& path) {
  const auto ending = [](const std::filesystem::path& file) {
    return ascii_lower_case(file.extension().string());
  };
  const std::filesystem::path file(path);
  return ending(file) == ".gz" ? ending(file.stem()) : ending(file);
}

std::string name_of_input(const std::string& path) {
  return path == kStandardInput ? "standard input" : path;
}

}  // namespace text
