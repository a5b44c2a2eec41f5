#include "wordlm/batches.h"

#include <doctest/doctest.h>
#include <unroll/core/random.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace wordlm {
namespace {

using Batches = std::vector<std::vector<std::size_t>>;

/// Sentences of 1 to `longest` words beside the two markers; word 3 + i is their number.
std::vector<Ids> sentences_of_many_lengths(std::size_t count, std::int64_t longest) {
  unroll::Random random(5);
  std::vector<Ids> sentences;
  for (std::size_t i = 0; i < count; ++i) {
    Ids ids(static_cast<std::size_t>(random.below(longest)) + 1, static_cast<std::int32_t>(3 + i));
    ids.insert(ids.begin(), 0);
    ids.push_back(1);
    sentences.push_back(ids);
  }
  return sentences;
}

Batches make_batches(const std::vector<Ids>& sentences, std::int64_t batch, bool shuffle,
                     std::uint64_t seed, std::int64_t epoch, std::size_t window = 1U << 20U) {
  SentenceBatches order(sentences, {batch, shuffle, seed, epoch, window});
  Batches batches;
  for (std::int64_t i = 0; i < order.count(); ++i) {
    const auto batch_i = order[i];
    batches.emplace_back(batch_i.begin(), batch_i.end());
  }
  return batches;
}

std::vector<std::size_t> flat(const Batches& batches) {
  std::vector<std::size_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

std::vector<std::size_t> counting(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = i;
  return numbers;
}

/// The part of the places of all batches that no word takes.
double padding_of(const std::vector<Ids>& sentences, const Batches& batches) {
  double places = 0;
  double words = 0;
  for (const auto& numbers : batches) {
    const Batch batch = make_batch(sentences, numbers);
    places += static_cast<double>(batch.x.shape().size());
    words += static_cast<double>(batch.words);
  }
  return 1 - words / places;
}

TEST_CASE("batches hold every sentence once an epoch") {
  for (const std::size_t count : {1U, 2U, 31U, 32U, 33U, 1000U, 2017U}) {
    const std::vector<Ids> sentences = sentences_of_many_lengths(count, 20);
    for (const std::int64_t size : {1, 2, 32, 5000}) {
      for (const bool shuffle : {false, true}) {
        CAPTURE(count);
        CAPTURE(size);
        CAPTURE(shuffle);
        const Batches batches = make_batches(sentences, size, shuffle, 1, 0);
        const auto wanted = static_cast<std::size_t>(size);
        CHECK(batches.size() == (count + wanted - 1) / wanted);
        const auto is_full = [&](const auto& batch) { return batch.size() == wanted; };
        CHECK(std::count_if(batches.begin(), batches.end(), is_full) ==
              static_cast<std::ptrdiff_t>(count / wanted));
        std::vector<std::size_t> all = flat(batches);
        if (shuffle) std::sort(all.begin(), all.end());
        CHECK(all == counting(count));
      }
    }
  }
  CHECK(make_batches({}, 32, true, 1, 0).empty());
}

TEST_CASE("a text of more sentences than a window is read window by window") {
  constexpr std::size_t kWindow = 100;
  for (const std::size_t count : {101U, 250U, 1000U, 1001U}) {
    const std::vector<Ids> sentences = sentences_of_many_lengths(count, 20);
    const std::size_t windows = (count + kWindow - 1) / kWindow;
    for (const bool shuffle : {false, true}) {
      CAPTURE(count);
      CAPTURE(shuffle);
      const Batches batches = make_batches(sentences, 8, shuffle, 1, 0, kWindow);
      std::vector<std::size_t> all = flat(batches);
      // Each window's sentences come together, all windows are of about one size.
      std::vector<std::size_t> begins;
      for (std::size_t i = 0; i < windows; ++i) {
        begins.push_back(count / windows * i + std::min(i, count % windows));
      }
      const auto window_of = [&](std::size_t number) {
        return std::upper_bound(begins.begin(), begins.end(), number) - begins.begin();
      };
      std::size_t changes = 0;
      for (std::size_t i = 1; i < all.size(); ++i) {
        changes += window_of(all[i]) != window_of(all[i - 1]) ? 1 : 0;
      }
      CHECK(changes == windows - 1);
      std::sort(all.begin(), all.end());
      CHECK(all == counting(count));
    }
  }
}

TEST_CASE("batches of windows are found in any order") {
  const std::vector<Ids> sentences = sentences_of_many_lengths(1000, 20);
  const Batches batches = make_batches(sentences, 8, true, 1, 0, 100);
  SentenceBatches order(sentences, {8, true, 1, 0, 100});
  for (const std::size_t i : {124U, 0U, 77U, 78U, 12U, 13U, 124U}) {
    CAPTURE(i);
    CHECK(std::ranges::equal(order[static_cast<std::int64_t>(i)], batches[i]));
  }
}

TEST_CASE("windows come in another order every epoch and each has its own") {
  const std::vector<Ids> sentences = sentences_of_many_lengths(1000, 20);
  std::set<std::size_t> first_windows;
  for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
    first_windows.insert(make_batches(sentences, 8, true, 1, epoch, 100)[0][0] / 100);
  }
  CHECK(first_windows.size() > 5);
  // Sentences of one length: all that can differ between windows is the order drawn for them.
  const std::vector<Ids> alike(1000, Ids{0, 2, 1});
  std::set<std::vector<std::size_t>> orders;
  const std::vector<std::size_t> all = flat(make_batches(alike, 8, true, 1, 0, 100));
  for (std::size_t window = 0; window < 10; ++window) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 100; ++i) order.push_back(all[window * 100 + i] % 100);
    orders.insert(order);
  }
  CHECK(orders.size() == 10);
}

