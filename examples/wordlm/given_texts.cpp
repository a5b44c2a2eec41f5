#include "wordlm/given_texts.h"

#include <unroll/core/error.h>

#include <iostream>

#include "wordlm/text.h"

namespace wordlm {

std::vector<std::string> given_texts(std::vector<std::string> texts, const char* purpose) {
  if (texts.empty()) {
    for (std::string line; std::getline(std::cin, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!next_chunk(line).empty()) texts.push_back(line);
    }
  }
  if (texts.empty()) unroll::fail<unroll::Error>("no sentence to {}", purpose);
  for (std::string& text : texts) text = repair_utf8(text).text;
  return texts;
}

}  // namespace wordlm
