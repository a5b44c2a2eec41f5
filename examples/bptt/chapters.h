#pragma once
/// The chapters of the course, each a small experiment with a known result. A chapter is a header
/// with its computations, a source file of the same name, and a line in the table of chapters.cpp.

#include <span>
#include <string_view>

#include "bptt/folder.h"

namespace bptt {

/// A chapter: explains itself, prints its numbers, writes its pictures and pages.
struct Chapter {
  const char* name;
  const char* title;
  void (*run)(const Folder&);
};

/// All chapters, in the order of the course.
[[nodiscard]] std::span<const Chapter> all_chapters();
/// A chapter by its name; unroll::Error, with the names that exist, where there is none.
[[nodiscard]] const Chapter& find_chapter(std::string_view name);

}  // namespace bptt
