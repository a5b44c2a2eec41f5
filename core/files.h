#pragma once
/// Whole files: read at once, replaced at once.

#include <string>
#include <string_view>

namespace unroll {

/// Replaces the file at `path` by `bytes`, whole or not at all: writes `path`.tmp, makes it
/// durable, and gives it the name. IoError where that fails; an older file is then left as it was.
void write_file(const std::string& path, std::string_view bytes);

/// The bytes of a file; IoError for one that is missing, a directory or unreadable.
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace unroll
