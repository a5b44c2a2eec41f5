#include "wordlm/tensorboard.h"

#include <doctest/doctest.h>
#include <unroll/core/error.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <map>
#include <numeric>
#include <vector>

#include "run_program.h"
#include "text_files.h"
#include "wordlm/run_log.h"

namespace wordlm {
namespace {

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return number;
}

std::string_view take(std::string_view& bytes, std::size_t count) {
  REQUIRE(bytes.size() >= count);
  const std::string_view taken = bytes.substr(0, count);
  bytes.remove_prefix(count);
  return taken;
}

/// The checksum before it was masked.
std::uint32_t unmasked(std::uint64_t checksum) {
  const auto rotated = static_cast<std::uint32_t>(checksum) - 0xa282ead8U;
  return rotated << 15 | rotated >> 17;
}

/// The contents of the records of a file, whose lengths and checksums are right.
std::vector<std::string> records_of(const std::string& file) {
  std::vector<std::string> records;
  for (std::string_view rest = file; !rest.empty();) {
    const std::string_view length = take(rest, 8);
    CHECK(unmasked(little_endian(take(rest, 4))) == crc32c(length));
    const std::string_view bytes = take(rest, little_endian(length));
    CHECK(unmasked(little_endian(take(rest, 4))) == crc32c(bytes));
    records.emplace_back(bytes);
  }
  return records;
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(bytes, 1)[0]);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
}

/// The fields of a protobuf message by their numbers: what is a number as its eight bytes.
std::multimap<std::uint64_t, std::string> fields_of(std::string_view message) {
  std::multimap<std::uint64_t, std::string> fields;
  while (!message.empty()) {
    const std::uint64_t key = take_varint(message);
    std::string value;
    if ((key & 7) == 0) {
      const std::uint64_t number = take_varint(message);
      value.assign(reinterpret_cast<const char*>(&number), sizeof number);
    } else {
      REQUIRE(((key & 7) == 1 || (key & 7) == 2 || (key & 7) == 5));
      const std::size_t fixed = (key & 7) == 1 ? 8 : 4;
      value = take(message, (key & 7) == 2 ? take_varint(message) : fixed);
    }
    fields.emplace(key >> 3, value);
  }
  return fields;
}

template <class T>
T number_in(const std::multimap<std::uint64_t, std::string>& fields, std::uint64_t field) {
  REQUIRE(fields.count(field) == 1);
  T number;
  REQUIRE(fields.find(field)->second.size() == sizeof number);
  std::memcpy(&number, fields.find(field)->second.data(), sizeof number);
  return number;
}

/// The scalars of an event by their tags.
std::map<std::string, float> scalars_of(const std::string& event) {
  std::map<std::string, float> scalars;
  const auto fields = fields_of(event);
  REQUIRE(fields.count(5) == 1);
  for (const auto& [number, value] : fields_of(fields.find(5)->second)) {
    CHECK(number == 1);
    const auto scalar = fields_of(value);
    REQUIRE(scalar.count(1) == 1);
    scalars[scalar.find(1)->second] = number_in<float>(scalar, 2);
  }
  return scalars;
}

TEST_CASE("tensorboard: checksums are those of RFC 3720, appendix B.4") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283U);  // the check value of CRC catalogues
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aaU);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43U);
  std::string rising(32, '\0');
  std::iota(rising.begin(), rising.end(), '\0');
  CHECK(crc32c(rising) == 0x46dd794eU);
  CHECK(crc32c(std::string(rising.rbegin(), rising.rend())) == 0x113fdb5cU);
}

TEST_CASE("tensorboard: an event file holds its version, the start and the points") {
  const Folder folder;
  EventFile events(folder.file("runs/first"));
  CHECK(events.is_on());
  events.begin(300);
  const std::vector<Scalar> scalars{{"loss/held-out", 4.25}, {"learning_rate", 0.1}};
  events.add(1'000'000'000'000, scalars);

  const std::vector<std::string> records = records_of(content_of(events.path()));
  REQUIRE(records.size() == 3);
  const auto version = fields_of(records[0]);
  CHECK(version.find(3)->second == "brain.Event:2");
  CHECK(number_in<double>(version, 1) > 1.7e9);  // seconds since 1970
  CHECK(number_in<std::uint64_t>(fields_of(records[1]), 2) == 301);
  CHECK(fields_of(records[1]).find(7)->second == "\x08\x01");
  CHECK(number_in<std::uint64_t>(fields_of(records[2]), 2) == 1'000'000'000'000);
  CHECK(scalars_of(records[2]) ==
        std::map<std::string, float>{{"loss/held-out", 4.25F}, {"learning_rate", 0.1F}});
}

