/// Prints each sentence of a table of comments, as JSON a line, with its words: what
/// compare_nltk.py reads.

#include <fmt/core.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "wordlm/comments.h"
#include "wordlm/html.h"
#include "wordlm/input.h"
#include "wordlm/sentences.h"
#include "wordlm/words.h"

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "split_text: the one argument is a .csv file of comments\n");
    return 2;
  }
  try {
    const std::string path = arguments[1];
    wordlm::ReadOptions options;
    options.format = "csv";
    const std::string table = wordlm::text_of_bytes(wordlm::read_input(path), path).text;
    (void)wordlm::for_each_comment(table, path, options, [](std::string_view comment) {
      for (const std::string& text : wordlm::split_sentences(wordlm::text_of_html(comment))) {
        const nlohmann::json line = {{"text", text}, {"words", wordlm::split_words(text)}};
        fmt::print("{}\n", line.dump());
      }
    });
  } catch (const std::exception& error) {
    fmt::print(stderr, "split_text: {}\n", error.what());
    return 1;
  }
  return 0;
}
