#include "text/given_texts.h"

#include <unroll/core/error.h>

#include <iostream>

#include "text/characters.h"

namespace text {

void for_each_given_text(std::span<const std::string> texts, const char* purpose,
                         const std::function<void(const std::string&)>& take, const char* thing) {
  for (const std::string& text : texts) take(repair_utf8(text).text);
  bool any = !texts.empty();
  std::int64_t number = 0;
  for (std::string line; texts.empty() && std::getline(std::cin, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (next_chunk(line).empty()) continue;
    any = true;
    try {
      take(repair_utf8(line).text);
    } catch (const unroll::Error& error) {
      unroll::fail<unroll::Error>("standard input:{}: {}", number, error.what());
    }
  }
  if (!any) unroll::fail<unroll::Error>("no {} to {}", thing, purpose);
}

}  // namespace text
