#include "text/comments.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unroll/core/error.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "files.h"
#include "read_comments.h"

namespace text {
namespace {

using unroll::testing::sample_path;
using unroll::testing::TemporaryFile;
using Texts = std::vector<std::string>;
using namespace std::string_literals;

/// A table where the ending is .csv, else lines.
ReadOptions options_for(std::string_view extension, const std::string& column) {
  ReadOptions options;
  if (extension == ".csv") options.format = "csv";
  options.column = column;
  return options;
}

ReadComments read(std::string_view extension, std::string_view content,
                  const std::string& column = "") {
  const TemporaryFile file(extension, content);
  return read_comments(file.path(), options_for(extension, column));
}

Texts read_csv(std::string_view content, const std::string& column = "") {
  return read(".csv", content, column).texts;
}

/// The message of the error that reading throws, the path written as FILE.
std::string read_error(std::string_view extension, std::string_view content,
                       const std::string& column = "") {
  const TemporaryFile file(extension, content);
  try {
    (void)read_comments(file.path(), options_for(extension, column));
  } catch (const unroll::IoError& error) {
    std::string message = error.what();
    const std::size_t at = message.find(file.path());
    return at == std::string::npos ? message : message.replace(at, file.path().size(), "FILE");
  }
  return "no error";
}

TEST_CASE("CSV: quotes, commas, line feeds and both line endings") {
  CHECK(read_csv("body\nplain\n\"a, b\"\n") == Texts{"plain", "a, b"});
  CHECK(read_csv("body\r\none\r\ntwo\r\n") == Texts{"one", "two"});
  CHECK(read_csv("body\n\"say \"\"hi\"\"\"\n") == Texts{"say \"hi\""});
  CHECK(read_csv("body\n\"two\n\nlines\"\nnext") == Texts{"two\n\nlines", "next"});
  CHECK(read_csv("body\r\n\"two\r\nlines\"\r\n") == Texts{"two\nlines"});
  CHECK(read_csv("\xEF\xBB\xBF\"body\"\nx\n") == Texts{"x"});
  CHECK(read_csv("body\rold\rMac\r") == Texts{"old", "Mac"});
  CHECK(read_csv("body\n\"no line feed at the end\"") == Texts{"no line feed at the end"});
}

TEST_CASE("CSV: blank lines and blank comments are skipped, blanks inside quotes kept") {
  CHECK(read_csv("\n\nbody\n\n\nx\n\n\"\"\n\" \n \"\ny\n\n") == Texts{"x", "y"});
  CHECK(read_csv("body\n\" x \"\n") == Texts{" x "});
}

TEST_CASE("CSV: the column by name, by number, and by default") {
  const std::string content = "id,body,2\n7,text,two\n";
  CHECK(read_csv(content) == Texts{"text"});
  CHECK(read_csv(content, "id") == Texts{"7"});
  CHECK(read_csv(content, "1") == Texts{"7"});
  CHECK(read_csv(content, "3") == Texts{"two"});
  CHECK(read_csv(content, "2") == Texts{"two"});  // a name comes before a number
  CHECK(read_csv("id,Comment\n1,a\n") == Texts{"a"});
  CHECK(read_csv("id,TEXT,body\n1,a,b\n") == Texts{"b"});
  CHECK(read_csv("id,Reply\n1,a\n", "reply") == Texts{"a"});
  CHECK(read_csv("only\na\n") == Texts{"a"});
  CHECK(read(".csv", "id,Comment\n1,a\n").column == "Comment");
  CHECK(read_error(".csv", "first,second\na,b\n") ==
        "FILE: which column holds the comments? None is called body, text, comment or content; "
        "--column names one of the 2 columns: 'first', 'second'");
}

TEST_CASE("CSV: the character between fields is found") {
  CHECK(read_csv("id;body\n1;a, b\n") == Texts{"a, b"});
  CHECK(read_csv("id\tbody\n1\ta, b\n") == Texts{"a, b"});
  CHECK(read_csv("\"id;x\",body\n1,\"a\"\n") == Texts{"a"});
  const TemporaryFile file(".csv", "id|body\n1|a, b\n");
  ReadOptions options{"csv", "", "", '|', false};
  CHECK(read_comments(file.path(), options).texts == Texts{"a, b"});
  const TemporaryFile tabs(".x", "id\tbody\n1\ta; b, c\n");
  options = {"tsv", "", "", '\0', false};
  CHECK(read_comments(tabs.path(), options).texts == Texts{"a; b, c"});
}

TEST_CASE("CSV: a first line that reads like a comment is one") {
  const ReadComments comments = read(".csv", "\"Alpha alpha alpha.\"\n\"Bravo.\"\n");
  CHECK(comments.texts == Texts{"Alpha alpha alpha.", "Bravo."});
  CHECK(comments.header_is_comment);
  CHECK(comments.column == "");
  CHECK(read_csv("1,It is late.\n2,Good.\n", "2") == Texts{"It is late.", "Good."});
  CHECK_FALSE(read(".csv", "review\nGood.\n").header_is_comment);
  CHECK_FALSE(
      read(".csv", "id,what they wrote down\n1,x\n", "what they wrote down").header_is_comment);
}

TEST_CASE("CSV: broken rows are left out on request, and counted") {
  const TemporaryFile file(
      ".csv", "id,body\n1,one\n2,two, three\n3,a \"b\" c\n4,\"four\n5,five\n6,six\n7,seven\n");
  const ReadComments comments = read_comments(file.path(), {"csv", "", "", '\0', true});
  CHECK(comments.texts == Texts{"one", "five", "six", "seven"});
  CHECK(comments.bad_rows == 3);
  CHECK(comments.first_bad_row.find(":3: expected 2 fields") != std::string::npos);
}

TEST_CASE("comments that are deleted or removed are left out, and counted") {
  const ReadComments comments = read(".csv", "body\n[deleted]\nx\n [removed] \n[deleted] y\n");
  CHECK(comments.texts == Texts{"x", "[deleted] y"});
  CHECK(comments.dropped == 2);
  CHECK(read_error(".txt", "[deleted]\n") == "FILE: holds only blank or deleted comments");
}

TEST_CASE("files from DOS: its end of the file, form feeds") {
  CHECK(read_csv("id,body\r\n1,a\r\n\x1A") == Texts{"a"});
  CHECK(read_csv("id,body\n1,a\n\f\n2,b\n") == Texts{"a", "b"});
  CHECK(read(".txt", "a\n\x1A\x1A").texts == Texts{"a"});
}

TEST_CASE("CSV: a wrong column is an error that lists the columns") {
  CHECK(read_error(".csv", "id,body\n1,x\n", "text") ==
        "FILE: has no column 'text'; its header names 2 columns: 'id', 'body'");
  CHECK(read_error(".csv", "body\nx\n", "2") ==
        "FILE: has no column '2'; its header names 1 column: 'body'");
  CHECK(read_error(".csv", "body\nx\n", "0") ==
        "FILE: has no column '0'; its header names 1 column: 'body'");
  CHECK(read_error(".csv", "body\nx\n", "99999999999999999999999") ==
        "FILE: has no column '99999999999999999999999'; its header names 1 column: 'body'");
}

const std::string kRemedy = "; --skip-bad-rows leaves such records out";

TEST_CASE("CSV: broken quoting is an error with its line") {
  CHECK(read_error(".csv", "body\nfine\n\"one\ntwo\" three\n") ==
        "FILE:4: expected ',' or the end of the line after a closing quote, found 'three' (the "
        "record begins on line 3)" +
            kRemedy);
  CHECK(read_error(".csv", "body\n5\" screen\n") ==
        "FILE:2: expected quotes around the whole of a field that holds a quote, found '\" screen' "
        "inside an unquoted one" +
            kRemedy);
  CHECK(read_error(".csv", "body\n5 inch\nbad \"one\"\r") ==
        "FILE:3: expected quotes around the whole of a field that holds a quote, found '\"one\"' "
        "inside an unquoted one" +
            kRemedy);
  CHECK(read_error(".csv", "id,body\n1,a\n2,\"b\nc\",\"never\n3,d\n4,e\n") ==
        "FILE:4: the quote that opens here is never closed" + kRemedy);
  CHECK(read_error(".csv", "\"body\n") == "FILE:1: the quote that opens here is never closed");
}

TEST_CASE("CSV: a last comment that the end of the file cuts off is kept and reported") {
  const ReadComments comments = read(".csv", "\"body\"\n\"whole\"\n\"cut\noff");
  CHECK(comments.texts == Texts{"whole", "cut\noff"});
  CHECK(comments.cut_off_line == 3);
  CHECK(read(".csv", "body\n\"whole\"").cut_off_line == 0);
}

TEST_CASE("CSV: every record has as many fields as the header") {
  CHECK(read_error(".csv", "body\nfine\nHello, world\n") ==
        "FILE:3: expected 1 field as in the header, found 2; a field that holds a ',' must be "
        "quoted, --delimiter names another character between fields" +
            kRemedy);
  CHECK(read_error(".csv", "a,body\n\"x\ny\",2\nshort\n") ==
        "FILE:4: expected 2 fields as in the header, found 1; a field that holds a ',' must be "
        "quoted, --delimiter names another character between fields" +
            kRemedy);
}

TEST_CASE("plain text: one comment a line") {
  CHECK(read(".txt", "one\n\n  \ntwo, \"three\r\n\r\n four").texts ==
        Texts{"one", "two, \"three", " four"});
  CHECK(read(".txt", "\xEF\xBB\xBFmarked\n").texts == Texts{"marked"});
  CHECK(read("", "no extension").texts == Texts{"no extension"});
}

TEST_CASE("files without a comment are errors") {
  CHECK(read_error(".txt", "") == "FILE: the file is empty");
  CHECK(read_error(".csv", "\xEF\xBB\xBF") == "FILE: the file is empty");
  CHECK(read_error(".txt", " \n\n") == "FILE: holds only blank comments");
  CHECK(read_error(".csv", "body\n") == "FILE: holds only blank comments");
  CHECK(read_error(".csv", "\n\n") ==
        "FILE: holds only blank lines; expected a header and comments");
  CHECK(read_error(".txt", "\xFF\xFEh\0i\0"s) ==
        "FILE: is UTF-16 by its byte-order mark; expected UTF-8");
}

TEST_CASE("files that cannot be read are errors") {
  CHECK_THROWS_WITH_AS((void)read_comments("/no/such/file.csv", {}),
                       "/no/such/file.csv: cannot be opened: No such file or directory",
                       unroll::IoError);
  const std::string folder = std::filesystem::temp_directory_path().string();
  CHECK_THROWS_WITH_AS((void)read_comments(folder, {}),
                       (folder + ": is a directory; expected a file").c_str(), unroll::IoError);
}

TEST_CASE("bad UTF-8 and NUL bytes are mended and counted, with the first line") {
  const ReadComments comments = read(".csv", "body\n\"fine\nhere\"\nb\xFF\0d \xE2\x82\n\xC3(\n"s);
  CHECK(comments.texts == Texts{"fine\nhere",
                                "b\xEF\xBF\xBD"
                                "d \xEF\xBF\xBD",
                                "\xEF\xBF\xBD("});
  CHECK(comments.file.invalid_bytes == 3);
  CHECK(comments.file.first_invalid_line == 4);
  CHECK(comments.file.nul_bytes == 1);
}

TEST_CASE("the way in which a text is read is the same by the name and the number of a column") {
  const auto way_of = [](std::string_view content, const ReadOptions& options) {
    TextStream text(content);
    return describe_reading(text, "file", options);
  };
  const auto way = [&](const char* format, std::string_view content, const char* column = "") {
    ReadOptions options;
    options.format = format;
    options.column = column;
    return way_of(content, options);
  };
  CHECK(way("lines", "a\nb\n") == "lines");
  const std::string table = "id,Body,remark\n1,x,y\n";
  const std::string second = "table, delimiter ',', column 2";
  CHECK(way("csv", table) == second);
  CHECK(way("csv", table, "body") == second);
  CHECK(way("csv", table, "2") == second);
  CHECK(way("csv", table, "remark") == "table, delimiter ',', column 3");
  CHECK_THROWS_AS((void)way("csv", table, "none"), unroll::IoError);
  CHECK(way("csv", "id;text\n1;x\n") == "table, delimiter ';', column 2");
  CHECK(way("tsv", "id\ttext\n1\tx\n") == "table, delimiter '\t', column 2");
  // A header that reads like a comment is one, unless the column was asked for by that name.
  const std::string headless = "so many words\nand more\n";
  CHECK(way("csv", headless) == "table, delimiter ',', column 1, without a header");
  CHECK(way("csv", headless, "so many words") == "table, delimiter ',', column 1");
  const std::string objects = "{\"id\": 1, \"body\": \"x\", \"remark\": \"y\"}\n";
  CHECK(way("jsonl", objects) == "JSON, member 'body'");
  CHECK(way("jsonl", objects, "1") == "JSON, member 'body'");
  CHECK(way("jsonl", objects, "remark") == "JSON, member 'remark'");

  ReadOptions options;
  options.format = "csv";
  options.preferred = "body";
  options.delimiter = ',';
  CHECK(way_of(table, options) == second);
  options.format = "jsonl";
  CHECK_THROWS_AS((void)way_of("no object\n" + objects, options), unroll::IoError);
  options.skip_bad_rows = true;
  CHECK(way_of("no object\n" + objects, options) == "JSON, member 'body'");
}

TEST_CASE("a gigantic line is read") {
  const std::string text(20'000'000, 'x');
  CHECK(read_csv("body\n\"" + text + "\"\n") == Texts{text});
  CHECK(read(".txt", text).texts == Texts{text});
  // Quadratic time would be hours.
}

TEST_CASE("comments: the sample of reddit comments is read whole") {
  const auto path = sample_path();
  if (!path) return;
  const ReadComments comments = read_comments(*path, options_for(".csv", ""));
  CHECK(comments.texts.size() == 212);
  CHECK(comments.file.invalid_bytes == 0);
  CHECK(comments.file.nul_bytes == 0);
  CHECK(comments.cut_off_line == 874);  // the sample is the first 1000 lines of a larger file
  CHECK(comments.texts.front().starts_with("I joined a new league this year"));
  CHECK(comments.texts.back().ends_with("### Gameplay\n"));
  CHECK(read_comments(*path, options_for(".csv", "body")).texts == comments.texts);
  CHECK(read_comments(*path, options_for(".csv", "1")).texts == comments.texts);
}

}  // namespace
}  // namespace text
