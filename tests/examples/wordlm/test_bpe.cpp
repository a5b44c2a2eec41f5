#include "wordlm/bpe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "vocabularies.h"
#include "wordlm/tokens.h"
#include "wordlm/vocabulary.h"

namespace wordlm {
namespace {

using Pieces = std::vector<std::string>;

/// The pieces of a token where such pieces have been learned.
Pieces cut(std::string_view token, const Pieces& learned) {
  const auto id_of = [&](std::string_view piece) {
    if (piece.size() == 1) return static_cast<std::int32_t>(static_cast<unsigned char>(piece[0]));
    for (std::size_t i = 0; i < learned.size(); ++i) {
      if (learned[i] == piece) return static_cast<std::int32_t>(256 + i);
    }
    return -1;
  };
  Ids ids;
  append_pieces(token, id_of, ids);
  Pieces pieces;
  for (const std::int32_t id : ids) {
    pieces.push_back(id < 256 ? std::string(1, static_cast<char>(id))
                              : learned[static_cast<std::size_t>(id - 256)]);
  }
  return pieces;
}

/// Sennrich et al. 2016, figure 1: low, lower, newest, widest.
const std::vector<CountedToken> kPaper = {{"low", 5}, {"lower", 2}, {"newest", 6}, {"widest", 3}};

TEST_CASE("byte-pair encoding joins the pairs of the paper's example") {
  const Pieces learned = learn_pieces(kPaper, 4);
  CHECK(learned == Pieces{"es", "est", "lo", "low"});
  CHECK(cut("lowest", learned) == Pieces{"low", "est"});
  CHECK(cut("x", learned) == Pieces{"x"});
  CHECK(cut("", learned).empty());
}

TEST_CASE("no piece is learned of pairs that come once") {
  CHECK(learn_pieces(std::vector<CountedToken>{{"abc", 1}, {"bd", 1}}, 10).empty());
  CHECK(learn_pieces({}, 10).empty());
  // All of it is one piece in the end, and no more can be learned.
  CHECK(learn_pieces(std::vector<CountedToken>{{"aaaa", 2}}, 10) == Pieces{"aa", "aaaa"});
}

/// The same by its definition: counts all pairs anew for each piece.
Pieces learn_slowly(const std::vector<CountedToken>& tokens, std::size_t count) {
  Pieces pieces;
  for (int i = 0; i < 256; ++i) pieces.emplace_back(1, static_cast<char>(i));
  std::vector<std::vector<std::string>> cuts;
  for (const auto& [token, times] : tokens) {
    auto& bytes = cuts.emplace_back();
    for (const char byte : token) bytes.emplace_back(1, byte);
  }
  const auto place = [&](const std::string& piece) {
    return std::find(pieces.begin(), pieces.end(), piece) - pieces.begin();
  };
  while (pieces.size() < 256 + count) {
    std::map<std::pair<std::ptrdiff_t, std::ptrdiff_t>, std::int64_t> counts;
    for (std::size_t t = 0; t < cuts.size(); ++t) {
      for (std::size_t i = 1; i < cuts[t].size(); ++i) {
        counts[{place(cuts[t][i - 1]), place(cuts[t][i])}] += tokens[t].count;
      }
    }
    std::int64_t most = 1;
    std::pair<std::ptrdiff_t, std::ptrdiff_t> best;
    for (const auto& [pair, times] : counts) {
      if (times > most) {
        most = times;
        best = pair;
      }
    }
    if (most == 1) break;
    const std::string first = pieces[static_cast<std::size_t>(best.first)];
    const std::string second = pieces[static_cast<std::size_t>(best.second)];
    if (place(first + second) == std::ssize(pieces)) pieces.push_back(first + second);
    for (auto& cut : cuts) {
      std::vector<std::string> joined;
      for (std::size_t i = 0; i < cut.size(); ++i) {
        const bool joins = i + 1 < cut.size() && cut[i] == first && cut[i + 1] == second;
        joined.push_back(joins ? first + second : cut[i]);
        if (joins) ++i;
      }
      cut = joined;
    }
  }
  return {pieces.begin() + 256, pieces.end()};
}

TEST_CASE("byte-pair encoding of random texts is that of its definition") {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> texts(12);
    std::vector<CountedToken> tokens;
    for (std::string& text : texts) {
      for (auto size = 1 + random() % 9; size > 0; --size) {
        text += static_cast<char>('a' + random() % 3);
      }
      tokens.push_back({text, 1 + static_cast<std::int64_t>(random() % 5)});
    }
    CAPTURE(round);
    CHECK(learn_pieces(tokens, 15) == learn_slowly(tokens, 15));
  }
}

TEST_CASE("a vocabulary of pieces encodes any text, and gives it back") {
  TokenTable tokens;
  std::vector<Ids> text = {{TokenTable::kEnd}};
  const std::string lines = "the thing that they think, the then 中文";
  for_each_token(lines, Tokens::bpe,
                 [&](std::string_view token) { text[0].push_back(tokens.number(token)); });
  const Vocabulary vocabulary = Vocabulary::build(tokens, text, {{Tokens::bpe, true}, 256 + 4, 1});
  CHECK(vocabulary.size() == 260);
  CHECK(vocabulary.sentence_end() == '\n');
  CHECK(vocabulary.unknown() == Vocabulary::kNone);
  text = vectors_of(vocabulary.encode(tokens, text));
  std::string decoded;
  for (const std::int32_t id : text[0]) decoded += vocabulary.word(id);
  CHECK(decoded == "\n" + lines);
  CHECK(text[0].size() < lines.size() - 10);
  // The words alone say it all.
  const Vocabulary again(vocabulary.words(), vocabulary.units());
  TokenTable others;
  const std::vector<Ids> other = {{others.number("thither"), others.number("\xFF")}};
  CHECK(vocabulary.encode(others, other) == again.encode(others, other));
}

TEST_CASE("tokens put together are their text") {
  const std::string text = "  Ah,\tso 3 cats é 中文中文?!   \n a";
  for (const Tokens tokens : {Tokens::character, Tokens::byte, Tokens::bpe}) {
    std::string together;
    for_each_token(text, tokens, [&](std::string_view token) {
      CHECK_FALSE(token.empty());
      together += token;
    });
    CHECK(together == text);
  }
}

TEST_CASE("any bytes survive Latin-1") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  CHECK(from_latin1(to_latin1(bytes)) == bytes);
  CHECK_THROWS((void)from_latin1("中"));
}

TEST_CASE("scripts without blanks are noticed") {
  CHECK(lacks_blanks("今天天气很好。我们去公园 in Beijing"));
  CHECK(lacks_blanks("日本語のテキスト"));
  CHECK_FALSE(lacks_blanks("An English text that quotes 北京 once"));
  CHECK_FALSE(lacks_blanks("123 !!"));
}

}  // namespace
}  // namespace wordlm
