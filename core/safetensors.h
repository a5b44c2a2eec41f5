#pragma once
/// Tensors in files: the safetensors format, which every framework reads. A JSON header, then the
/// bytes, little-endian, row-major, nothing else: loading runs no code.

#include <unroll/core/parameters.h>
#include <unroll/core/tensor.h>

#include <map>
#include <string>

namespace unroll {

/// What a file holds: named tensors, and text of the user's own.
struct TensorFile {
  std::map<std::string, Tensor> tensors;             // by name
  std::map<std::string, std::string> metadata = {};  // the file's `__metadata__`
  std::map<std::string, std::string> skipped = {};   // tensors left out in loading, and why
  bool checked = false;                              // loading compared it with its checksums
};

/// Writes `file` at `path` as write_file() does, with a checksum (XXH3) of every tensor and of the
/// metadata, which are metadata too. IoError where that fails; an older file is then left as it
/// was.
void save_safetensors(const std::string& path, const TensorFile& file);

/// Reads a file: its header first, of which all is checked (types, shapes, that the tensors cover
/// the data without gap or overlap) before anything else is read or any memory asked for. F16 and
/// BF16 become F32; tensors of other types, or with more axes than a Shape has, are `skipped`. A
/// file of save_safetensors() is compared with its checksums. IoError names the file, and both the
/// expected and the actual property.
[[nodiscard]] TensorFile load_safetensors(const std::string& path);
/// The same from memory; `name` stands for the file in errors.
[[nodiscard]] TensorFile parse_safetensors(std::string_view bytes, const std::string& name);

/// The parameters of a tree by their names.
[[nodiscard]] std::map<std::string, Tensor> tensors_of(const Parameters& parameters);
/// Sets every parameter of a tree from a file's tensors. All are checked before one is changed:
/// IoError where one is missing, has another shape, or is not finite.
void set_parameters(const Parameters& parameters, const TensorFile& file, const std::string& path);

}  // namespace unroll
