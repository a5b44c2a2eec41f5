// The table of a text's tokens.
#include "wordlm/token_table.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unroll/core/random.h>

#include <map>
#include <string>

namespace wordlm {
namespace {

TEST_CASE("tokens: each has the number under which it came first") {
  unroll::Random random(1);
  TokenTable table;
  std::map<std::string, std::int32_t> expected;
  for (int i = 0; i < 30000; ++i) {
    // Many come again, one may be empty, some hold any bytes.
    std::string token = fmt::format("{}", random.below(8000));
    if (random.below(10) == 0)
      token = std::string(static_cast<std::size_t>(random.below(300)), 'x');
    if (random.below(10) == 0) token += '\0';
    const auto next = static_cast<std::int32_t>(expected.size()) + 2;
    const auto [known, is_new] = expected.emplace(token, next);
    REQUIRE(table.number(token) == known->second);
  }
  CHECK(table.size() == expected.size() + 2);
  for (const auto& [token, number] : expected) REQUIRE(table.token(number) == token);
  CHECK(table.token(TokenTable::kStart).empty());
  CHECK(table.token(TokenTable::kEnd).empty());
}

}  // namespace
}  // namespace wordlm
