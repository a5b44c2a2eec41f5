// Any text is taken apart into sentences of words, which are no blanks, and put together again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/characters.h"
#include "text/sentences.h"
#include "text/words.h"
#include "wordlm/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wordlm;
  const std::string text = text::repair_utf8({reinterpret_cast<const char*>(data), size}).text;
  text::for_each_sentence(text, text::Case::lower, [](const text::Sentence& sentence) {
    for (const std::string& word : sentence) {
      if (word.empty() || text::next_chunk(word).text != word) std::abort();
    }
    if (text::repair_utf8(text::join_words(sentence)).invalid_bytes != 0) std::abort();
  });
  for (const Tokens tokens : {Tokens::character, Tokens::byte, Tokens::bpe}) {
    std::string together;
    for_each_token(text, tokens, [&](std::string_view token) { together += token; });
    if (together != text) std::abort();
  }
  return 0;
}
