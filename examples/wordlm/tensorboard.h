#pragma once
/// Event files: numbers over the steps of a training, as TensorBoard reads them.

#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace wordlm {

/// A number of a report, under the name of its curve.
struct Scalar {
  std::string_view tag;
  double value = 0;
};

/// Writes one event file into a folder, which may hold those of earlier runs: TensorBoard joins
/// them. The file is a list of records, each an `Event` of TensorFlow's event.proto.
class EventFile {
 public:
  /// Makes the folder, where there is none, and a new file in it. An empty path writes nothing.
  /// unroll::IoError where the file cannot be made.
  explicit EventFile(const std::string& folder);

  /// Says that the training goes on after `step`: what an earlier file has of later steps, since
  /// its run was killed after it last saved, is not shown.
  void begin(std::int64_t step);
  /// One point of each curve, written at once. Where that fails, standard error gets a warning and
  /// the file nothing further.
  void add(std::int64_t step, std::span<const Scalar> scalars);

  [[nodiscard]] bool is_on() const { return !path_.empty(); }
  /// Empty where nothing is written.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void write(std::string_view event);

  std::string path_;
  std::ofstream file_;
};

/// CRC-32C, the cyclic redundancy check with Castagnoli's polynomial (RFC 3720, section 12.1).
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

/// A record of a TFRecord file: the length of `bytes` as 64 bits, the checksum of the length,
/// `bytes`, and their checksum; the lowest byte of each number comes first. A checksum is
/// a CRC-32C, rotated by 15 bits, plus 0xa282ead8.
[[nodiscard]] std::string tf_record(std::string_view bytes);

}  // namespace wordlm
