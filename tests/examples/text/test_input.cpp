// Reading files part by part.
#include <doctest/doctest.h>
#include <unroll/core/error.h>

#include <fstream>
#include <string>
#include <vector>

#include "files.h"
#include "text/input.h"

namespace {

using unroll::testing::Folder;

TEST_CASE("a file is read line by line, whatever its lines and blocks are") {
  const Folder folder;
  const auto lines_of = [&](const std::string& text) {
    std::ofstream(folder.file("lines"), std::ios::binary) << text;
    std::vector<std::string> lines;
    text::for_each_line(folder.file("lines"),
                        [&](std::string_view line) { lines.emplace_back(line); });
    return lines;
  };
  using Lines = std::vector<std::string>;
  CHECK(lines_of("").empty());
  CHECK(lines_of("\n") == Lines{""});
  CHECK(lines_of("a\r\n\nb") == Lines{"a", "", "b"});
  // Longer than a block, and ends on both sides of its edge.
  for (const std::size_t size : {65535U, 65536U, 65537U, 200000U}) {
    const std::string line(size, 'x');
    CHECK(lines_of(line + "\r\n" + line + "\n") == Lines{line, line});
  }
  CHECK_THROWS_WITH_AS(
      text::for_each_line(folder.file("none"), [](std::string_view) {}),
      (folder.file("none") + ": cannot be opened: No such file or directory").c_str(),
      unroll::IoError);
}

}  // namespace
