#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unroll/core/error.h>

#include <fstream>

#include "files.h"
#include "tagger/chunks.h"
#include "tagger/sentences.h"

namespace tagger {
namespace {

using unroll::testing::Folder;
using Tags = std::vector<std::string>;

std::string file(const Folder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder.file(name), std::ios::binary) << text;
  return folder.file(name);
}

/// "EU/B-ORG rejects/O | ..."
std::string all_of(const Corpus& corpus) {
  std::string text;
  for (const Sentence& sentence : corpus.sentences) {
    if (!text.empty()) text += " | ";
    for (std::size_t i = 0; i < sentence.words.size(); ++i) {
      text += fmt::format("{}{}/{}", i > 0 ? " " : "", sentence.words[i],
                          corpus.tags[static_cast<std::size_t>(sentence.tags[i])]);
    }
  }
  return text;
}

std::string error_of(const std::string& path, const std::vector<std::string>& tags = {}) {
  try {
    (void)read_corpus(path, tags);
  } catch (const unroll::IoError& error) {
    return std::string(error.what()).substr(path.size());
  }
  return "";
}

TEST_CASE("columns are read: documents and blank lines end sentences") {
  const Folder folder;
  const Corpus corpus = read_corpus(
      file(folder, "eng.train",
           "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\n\n\nPeter NNP I-NP I-PER\n"
           "-DOCSTART- -X- O O\nBlackburn NNP I-NP I-PER"));
  CHECK(all_of(corpus) == "EU/I-ORG rejects/O | Peter/I-PER | Blackburn/I-PER");
  CHECK(corpus.tags == Tags{"I-ORG", "O", "I-PER"});
  CHECK(corpus.words() == 4);
  CHECK(all_of(read_corpus(file(folder, "tabs.tsv", "a\tX\r\nb\tY\r\n\r\n"))) == "a/X b/Y");
}

TEST_CASE("CoNLL-U is read: words that are written as one or not at all are left out") {
  const Folder folder;
  const std::string rest = "\t_\t_\t0\t_\t_\t_\n";
  const Corpus corpus = read_corpus(file(
      folder, "a.conllu",
      "# text = vámonos\n1-2\tvámonos\t_\t_" + rest + "1\tvamos\tir\tVERB" + rest +
          "2\tnos\tnosotros\tPRON" + rest + "2.1\t-\t_\t_" + rest + "\n1\t# x\t_\tSYM" + rest));
  CHECK(all_of(corpus) == "vamos/VERB nos/PRON | # x/SYM");
}

TEST_CASE("lines of JSON are read") {
  const Folder folder;
  CHECK(all_of(read_corpus(file(folder, "a.jsonl",
                                "{\"words\": [\"An\", \"apple\"], \"tags\": [\"D\", \"N\"]}\n\n"
                                "{\"tags\": [\"V\"], \"words\": [\"Eat\"]}\n"))) ==
        "An/D apple/N | Eat/V");
}

TEST_CASE("tagged sentences that cannot be read are refused in a sentence") {
  const Folder folder;
  const auto error = [&](const std::string& name, const std::string& text) {
    return error_of(file(folder, name, text));
  };
  CHECK(error("a.txt", "") == ": the file is empty");
  CHECK(error("a.txt", "\n") == ": holds no sentence");
  CHECK(error("a.txt", "word\n") ==
        ":1: expected a word and its tag, with a blank between them; found 'word'");
  CHECK(error("a.txt", "a b X\n\nc X\n") == ":3: 2 columns; the lines before have 3");
  CHECK(error("a.txt", "a X\nb X\n") == ": all words have the tag 'X'; two tags are needed");
  CHECK(error("a.conllu", "1\ta\tNOUN\n") ==
        ":1: expected 10 fields with tabs between them, as in CoNLL-U; found 3");
  CHECK(error("a.conllu", "x\ta\ta\tN\t_\t_\t_\t_\t_\t_\n") ==
        ":1: expected the number of a word first, found 'x'");
  CHECK(error("a.conllu", "1\ta\ta\t_\t_\t_\t_\t_\t_\t_\n") ==
        ":1: no part of speech in the field 4");
  CHECK(error("a.jsonl", "no\n") == ":1: expected an object of JSON");
  CHECK(error("a.jsonl", "{\"words\": [\"a\"]}\n") == ":1: expected a list of texts as 'tags'");
  CHECK(error("a.jsonl", "{\"words\": [\"a\", 1], \"tags\": [\"X\", \"X\"]}\n") ==
        ":1: expected a list of texts as 'words'");
  CHECK(error("a.jsonl", "{\"words\": [\"a\", \"b\"], \"tags\": [\"X\"]}\n") ==
        ":1: 2 words and 1 tag; expected as many");
  CHECK(error_of(file(folder, "b.txt", "a X\nb Z\n"), {"X", "Y"}) ==
        ":2: the tag 'Z' is none of the model's: X, Y");
  CHECK(error_of(folder.file("none")).find("cannot be opened") != std::string::npos);
}

TEST_CASE("chunks are found in every scheme") {
  const std::vector<Chunk> two = {{0, 2, "PER"}, {2, 3, "PER"}};
  CHECK(chunks_of(Tags{"I-PER", "I-PER", "B-PER", "O"}) == two);  // IOB1
  CHECK(chunks_of(Tags{"B-PER", "I-PER", "B-PER", "O"}) == two);  // BIO
  CHECK(chunks_of(Tags{"B-PER", "E-PER", "S-PER", "O"}) == two);  // BIOES
  // A change of type begins a chunk, also without B; a word after E or S does, too.
  CHECK(chunks_of(Tags{"B-PER", "I-ORG"}) == std::vector<Chunk>{{0, 1, "PER"}, {1, 2, "ORG"}});
  CHECK(chunks_of(Tags{"B-A", "E-A", "I-A", "E-A"}) ==
        std::vector<Chunk>{{0, 2, "A"}, {2, 4, "A"}});
  CHECK(chunks_of(Tags{"O", "I", "I", "O", "B"}) == std::vector<Chunk>{{1, 3, ""}, {4, 5, ""}});
  CHECK(chunks_of(Tags{}).empty());

  CHECK(are_chunk_tags(Tags{"O", "B-PER", "I-PER", "S-X", "E-X", "B"}));
  CHECK_FALSE(are_chunk_tags(Tags{"O", "NOUN"}));
  CHECK_FALSE(are_chunk_tags(Tags{"O", "BE"}));
  CHECK_FALSE(are_chunk_tags(Tags{"I-"}));
}

TEST_CASE("found chunks are scored as conlleval scores them") {
  ChunkScore score;
  // Right: [0,2) PER, [3,4) LOC. Found: [0,2) PER, [3,4) ORG, [4,5) LOC.
  score.count(Tags{"B-PER", "I-PER", "O", "B-ORG", "B-LOC"},
              Tags{"B-PER", "I-PER", "O", "B-LOC", "O"});
  CHECK(score.precision() == doctest::Approx(1.0 / 3));
  CHECK(score.recall() == doctest::Approx(1.0 / 2));
  CHECK(score.f1() == doctest::Approx(2.0 / 5));
  // The same words with another end are not the same chunk.
  score.count(Tags{"B-PER", "O"}, Tags{"B-PER", "I-PER"});
  CHECK(score.correct == 1);
  CHECK(score.found == 4);
  CHECK(score.right == 3);
  CHECK(ChunkScore().f1() == 0);
}

}  // namespace
}  // namespace tagger
