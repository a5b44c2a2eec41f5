#pragma once
/// Texts that a command gets as arguments or reads.

#include <functional>
#include <span>
#include <string>

namespace text {

/// Calls `take` for each of `texts`; where there are none for each line of standard input that is
/// not blank, as soon as it is there. Bytes that are no UTF-8 are replaced. unroll::Error, saying
/// that there is no `thing` to `purpose`, for none; an unroll::Error of `take` names the line.
void for_each_given_text(std::span<const std::string> texts, const char* purpose,
                         const std::function<void(const std::string&)>& take,
                         const char* thing = "sentence");

}  // namespace text
