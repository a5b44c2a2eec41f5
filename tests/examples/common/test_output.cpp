#include "common/output.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

namespace examples {
namespace {

/// What a shell takes a word for.
std::string meant(const std::string& word) {
  std::FILE* const shell = ::popen(("printf %s " + word).c_str(), "r");
  REQUIRE(shell != nullptr);
  std::string text;
  for (int c = std::fgetc(shell); c != EOF; c = std::fgetc(shell)) {
    text += static_cast<char>(c);
  }
  CHECK(::pclose(shell) == 0);
  return text;
}

TEST_CASE("a word in quotes is the same word to a shell") {
  CHECK(shell_word("runs/model-2.safetensors") == "runs/model-2.safetensors");
  for (const std::string word :
       {"my model", "it's", "$HOME/`pwd`", "a\\b", "*", "~", "", "Größe"}) {
    CAPTURE(word);
    CHECK(meant(shell_word(word)) == word);
  }
}

}  // namespace
}  // namespace examples
