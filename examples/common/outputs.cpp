#include "common/outputs.h"

#include <fmt/format.h>
#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <filesystem>

namespace examples {
namespace {

namespace fs = std::filesystem;

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  if (fs::exists(a, ignored) && fs::exists(b, ignored)) return fs::equivalent(a, b, ignored);
  return fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

}  // namespace

void check_outputs(std::span<const NamedFile> outputs, std::span<const NamedFile> inputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const NamedFile& output = outputs[i];
    if (output.path.empty()) continue;
    unroll::check_can_write(output.path);
    const auto refuse_same = [&](const NamedFile& other, const char* what) {
      if (other.path.empty() || !is_same_file(output.path, other.path)) return;
      unroll::fail<unroll::IoError>("{}: {} would overwrite {} {}", output.path, output.option,
                                    what, other.option);
    };
    for (const NamedFile& input : inputs) refuse_same(input, "the file of");
    for (const NamedFile& other : outputs.first(i)) refuse_same(other, "that of");
  }
}

void check_outputs(std::span<const NamedFile> outputs, std::span<const NamedFile> inputs,
                   const std::string& load) {
  check_outputs(outputs, inputs);
  const NamedFile loaded{"--load", load};
  check_outputs(outputs.subspan(1), std::span(&loaded, 1));
}

std::vector<NamedFile> files_beside(const SaveOptions& save) {
  if (save.path.empty()) return {};
  std::vector<NamedFile> files = {{"the lock of --save", save.path + ".lock"}};
  for (int age = 1; age <= save.keep; ++age) {
    files.push_back({"--keep", fmt::format("{}.{}", save.path, age)});
  }
  return files;
}

}  // namespace examples
