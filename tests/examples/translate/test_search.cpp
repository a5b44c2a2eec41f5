#include <doctest/doctest.h>

#include <algorithm>

#include "small_translator.h"

namespace translate {
namespace {

using unroll::Tape;
using unroll::Var;

/// The likeliest word after each beginning, one sentence at a time on a tape of its own.
Ids greedy(const Translator& translator, const Ids& source) {
  const Model& model = translator.model;
  Tape tape(unroll::DType::f64);
  const auto padded = unroll::pad_sequence(std::span(&source, 1));
  const auto memory = model.encode(tape.input(padded.ids), padded.mask(tape));
  Model::State state = memory.first;
  Ids words;
  for (std::int32_t word = translator.end(); words.size() < 2 * source.size() + 10;) {
    const Var y = model.read(tape.input(unroll::Tensor::of<std::int32_t>({1}, {word})));
    const auto step = model.step(y, state, memory);
    state = step.state;
    const std::vector<double> logits = model.out(step.features).value().to_doubles();
    word = static_cast<std::int32_t>(std::max_element(logits.begin() + 1, logits.end()) -
                                     logits.begin());
    if (word == translator.end()) break;
    words.push_back(word);
  }
  return words;
}

/// Parameters far from each other: the model has opinions, and its sentences end.
void spread(const Translator& translator) {
  for (double& value : translator.parameters.change<double>()) value *= 4;
}

TEST_CASE("a beam of one is the greedy translation, in batches too") {
  const Pairs pairs = builtin_pairs(12, 1, Part::train);
  for (const ModelSettings& settings : all_settings()) {
    const Translator translator = small_translator(settings, pairs);
    spread(translator);
    const std::vector<Ids> found = translate_all(translator, pairs, {.width = 1});
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i] == greedy(translator, translator.source_ids(pairs.pairs[i].source)));
    }
  }
}

TEST_CASE("what a beam finds does not depend on the other sentences of the batch") {
  const Pairs pairs = builtin_pairs(6, 2, Part::train);
  for (const ModelSettings& settings : all_settings()) {
    const Translator translator = small_translator(settings, pairs);
    spread(translator);
    const Encoded encoded = encode(pairs, translator);
    const auto together = search(translator, encoded.source, {.width = 3});
    for (std::size_t i = 0; i < together.size(); ++i) {
      const auto alone = search(translator, std::span(&encoded.source[i], 1), {.width = 3}).front();
      REQUIRE(alone.size() == together[i].size());
      for (std::size_t k = 0; k < alone.size(); ++k) {
        CHECK(alone[k].words == together[i][k].words);
        CHECK(alone[k].log_probability == doctest::Approx(together[i][k].log_probability));
      }
    }
  }
}

TEST_CASE("the probability of what is found is that of the model, its score is by length") {
  const Pairs pairs = builtin_pairs(8, 3, Part::train);
  for (const ModelSettings& settings : all_settings()) {
    const Translator translator = small_translator(settings, pairs);
    spread(translator);
    const Encoded encoded = encode(pairs, translator);
    for (const double power : {0.0, 0.5, 1.0}) {
      const auto all = search(translator, encoded.source, {4, power});
      for (std::size_t i = 0; i < all.size(); ++i) {
        REQUIRE(all[i].size() == 4);
        CHECK(std::ranges::is_sorted(all[i], std::ranges::greater(), &Found::score));
        for (const Found& found : all[i]) {
          const bool cut_off = found.words.size() == 2 * encoded.source[i].size() + 10;
          const auto length = static_cast<double>(found.words.size() + (cut_off ? 0 : 1));
          CHECK(found.score == doctest::Approx(found.log_probability / std::pow(length, power)));
          CHECK(std::ranges::count(found.words, examples::WordIds::kUnknown) == 0);
          if (cut_off) continue;
          Tape tape(unroll::DType::f64);
          const Encoded one{{encoded.source[i]}, {found.words}};
          const std::vector<std::size_t> first = {0};
          const double loss = loss_of(translator, tape, one, first, nullptr).item();
          CHECK(found.log_probability == doctest::Approx(-loss * length));
        }
      }
    }
  }
}

TEST_CASE("a longer translation is only ever preferred because of the normalisation") {
  const Pairs pairs = builtin_pairs(30, 4, Part::train);
  const Translator translator = small_translator(all_settings()[6], pairs);
  const Encoded encoded = encode(pairs, translator);
  bool differ = false;
  const auto plain = search(translator, encoded.source, {8, 0});
  const auto normalised = search(translator, encoded.source, {8, 1});
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const Found& a = plain[i].front();
    const Found& b = normalised[i].front();
    CHECK(a.words.size() <= b.words.size());
    CHECK(a.log_probability >= b.log_probability);
    differ = differ || a.words != b.words;
  }
  CHECK(differ);
}

}  // namespace
}  // namespace translate
