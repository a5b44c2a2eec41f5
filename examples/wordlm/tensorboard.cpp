#include "wordlm/tensorboard.h"

#include <unistd.h>
#include <unroll/core/error.h>

#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <filesystem>
#include <system_error>

#include "common/output.h"

namespace wordlm {

using unroll::fail;
using unroll::IoError;

namespace {

// The types of a protobuf field's value on the wire; protobuf.dev/programming-guides/encoding
enum Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <std::unsigned_integral T>
void append_little_endian(std::string& to, T number) {
  for (std::size_t i = 0; i < sizeof(T); ++i) to += static_cast<char>(number >> (8 * i) & 0xff);
}

void append_varint(std::string& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) to += static_cast<char>((number & 0x7f) | 0x80);
  to += static_cast<char>(number);
}

void append_key(std::string& to, unsigned field, Wire wire) {
  append_varint(to, field << 3 | wire);
}

void append_bytes(std::string& to, unsigned field, std::string_view bytes) {
  append_key(to, field, kBytes);
  append_varint(to, bytes.size());
  to += bytes;
}

/// The beginning of an Event: double wall_time = 1, int64 step = 2.
std::string event_at(std::int64_t step) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  std::string event;
  append_key(event, 1, kFixed64);
  append_little_endian(event, std::bit_cast<std::uint64_t>(now.count()));
  append_key(event, 2, kVarint);
  append_varint(event, static_cast<std::uint64_t>(step));
  return event;
}

/// A Summary.Value: string tag = 1, float simple_value = 2.
std::string summary_value(const Scalar& scalar) {
  std::string value;
  append_bytes(value, 1, scalar.tag);
  append_key(value, 2, kFixed32);
  append_little_endian(value, std::bit_cast<std::uint32_t>(static_cast<float>(scalar.value)));
  return value;
}

/// TensorBoard reads the files that have "tfevents" in their names, in the order of these.
std::string new_file_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') host = {"localhost"};
  return fmt::format("events.out.tfevents.{:010}.{:06}.{}.{}", microseconds / 1'000'000,
                     microseconds % 1'000'000, host.data(), ::getpid());
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = remainder >> 1 ^ (remainder & 1 ? 0x82f63b78U : 0);  // the polynomial, reflected
    }
    table[byte] = remainder;
  }
  return table;
}

std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8U;
}

}  // namespace

EventFile::EventFile(const std::string& folder) {
  if (folder.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail<IoError>("{}: cannot be made a folder: {}", folder, error.message());
  path_ = (std::filesystem::path(folder) / new_file_name()).string();
  file_.open(path_, std::ios::binary | std::ios::trunc);
  if (!file_) fail<IoError>("{}: cannot be opened", path_);
  std::string event = event_at(0);
  append_bytes(event, 3, "brain.Event:2");  // string file_version
  write(event);
}

void EventFile::begin(std::int64_t step) {
  std::string start;  // a SessionLog: SessionStatus status = 1, of which START is 1
  append_key(start, 1, kVarint);
  append_varint(start, 1);
  // TensorBoard leaves out what earlier files have of the step of this event and of later ones.
  std::string event = event_at(step + 1);
  append_bytes(event, 7, start);  // SessionLog session_log
  write(event);
}

void EventFile::add(std::int64_t step, std::span<const Scalar> scalars) {
  std::string summary;
  for (const Scalar& scalar : scalars) append_bytes(summary, 1, summary_value(scalar));
  std::string event = event_at(step);
  append_bytes(event, 5, summary);  // Summary summary
  write(event);
}

void EventFile::write(std::string_view event) {
  if (!is_on()) return;
  file_ << tf_record(event) << std::flush;
  if (file_) return;
  examples::write_error(
      fmt::format("\nwordlm: warning: {}: cannot be written, the training goes on\n", path_));
  path_.clear();
}

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ crc >> 8;
  }
  return ~crc;
}

std::string tf_record(std::string_view bytes) {
  std::string record;
  append_little_endian<std::uint64_t>(record, bytes.size());
  append_little_endian(record, masked_crc(record));
  record += bytes;
  append_little_endian(record, masked_crc(bytes));
  return record;
}

}  // namespace wordlm
