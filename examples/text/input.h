#pragma once
/// The bytes of a file to read, or of standard input.

#include <functional>
#include <string>
#include <string_view>

#include "text/text_stream.h"

namespace text {

/// The path that stands for standard input.
inline constexpr std::string_view kStandardInput = "-";

/// All bytes of a file; what gzip has packed is unpacked. Throws unroll::IoError, naming the file,
/// where it cannot be read or is damaged.
[[nodiscard]] std::string read_input(const std::string& path);

/// The text of a file, of which one part after the other is in memory; what gzip has packed is
/// unpacked. Throws as read_input() and TextStream do, and while it is read examples::Interrupted
/// where Ctrl-C asks to stop. Reading that takes long shows how far it is.
[[nodiscard]] TextStream open_text(const std::string& path);

/// The bytes of a file part by part, for files larger than memory: calls `use` with one line after
/// the other, its end left out. A line is UTF-8 as the file has it.
void for_each_line(const std::string& path, const std::function<void(std::string_view)>& use);

/// The ending of a file's name in lower case, such as ".csv"; that of "comments.csv.gz" is the
/// same.
[[nodiscard]] std::string ending_of_input(const std::string& path);

/// A file's name for messages.
[[nodiscard]] std::string name_of_input(const std::string& path);

}  // namespace text
