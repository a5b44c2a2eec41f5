/// Prints each sentence of a table of comments, as JSON a line, with its words: what
/// compare_nltk.py reads.

#include <fmt/core.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "text/comments.h"
#include "text/html.h"
#include "text/input.h"
#include "text/sentences.h"
#include "text/words.h"

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "split_text: the one argument is a .csv file of comments\n");
    return 2;
  }
  try {
    const std::string path = arguments[1];
    text::ReadOptions options;
    options.format = "csv";
    const std::string table = text::text_of_bytes(text::read_input(path), path).text;
    (void)text::for_each_comment(table, path, options, [](std::string_view comment) {
      for (const std::string& text : text::split_sentences(text::text_of_html(comment))) {
        const nlohmann::json line = {{"text", text}, {"words", text::split_words(text)}};
        fmt::print("{}\n", line.dump());
      }
    });
  } catch (const std::exception& error) {
    fmt::print(stderr, "split_text: {}\n", error.what());
    return 1;
  }
  return 0;
}
