#include "wordlm/ngram_file.h"

#include <doctest/doctest.h>
#include <unroll/core/files.h>
#include <unroll/core/random.h>

#include <nlohmann/json.hpp>

#include "small_models.h"
#include "text_files.h"
#include "wordlm/checkpoint.h"

namespace wordlm {
namespace {

using nlohmann::json;

NgramFile small_ngrams(int order) {
  Settings settings;
  settings.text.data = {"a \"quoted\" näme.csv"};
  settings.seed = 0xffffffffffffffff;
  const Vocabulary& vocabulary = texts().vocabulary;
  return {settings, vocabulary,
          NgramModel(texts().train_set, order, vocabulary.size(), vocabulary.sentence_start()),
          "0123456789abcdef", 7};
}

/// What is wrong with a file, by its reader; no other exception than IoError may come.
std::string fault_of(const std::string& path) {
  try {
    (void)load_ngrams(path);
    return "no fault";
  } catch (const unroll::IoError& error) {
    return error.what();
  }
}

TEST_CASE("n-grams that are loaded give the probabilities of those that were saved, to the bit") {
  const Folder folder;
  const std::string file = folder.file("n");
  for (const int order : {1, 2, 5, 10}) {
    const NgramFile saved = small_ngrams(order);
    save_ngrams(file, saved);
    const NgramFile loaded = load_ngrams(file);
    CHECK(to_json(loaded.settings) == to_json(saved.settings));
    CHECK(loaded.vocabulary.words() == saved.vocabulary.words());
    CHECK(loaded.data == saved.data);
    CHECK(loaded.unknown_words == saved.unknown_words);
    CHECK(loaded.model.order() == order);
    for (const Ids& text : texts().test_set) {
      CHECK(loaded.model.log_probabilities(text) == saved.model.log_probabilities(text));
    }
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("n-grams longer than any sentence are saved and loaded") {
  const Folder folder;
  const Vocabulary vocabulary({"SENTENCE_START", "SENTENCE_END", "UNKNOWN_TOKEN", "a"});
  const NgramFile saved{{}, vocabulary, NgramModel({{0, 3, 1}}, 6, 4, 0), "", 0};
  save_ngrams(folder.file("n"), saved);
  const NgramFile loaded = load_ngrams(folder.file("n"));
  CHECK(loaded.model.distinct(3) == 1);
  CHECK(loaded.model.distinct(6) == 0);
  CHECK(loaded.model.log_probabilities(Ids{0, 3, 1}) ==
        saved.model.log_probabilities(Ids{0, 3, 1}));
}

TEST_CASE("files that hold no n-grams are errors of one sentence") {
  const Folder folder;
  const std::string file = folder.file("n");
  CHECK(fault_of(file) == file + ": no such file");
  save_checkpoint(file, begin(small()));
  CHECK(fault_of(file) ==
        file + ": holds no n-grams of wordlm, its metadata has no 'wordlm.ngrams.format'");
  save_ngrams(file, small_ngrams(3));
  try {
    (void)load_checkpoint(file);
    FAIL("a file of n-grams was taken for a network");
  } catch (const unroll::IoError& error) {
    CHECK(error.what() ==
          file + ": holds the n-grams of 'wordlm ngram', expected a model of 'wordlm train'");
  }
}

TEST_CASE("n-grams with one bit changed, or cut short, are an error") {
  const Folder folder;
  const std::string file = folder.file("n");
  save_ngrams(file, small_ngrams(3));
  const std::string bytes = unroll::read_file(file);
  unroll::Random random(3);
  for (int i = 0; i < 200; ++i) {
    std::string changed = bytes;
    const auto at = static_cast<std::size_t>(random.below(std::ssize(bytes)));
    changed[at] = static_cast<char>(changed[at] ^ (1 << random.below(8)));
    unroll::write_file(file, i % 4 == 0 ? bytes.substr(0, at) : changed);
    CAPTURE(at);
    CHECK(fault_of(file).starts_with(file + ": "));
  }
}

/// Every change here has right checksums: somebody wrote it on purpose.
TEST_CASE("n-grams that no text has are an error, not a crash") {
  const Folder folder;
  const std::string file = folder.file("n");
  save_ngrams(file, small_ngrams(3));
  const unroll::TensorFile whole = unroll::load_safetensors(file);
  const auto fault_with = [&](auto change) {
    unroll::TensorFile changed = whole;
    change(changed);
    unroll::save_safetensors(file, changed);
    return fault_of(file);
  };
  CHECK(fault_with([](auto&) {}) == "no fault");
  CHECK(fault_with([](auto& f) { f.tensors.erase("2.word"); }) ==
        file + ": 6 tensors are not those of n-grams of 3 words");
  CHECK(fault_with([](auto& f) {
          f.tensors["2.word"] = unroll::Tensor(unroll::DType::f32, {2});
        }) == file + ": has no whole numbers '2.word'");
  CHECK(fault_with([](auto& f) {
          f.tensors["1.count"] = unroll::Tensor(unroll::DType::i32, {0});
        }) == file + ": holds no n-grams of wordlm: the 1-grams are not those of a vocabulary");
  CHECK(fault_with([](auto& f) { f.metadata["wordlm.ngrams.format"] = "2"; }) ==
        file + ": n-grams in format 2 of another version of wordlm, this one reads format 1");
  const auto fault_of_counted = [&](const char* key, const json& value) {
    return fault_with([&](auto& f) {
      json counted = json::parse(f.metadata.at("wordlm.ngrams.counted"));
      counted[key] = value;
      f.metadata["wordlm.ngrams.counted"] = counted.dump();
    });
  };
  CHECK(fault_of_counted("order", 11) == file + ": n-grams of order 11, expected 1 to 10");
  CHECK(fault_of_counted("order", 4) == file + ": 7 tensors are not those of n-grams of 4 words");
  CHECK(fault_of_counted("order", 2) == file + ": 7 tensors are not those of n-grams of 2 words");
  CHECK(fault_of_counted("order", 2.5).starts_with(file + ": holds no n-grams of wordlm: 'order'"));
  CHECK(fault_of_counted("order", "x").starts_with(file + ": its metadata cannot be read: "));

  unroll::Random random(4);
  for (int i = 0; i < 300; ++i) {
    (void)fault_with([&](auto& f) {  // an IoError, or a model that can be used
      auto tensor = f.tensors.begin();
      std::advance(tensor, random.below(std::ssize(f.tensors)));
      const auto values = tensor->second.template values<std::int32_t>();
      values[static_cast<std::size_t>(random.below(std::ssize(values)))] =
          static_cast<std::int32_t>(random.below(200) - 50);
    });
    if (fault_of(file) != "no fault") continue;
    const NgramFile loaded = load_ngrams(file);
    for (const Ids& text : texts().test_set) {
      for (const double log : loaded.model.log_probabilities(text)) CHECK(log <= 0);
    }
  }
}

}  // namespace
}  // namespace wordlm
