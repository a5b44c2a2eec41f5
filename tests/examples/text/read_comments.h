#pragma once
/// The comments of a file, all at once, for tests.

#include <string>
#include <string_view>
#include <vector>

#include "text/comments.h"
#include "text/input.h"

namespace text {

struct ReadComments : Comments {
  std::vector<std::string> texts;
  RepairedText file;
};

inline ReadComments read_comments(const std::string& path, const ReadOptions& options) {
  ReadComments read;
  read.file = text_of_bytes(read_input(path), path);
  static_cast<Comments&>(read) = for_each_comment(
      read.file.text, path, options, [&](std::string_view text) { read.texts.emplace_back(text); });
  return read;
}

}  // namespace text