TEST_CASE("tensorboard: each file of a folder is a new one, later ones after earlier ones") {
  const Folder folder;
  const EventFile first(folder.path());
  const EventFile second(folder.path());
  CHECK(folder.entries() == 2);
  CHECK(first.path() < second.path());
  CHECK(first.path().starts_with(folder.file("events.out.tfevents.")));
}

TEST_CASE("tensorboard: without a folder nothing is written") {
  EventFile events("");
  CHECK_FALSE(events.is_on());
  events.begin(0);
  events.add(1, std::vector<Scalar>{{"loss", 1}});
}

TEST_CASE("tensorboard: a file in the place of the folder is an error") {
  const TemporaryFile file(".txt", "text");
  try {
    const EventFile events(file.path());
    FAIL("accepted");
  } catch (const unroll::IoError& error) {
    CHECK(std::string(error.what()).starts_with(file.path() + ": cannot be made a folder: "));
  }
}

TEST_CASE("tensorboard: a training writes what its log says") {
  const Folder folder;
  const std::string log = folder.file("run.jsonl");
  const Run trained = run({"train", "--comments", "40", "--hidden", "4", "--epochs", "2",
                           "--samples", "0", "--log", log, "--tensorboard", folder.file("events")});
  REQUIRE(trained.status == 0);
  std::vector<std::string> records;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("events"))) {
    for (std::string& record : records_of(content_of(entry.path()))) {
      records.push_back(std::move(record));
    }
  }
  const std::vector<Report> reports = read_log(log);
  REQUIRE(reports.size() == 3);
  REQUIRE(records.size() == 2 + reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const Report& report = reports[i];
    const std::string& event = records[2 + i];
    std::map<std::string, float> scalars = scalars_of(event);
    CHECK(static_cast<std::int64_t>(number_in<std::uint64_t>(fields_of(event), 2)) == report.step);
    CHECK(scalars.at("loss/held-out") == static_cast<float>(report.loss));
    CHECK(scalars.at("perplexity") == doctest::Approx(std::exp(report.loss)));
    CHECK(scalars.at("memory_mb") == report.memory_mb);
    if (i == 0) continue;
    CHECK(scalars.at("loss/training") == static_cast<float>(report.training_loss));
    CHECK(scalars.at("gradient_norm") == static_cast<float>(report.gradient_norm));
    CHECK(scalars.at("learning_rate") == static_cast<float>(report.learning_rate));
    CHECK(std::round(scalars.at("words_per_second")) ==
          doctest::Approx(report.words_per_second).epsilon(1e-6));
  }
}

TEST_CASE("tensorboard: the loss of training sentences is named so") {
  const Folder folder;
  REQUIRE(run({"train", "--comments", "20", "--hidden", "4", "--epochs", "1", "--samples", "0",
               "--held-out", "0", "--tensorboard", folder.path()})
              .status == 0);
  const auto file = std::filesystem::directory_iterator(folder.path())->path();
  const auto scalars = scalars_of(records_of(content_of(file)).back());
  CHECK(scalars.contains("loss/training text"));
  CHECK_FALSE(scalars.contains("loss/held-out"));
}

TEST_CASE("tensorboard: a full disk is a warning, and the training goes on") {
  const Folder folder;
  // A limit on the size of files, in blocks of 512 bytes, that the first events do not reach, nor
  // the file of 1024 bytes with which Clang's OpenMP begins.
  const std::string limited = fmt::format(
      "ulimit -f 2 && exec {} train --comments 20 --hidden 4 --epochs 9 --samples 0 "
      "--tensorboard {}",
      WORDLM_PROGRAM, folder.path());
  const Run trained = unroll::testing::run_program("sh -c", {limited});
  CHECK(trained.status == 0);
  CHECK(trained.err.find(": cannot be written, the training goes on\n") != std::string::npos);
  CHECK(trained.out.find("\nepoch  9: ") != std::string::npos);
}

}  // namespace
}  // namespace wordlm