TEST_CASE("the order of an epoch is a function of seed and epoch") {
  const std::vector<Ids> sentences = sentences_of_many_lengths(300, 20);
  const auto order = [&](std::uint64_t seed, std::int64_t epoch) {
    return flat(make_batches(sentences, 8, true, seed, epoch, 100));
  };
  std::set<std::vector<std::size_t>> orders;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    for (const std::int64_t epoch : {0, 1, 2, 1000000}) {
      CHECK(order(seed, epoch) == order(seed, epoch));
      orders.insert(order(seed, epoch));
    }
  }
  CHECK(orders.size() == 12);
}

TEST_CASE("a sentence has other neighbours every epoch") {
  const std::vector<Ids> sentences = sentences_of_many_lengths(3000, 20);
  const auto neighbours = [&](std::int64_t epoch) {
    for (const auto& batch : make_batches(sentences, 32, true, 1, epoch)) {
      if (std::find(batch.begin(), batch.end(), 0U) != batch.end()) {
        return std::set<std::size_t>(batch.begin(), batch.end());
      }
    }
    return std::set<std::size_t>();
  };
  std::set<std::size_t> common;
  const auto a = neighbours(0);
  const auto b = neighbours(1);
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(common, common.end()));
  CHECK(common.contains(0));
  CHECK(common.size() < 20);
}

TEST_CASE("shuffled sentences of like length share a batch") {
  const std::vector<Ids> sentences = sentences_of_many_lengths(3200, 40);
  CHECK(padding_of(sentences, make_batches(sentences, 32, false, 1, 0)) > 0.3);
  for (const std::int64_t epoch : {0, 1, 2}) {
    CHECK(padding_of(sentences, make_batches(sentences, 32, true, 1, epoch)) < 0.03);
  }
  CHECK(padding_of(sentences, make_batches(sentences, 1, true, 1, 0)) == 0);
}

TEST_CASE("short and long batches come in random order") {
  const std::vector<Ids> sentences = sentences_of_many_lengths(3200, 40);
  int rises = 0;
  std::size_t before = 0;
  for (const auto& batch : make_batches(sentences, 32, true, 1, 0)) {
    rises += sentences[batch[0]].size() > before ? 1 : 0;
    before = sentences[batch[0]].size();
  }
  CHECK(rises > 30);
  CHECK(rises < 70);  // of 100 batches
}

TEST_CASE("what is read is what is predicted, a word later") {
  const std::vector<Ids> sentences = {{0, 3, 4, 5, 1}, {0, 1}, {0, 6, 1}};
  const std::vector<std::size_t> numbers = {2, 0, 1};
  const Batch batch = make_batch(sentences, numbers);
  CHECK(batch.words == 2 + 4 + 1);
  CHECK(batch.x.shape() == unroll::Shape{4, 3});
  CHECK(batch.y.shape() == unroll::Shape{4, 3});
  const auto x = batch.x.values<std::int32_t>();
  const auto y = batch.y.values<std::int32_t>();
  const std::vector<std::int32_t> expected_x = {0, 0, 0, 6, 3, 0, 0, 4, 0, 0, 5, 0};
  const std::vector<std::int32_t> expected_y = {6, 3, 1, 1, 4, -1, -1, 5, -1, -1, 1, -1};
  CHECK(std::equal(x.begin(), x.end(), expected_x.begin(), expected_x.end()));
  CHECK(std::equal(y.begin(), y.end(), expected_y.begin(), expected_y.end()));
}

TEST_CASE("a part of a batch is some of its columns, as long as they are") {
  const std::vector<Ids> sentences = {{0, 3, 4, 5, 1}, {0, 1}, {0, 6, 1}};
  const std::vector<std::size_t> numbers = {2, 0, 1};
  const Batch part = make_batch(sentences, numbers, {0, 1});
  CHECK(part.x.shape() == unroll::Shape{2, 1});
  CHECK(part.x.view().to_doubles() == std::vector<double>{0, 6});
  CHECK(part.y.view().to_doubles() == std::vector<double>{6, 1});
  CHECK(part.words == 7);  // of the whole batch
  CHECK(part.part.first == 0);
  CHECK(part.part.of == 3);
  const Batch rest = make_batch(sentences, numbers, {1, 3});
  CHECK(rest.x.view().to_doubles() == std::vector<double>{0, 0, 3, 0, 4, 0, 5, 0});
  CHECK(rest.part.first == 1);
  const Batch none = make_batch(sentences, numbers, {3, 3});
  CHECK(none.x.shape() == unroll::Shape{1, 0});
  CHECK(none.words == 7);
}

}  // namespace
}  // namespace wordlm
