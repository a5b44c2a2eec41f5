#include "wordlm/given_texts.h"

#include <unroll/core/error.h>

#include <iostream>

#include "wordlm/text.h"

namespace wordlm {

void for_each_given_text(std::span<const std::string> texts, const char* purpose,
                         const std::function<void(const std::string&)>& take) {
  for (const std::string& text : texts) take(repair_utf8(text).text);
  bool any = !texts.empty();
  for (std::string line; texts.empty() && std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (next_chunk(line).empty()) continue;
    take(repair_utf8(line).text);
    any = true;
  }
  if (!any) unroll::fail<unroll::Error>("no sentence to {}", purpose);
}

}  // namespace wordlm
