#pragma once
/// The files a program reads and writes, checked before it begins.

#include <span>
#include <string>

namespace examples {

/// A file, and the option that names it; an empty path is none.
struct NamedFile {
  std::string option;  // as "--save"
  std::string path;
};

/// Throws unroll::IoError where an output cannot be written, or is an input or another output: by
/// the same name, another name or a link.
void check_outputs(std::span<const NamedFile> outputs, std::span<const NamedFile> inputs);

}  // namespace examples
