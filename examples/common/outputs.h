#pragma once
/// The files a program reads and writes, checked before it begins.

#include <span>
#include <string>
#include <vector>

#include "common/saver.h"

namespace examples {

/// A file, and the option that names it; an empty path is none.
struct NamedFile {
  std::string option;  // as "--save"
  std::string path;
};

/// Throws unroll::IoError where an output cannot be written, or is an input or another output: by
/// the same name, another name or a link.
void check_outputs(std::span<const NamedFile> outputs, std::span<const NamedFile> inputs);

/// The same for a training, whose first output is that of --save. `load`: the model that is gone on
/// with, which only this one may replace.
void check_outputs(std::span<const NamedFile> outputs, std::span<const NamedFile> inputs,
                   const std::string& load);

/// The files that saving writes beside that of --save: its lock, and the older ones of --keep.
[[nodiscard]] std::vector<NamedFile> files_beside(const SaveOptions& save);

}  // namespace examples
