#include "wordlm/comments.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unroll/core/error.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "text_files.h"

namespace wordlm {
namespace {

using Texts = std::vector<std::string>;
using namespace std::string_literals;

Comments read(std::string_view extension, std::string_view content,
              const std::string& column = "") {
  const TemporaryFile file(extension, content);
  return read_comments(file.path(), column);
}

Texts read_csv(std::string_view content, const std::string& column = "") {
  return read(".csv", content, column).texts;
}

/// The message of the error that reading throws, the path written as FILE.
std::string read_error(std::string_view extension, std::string_view content,
                       const std::string& column = "") {
  const TemporaryFile file(extension, content);
  try {
    (void)read_comments(file.path(), column);
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
  CHECK(read_csv("body\r\n\"two\r\nlines\"\r\n") == Texts{"two\r\nlines"});
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
  CHECK(read_csv("first,second\na,b\n") == Texts{"a"});
}

TEST_CASE("CSV: the extension may be upper case") {
  CHECK(read(".CSV", "body\n\"a,b\"\n").texts == Texts{"a,b"});
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

TEST_CASE("CSV: broken quoting is an error with its line") {
  CHECK(read_error(".csv", "body\nfine\n\"one\ntwo\" three\n") ==
        "FILE:4: expected ',' or the end of the line after a closing quote, found 'three' (the "
        "record begins on line 3)");
  CHECK(read_error(".csv", "body\n5\" screen\n") ==
        "FILE:2: expected quotes around the whole of a field that holds a quote, found '\" screen' "
        "inside an unquoted one");
  CHECK(read_error(".csv", "body\n\n\"never\nclosed\n") ==
        "FILE:3: a quoted field of the record that begins here is never closed; expected '\"', "
        "found the end of the file");
  CHECK(read_error(".csv", "\"body\n") ==
        "FILE:1: a quoted field of the record that begins here is never closed; expected '\"', "
        "found the end of the file");
}

TEST_CASE("CSV: a last comment that the end of the file cuts off is kept and reported") {
  const Comments comments = read(".csv", "body\n\"whole\"\n\"cut\noff");
  CHECK(comments.texts == Texts{"whole", "cut\noff"});
  CHECK(comments.unclosed_line == 3);
  CHECK(read(".csv", "body\n\"whole\"").unclosed_line == 0);
}

TEST_CASE("CSV: every record has as many fields as the header") {
  CHECK(read_error(".csv", "body\nfine\nHello, world\n") ==
        "FILE:3: expected 1 field as in the header, found 2; a field that holds a comma must be "
        "quoted");
  CHECK(read_error(".csv", "a,b\n\"x\ny\",2\nshort\n") ==
        "FILE:4: expected 2 fields as in the header, found 1; a field that holds a comma must be "
        "quoted");
}

TEST_CASE("plain text: one comment a line") {
  CHECK(read(".txt", "one\n\n  \ntwo, \"three\r\n\r\n four").texts ==
        Texts{"one", "two, \"three", " four"});
  CHECK(read(".txt", "\xEF\xBB\xBFmarked\n").texts == Texts{"marked"});
  CHECK(read("", "no extension").texts == Texts{"no extension"});
}

TEST_CASE("files without a comment are errors") {
  CHECK(read_error(".txt", "") == "FILE: the file is empty; expected comments");
  CHECK(read_error(".csv", "\xEF\xBB\xBF") == "FILE: the file is empty; expected comments");
  CHECK(read_error(".txt", " \n\n") == "FILE: holds no comment that is not blank");
  CHECK(read_error(".csv", "body\n") == "FILE: holds no comment that is not blank");
  CHECK(read_error(".csv", "\n\n") ==
        "FILE: holds only blank lines; expected a header and comments");
  CHECK(read_error(".txt", "\xFF\xFEh\0i\0"s) ==
        "FILE: is UTF-16 by its byte-order mark; expected UTF-8");
}

TEST_CASE("files that cannot be read are errors") {
  CHECK_THROWS_WITH_AS((void)read_comments("/no/such/file.csv"),
                       "/no/such/file.csv: cannot be opened: No such file or directory",
                       unroll::IoError);
  const std::string folder = std::filesystem::temp_directory_path().string();
  CHECK_THROWS_WITH_AS((void)read_comments(folder),
                       (folder + ": is a directory; expected a file of comments").c_str(),
                       unroll::IoError);
}

TEST_CASE("bad UTF-8 and NUL bytes are mended and counted, with the first line") {
  const Comments comments = read(".csv", "body\n\"fine\nhere\"\nb\xFF\0d \xE2\x82\n\xC3(\n"s);
  CHECK(comments.texts == Texts{"fine\nhere",
                                "b\xEF\xBF\xBD"
                                "d \xEF\xBF\xBD",
                                "\xEF\xBF\xBD("});
  CHECK(comments.invalid_bytes == 3);
  CHECK(comments.first_invalid_line == 4);
  CHECK(comments.nul_bytes == 1);
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
  const Comments comments = read_comments(*path);
  CHECK(comments.texts.size() == 212);
  CHECK(comments.invalid_bytes == 0);
  CHECK(comments.nul_bytes == 0);
  CHECK(comments.unclosed_line == 874);  // the sample is the first 1000 lines of a larger file
  CHECK(comments.texts.front().starts_with("I joined a new league this year"));
  CHECK(comments.texts.back().ends_with("### Gameplay\n"));
  CHECK(read_comments(*path, "body").texts == comments.texts);
  CHECK(read_comments(*path, "1").texts == comments.texts);
}

}  // namespace
}  // namespace wordlm
