// A text that is read part by part is the text that is read at once, wherever the parts end.
#include "text/text_stream.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unroll/core/error.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "files.h"
#include "text/comments.h"
#include "text/input.h"

namespace text {
namespace {

using namespace std::string_view_literals;

/// What a reading gives, or the error that it ends with.
struct Reading {
  std::vector<std::string> comments;
  std::string counts;
  std::string error;

  bool operator==(const Reading&) const = default;
};

template <class Read>
Reading reading(Read&& read) {
  Reading found;
  try {
    const Comments c =
        read([&](std::string_view text) { found.comments.emplace_back(text); }, found.counts);
    found.counts += fmt::format(" {} {} {} {} {} {} {}", c.count, c.column, c.header_is_comment,
                                c.dropped, c.cut_off_line, c.bad_rows, c.first_bad_row);
  } catch (const unroll::IoError& error) {
    found.error = error.what();
  }
  return found;
}

std::string counts_of(const RepairedText& text) {
  return fmt::format("{} {} {}", text.invalid_bytes, text.first_invalid_line, text.nul_bytes);
}

/// Reads bytes at once.
Reading read_whole(const std::string& bytes, const ReadOptions& options) {
  return reading([&](const TakeComment& take, std::string& counts) {
    const RepairedText whole = text_of_bytes(bytes, "file");
    counts = counts_of(whole);
    return for_each_comment(whole.text, "file", options, take);
  });
}

/// Reads bytes in parts of at least `block` bytes, cut anywhere.
Reading read_parts(const std::string& bytes, const ReadOptions& options, std::size_t block,
                   std::mt19937& random) {
  return reading([&](const TakeComment& take, std::string& counts) {
    std::size_t at = 0;
    TextStream stream(
        [&](std::string& all) {
          const std::size_t count = 1 + random() % 7;
          all.append(bytes, at, count);
          at = std::min(at + count, bytes.size());
          return at < bytes.size();
        },
        "file", block);
    const Comments comments = for_each_comment(stream, "file", options, take);
    counts = counts_of(stream.repairs());
    return comments;
  });
}

constexpr std::array kPieces = {
    "\""sv,
    "\"\n"sv,
    ",\""sv,
    ","sv,
    "\n"sv,
    "\r"sv,
    "\r\n"sv,
    "\0"sv,
    "a"sv,
    "é"sv,
    "中"sv,
    "😀"sv,
    "\xE2\x80"sv,
    "\xF0\x9F"sv,
    "\x80"sv,
    "\xFF"sv,
    "\x1A"sv,
    ";"sv,
    "\t"sv,
    "\"\""sv,
    "body\n"sv,
    "{\"body\": \"b\"}\n"sv,
    " "sv,
    "x,y\n"sv,
    "\"one\ntwo\"\n"sv,
    "a b c.\n"sv,
    "[deleted]\n"sv,
    "\xEF\xBB\xBF"sv,
};

std::string random_bytes(std::mt19937& random) {
  std::string bytes;
  switch (random() % 4) {
    case 0:
      bytes = "body\n";
      break;
    case 1:
      bytes = "id,body\n1,b\n";
      break;
    case 2:
      bytes = "\xEF\xBB\xBF";
      break;
    default:
      break;
  }
  for (std::size_t pieces = random() % 60; pieces > 0; --pieces) {
    bytes += random() % 3 == 0 ? "some text\n"sv : kPieces[random() % kPieces.size()];
  }
  return bytes;
}

TEST_CASE("streams: the same records and the same errors wherever the parts of a text end") {
  std::mt19937 random(5);
  int read = 0;
  for (int round = 0; round < 6000; ++round) {
    const std::string bytes = random_bytes(random);
    const ReadOptions options{std::array{"csv", "tsv", "jsonl", "lines"}[random() % 4],
                              random() % 2 == 0 ? "" : "1", "", random() % 2 == 0 ? ',' : '\0',
                              random() % 2 == 0};
    const Reading whole = read_whole(bytes, options);
    const Reading parts = read_parts(bytes, options, 1 + random() % 40, random);
    CAPTURE(round);
    CAPTURE(bytes);
    // A file that is no text may give comments before that is seen.
    if (whole.error.find("is no text") != std::string::npos) continue;
    if (parts.error.find("is no text") != std::string::npos) continue;
    CHECK(parts.error == whole.error);
    CHECK(parts.comments == whole.comments);
    if (whole.error.empty()) CHECK(parts.counts == whole.counts);
    read += whole.error.empty() ? 1 : 0;
  }
  CHECK(read > 1000);  // or the test would show little
}

TEST_CASE("streams: a line is found wherever the parts of a text end") {
  const std::string bytes = "one\r\ntwo\n\nlast";
  std::size_t at = 0;
  TextStream stream(
      [&](std::string& all) {
        all += bytes[at++];
        return at < bytes.size();
      },
      "file", 1);
  CHECK(stream.line_at(0) == "one\n");
  CHECK(stream.read_from(0).starts_with("one\n"));
  CHECK(stream.line_at(4) == "two\n");
  stream.forget_before(4);
  CHECK(stream.line_at(8) == "\n");
  CHECK(stream.line_at(4) == "two\n");
  stream.forget_before(9);
  CHECK_FALSE(stream.ends_at(9));
  CHECK(stream.line_at(9) == "last");
  CHECK(stream.ends_at(13));
  CHECK(stream.line_at(13).empty());
  CHECK(at == bytes.size());
}

TEST_CASE("streams: what has been used does not stay in memory") {
  std::size_t lines = 0;
  TextStream stream(
      [&](std::string& all) {
        all += "a line of a text without end\n";
        return ++lines < 100'000;
      },
      "file", 1000);
  std::size_t at = 0;
  std::size_t most = 0;
  while (!stream.ends_at(at)) {
    stream.forget_before(at);
    at += stream.line_at(at).size();
    most = std::max(most, stream.read_from(at).size());
  }
  CHECK(at == 100'000 * 29);
  CHECK(most < 3000);
}

TEST_CASE("streams: a file that is no text is found at once or at its end") {
  const auto fault = [](const std::string& bytes, std::size_t block) -> std::string {
    std::size_t at = 0;
    try {
      TextStream stream(
          [&](std::string& all) {
            all.append(bytes, at, 10);
            at += 10;
            return at < bytes.size();
          },
          "file", block);
      (void)stream.take_all();
    } catch (const unroll::IoError& error) {
      return error.what();
    }
    return "";
  };
  const std::string zeros(100, '\0');
  CHECK(fault(zeros, 1000) == "file: is no text: 100 of its 100 bytes are NUL or no UTF-8");
  CHECK(fault(zeros, 20) == "file: is no text: 20 of its first 20 bytes are NUL or no UTF-8");
  const std::string begun = std::string(50, 'a') + zeros;
  CHECK(fault(begun, 20) == "file: is no text: 100 of its 150 bytes are NUL or no UTF-8");
  CHECK(fault("", 20) == "file: the file is empty");
  CHECK(fault("\xEF\xBB\xBF\x1A\x1A", 1) == "file: the file is empty");
  CHECK(fault("\xFF\xFE" + zeros, 1) == "file: is UTF-16 by its byte-order mark; expected UTF-8");
}

TEST_CASE("streams: a file and a packed one are read part by part") {
  std::string lines;
  for (int i = 0; lines.size() < 5'000'000; ++i) lines += fmt::format("line {}\n", i);
  const unroll::testing::TemporaryFile plain(".txt", lines);
  const unroll::testing::TemporaryFile packed(".txt.gz", "");
  gzFile file = ::gzopen(packed.path().c_str(), "wb1");
  REQUIRE(::gzwrite(file, lines.data(), static_cast<unsigned>(lines.size())) > 0);
  ::gzclose(file);
  for (const std::string& path : {plain.path(), packed.path()}) {
    TextStream stream = open_text(path);
    std::string all;
    for (std::size_t at = 0; !stream.ends_at(at);) {
      stream.forget_before(at);
      const std::string_view line = stream.line_at(at);
      all += line;
      at += line.size();
    }
    CHECK((all == lines));
  }
  CHECK_THROWS_AS((void)open_text("/nowhere/file"), unroll::IoError);
}

}  // namespace
}  // namespace text
