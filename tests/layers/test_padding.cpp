// Sequences of different lengths in one batch.
#include "support.h"

namespace unroll::testing {
namespace {

using Numbers = std::vector<double>;
using Sequences = std::vector<std::vector<std::int32_t>>;

TEST_CASE("padding: pad_sequence puts each sequence in a column and fills it up") {
  const Padded padded = pad_sequence(Sequences{{1, 2}, {}, {3, 4, 5}}, {.value = 9});
  CHECK(padded.ids.shape() == Shape{3, 3});
  CHECK(padded.ids.to_doubles() == Numbers{1, 9, 3, 2, 9, 4, 9, 9, 5});
  CHECK(padded.lengths == std::vector<Index>{2, 0, 3});
  Tape tape;
  CHECK(padded.mask(tape).value().to_doubles() == Numbers{1, 0, 1, 1, 0, 1, 0, 0, 1});
}

TEST_CASE("padding: lengths are rounded up on request") {
  CHECK(pad_sequence(Sequences{{1, 2, 3, 4, 5}}, {.multiple = 4}).ids.shape() == Shape{8, 1});
  CHECK(pad_sequence(Sequences{{1, 2, 3, 4}}, {.multiple = 4}).ids.shape() == Shape{4, 1});
  CHECK(pad_sequence(Sequences{}).ids.shape() == Shape{0, 0});
  CHECK_THROWS_WITH_AS((void)pad_sequence(Sequences{}, {.multiple = 0}),
                       "pad_sequence: a multiple of 0: at least 1 is needed", Error);
}

TEST_CASE("padding: masked_mean counts real steps only, even where padding is NaN") {
  Tape tape(DType::f64);
  const std::vector<Var> x{
      tape.input(Tensor::of<double>({2, 3, 2}, {1, 2, 3, 4, NAN, NAN, 5, 6, NAN, NAN, NAN, NAN}))};
  const Var mask = length_mask(tape, std::vector<Index>{2, 1, 0}, 2);
  const Var mean = masked_mean(x[0], mask);
  CHECK(mean.value().to_doubles() == Numbers{3, 4, 3, 4, 0, 0});
  CHECK(tape.gradients(mean, x)[0].value().to_doubles() ==
        Numbers{0.5, 0.5, 1, 1, 0, 0, 0.5, 0.5, 0, 0, 0, 0});
}

TEST_CASE("padding: sequences are reversed within their lengths") {
  Tape tape(DType::f64);
  const Var x = tape.input(Tensor::of<double>({3, 2}, {1, 10, 2, 20, 3, 30}));
  const std::vector<Index> lengths{3, 2};
  CHECK(reverse_padded(x, lengths).value().to_doubles() == Numbers{3, 20, 2, 10, 1, 30});
  const Var twice = reverse_padded(reverse_padded(x, lengths), lengths);
  CHECK(twice.value().to_doubles() == x.value().to_doubles());
  CHECK_THROWS_WITH_AS((void)reverse_padded(x, std::vector<Index>{3}),
                       "reverse_padded: x is (3 x 2), for 1 lengths: (T, 1, ...) is needed",
                       ShapeError);
  CHECK_THROWS_WITH_AS((void)reverse_padded(x, std::vector<Index>{3, 4}),
                       "reverse_padded: sequence 1 has length 4, expected 0 to 3", Error);
}

TEST_CASE("padding: batches hold sequences of similar length, each sequence once") {
  const std::vector<Index> lengths{5, 1, 3, 1, 4};
  using Buckets = std::vector<std::vector<Index>>;
  CHECK(bucket_by_length(lengths, 2) == Buckets{{1, 3}, {2, 4}, {0}});
  CHECK(bucket_by_length({}, 2).empty());
  CHECK_THROWS_WITH_AS((void)bucket_by_length(lengths, 0),
                       "bucket_by_length: batches of 0: at least 1 is needed", Error);
}

}  // namespace
}  // namespace unroll::testing
