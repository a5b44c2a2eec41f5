// The guide shows nothing but what is compiled and run here.
#include <unroll/core/files.h>

#include "support.h"

namespace unroll::testing {
namespace {

/// A block of code of the guide, and the file it says it is from.
struct Block {
  std::string file;
  std::string code;
};

/// The blocks that follow a line "<!-- from FILE -->".
std::vector<Block> blocks_of(const std::string& text) {
  const std::string mark = "<!-- from ";
  std::vector<Block> blocks;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t name = at + mark.size();
    const std::size_t open = text.find("```", name);
    const std::size_t begin = text.find('\n', open) + 1;
    blocks.push_back({text.substr(name, text.find(" -->", name) - name),
                      text.substr(begin, text.find("```", begin) - begin)});
  }
  return blocks;
}

TEST_CASE("guide: every block of code is in its file, word for word") {
  const std::string folder = UNROLL_SOURCE_DIR "/";
  const std::vector<Block> blocks = blocks_of(read_file(folder + "examples/variants/README.md"));
  CHECK(blocks.size() == 9);
  for (const Block& block : blocks) {
    INFO(block.file, ":\n", block.code);
    CHECK(block.code.size() >= 30);
    CHECK(read_file(folder + block.file).find(block.code) != std::string::npos);
  }
}

}  // namespace
}  // namespace unroll::testing
