// Any text is taken apart into sentences of words, which are no blanks, and put together again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wordlm/sentences.h"
#include "wordlm/tokens.h"
#include "wordlm/words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wordlm;
  const std::string text = repair_utf8({reinterpret_cast<const char*>(data), size}).text;
  for_each_sentence(text, Case::lower, [](const Sentence& sentence) {
    for (const std::string& word : sentence) {
      if (word.empty() || next_chunk(word).text != word) std::abort();
    }
    if (repair_utf8(join_words(sentence)).invalid_bytes != 0) std::abort();
  });
  for (const Tokens tokens : {Tokens::character, Tokens::byte, Tokens::bpe}) {
    std::string together;
    for_each_token(text, tokens, [&](std::string_view token) { together += token; });
    if (together != text) std::abort();
  }
  return 0;
}
