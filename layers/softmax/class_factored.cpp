#include <unroll/layers/softmax/class_factored.h>
#include <unroll/ops/elementwise.h>
#include <unroll/ops/index.h>
#include <unroll/ops/matmul.h>
#include <unroll/ops/shape.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

constexpr const char* kName = "ClassFactoredSoftmax";
constexpr Index kTile = 8;        // rows of a tile
constexpr Index kSmallest = 8;    // words of the classes of the first group, at most
constexpr Index kGroupRatio = 4;  // by which the next group's may be more
constexpr double kNever = -1e30;  // a logit with probability 0, in f32 too

std::size_t largest_of(const std::vector<std::vector<std::int32_t>>& members) {
  std::size_t largest = 0;
  for (const std::vector<std::int32_t>& of_class : members) {
    largest = std::max(largest, of_class.size());
  }
  return largest;
}

/// Adds the words of a class to a table whose rows are `width` wide, and to `mask` what makes the
/// words impossible that it is filled up with.
void add_filled(const std::vector<std::int32_t>& of_class, std::size_t width,
                std::vector<std::int32_t>& table, std::vector<double>& mask) {
  const std::size_t missing = width - of_class.size();
  table.insert(table.end(), of_class.begin(), of_class.end());
  table.insert(table.end(), missing, of_class.front());
  mask.insert(mask.end(), of_class.size(), 0.0);
  mask.insert(mask.end(), missing, kNever);
}

/// Rows of a step, cut into tiles of one class each.
struct Tiles {
  explicit Tiles(Index width) : width(width) {}

  /// Begins a tile of the class with those words.
  void begin(const std::vector<std::int32_t>& of_class) {
    fill();
    add_filled(of_class, static_cast<std::size_t>(width), words, mask);
    ++count;
  }
  void add(std::int32_t row, std::int32_t place) {
    rows.push_back(row);
    targets.push_back(place);
  }
  /// Fills up the last tile with ignored rows.
  void fill() {
    rows.resize(static_cast<std::size_t>(count * kTile), 0);
    targets.resize(static_cast<std::size_t>(count * kTile), kIgnored);
  }
  [[nodiscard]] bool is_full() const { return std::ssize(rows) == count * kTile; }

  Index width;  // words of each
  Index count = 0;
  std::vector<std::int32_t> rows;     // (count x kTile) of h
  std::vector<std::int32_t> targets;  // (count x kTile) in the class
  std::vector<std::int32_t> words;    // (count x width)
  std::vector<double> mask;           // (count x width) added to logits
};

}  // namespace

std::vector<std::int32_t> classes_by_frequency(WordCounts counts, Index classes) {
  const std::vector<std::int32_t> order = by_frequency(kName, counts);
  const auto mass = [&](std::int32_t word) {
    const std::int64_t count = counts[static_cast<std::size_t>(word)];
    return std::sqrt(static_cast<double>(std::max<std::int64_t>(count, 1)));
  };
  double total = 0;
  for (const std::int32_t word : order) total += mass(word);
  std::vector<std::int32_t> result(counts.size());
  double so_far = 0;
  std::int32_t current = 0;
  for (const std::int32_t word : order) {
    result[static_cast<std::size_t>(word)] = current;
    so_far += mass(word);
    const bool is_full = so_far * static_cast<double>(classes) > (current + 1) * total;
    if (is_full && current + 1 < classes && word != order.back()) ++current;
  }
  return result;
}

namespace {

std::vector<std::int32_t> make_classes(WordCounts counts, Index classes) {
  if (classes < 0)
    fail<ValueError>("{}: {} classes: expected 1 or more, or 0 for the square root of the words",
                     kName, classes);
  if (classes > 0) return classes_by_frequency(counts, classes);
  const double root = std::sqrt(static_cast<double>(counts.size()));
  return classes_by_frequency(counts, static_cast<Index>(std::ceil(root)));
}

Index count_of(const std::vector<std::int32_t>& class_of) {
  return *std::ranges::max_element(class_of) + 1;
}

}  // namespace

ClassFactoredSoftmax::ClassFactoredSoftmax(const Parameters& p, Index in, WordCounts counts,
                                           const ClassFactoredOptions& options)
    : in(in),
      class_of(make_classes(counts, options.classes)),
      place(counts.size()),
      members(static_cast<std::size_t>(count_of(class_of))),
      classes(p / "classes", in, count_of(class_of), options.bias, options.initialize,
              options.initialize_bias),
      words(p / "words", in, std::ssize(counts), options.bias, options.initialize,
            options.initialize_bias) {
  for (const std::int32_t word : by_frequency(kName, counts)) {
    const auto w = static_cast<std::size_t>(word);
    std::vector<std::int32_t>& of_class = members[static_cast<std::size_t>(class_of[w])];
    place[w] = static_cast<std::int32_t>(of_class.size());
    of_class.push_back(word);
  }
  find_table();
  Index least = 2;
  for (Index most = kSmallest; least <= static_cast<Index>(largest_of(members));
       most *= kGroupRatio) {
    Group group;
    for (std::size_t c = 0; c < members.size(); ++c) {
      const Index size = std::ssize(members[c]);
      if (size < least || size > most) continue;
      group.classes.push_back(static_cast<std::int32_t>(c));
      group.width = std::max(group.width, size);
    }
    if (!group.classes.empty()) groups_.push_back(std::move(group));
    least = most + 1;
  }
}

Var ClassFactoredSoftmax::losses_in_classes(const RowsWithTargets& rows, const Group& group) const {
  std::vector<std::vector<std::int32_t>> rows_of_class(members.size());
  for (std::size_t n = 0; n < rows.words.size(); ++n) {
    if (rows.words[n] == kIgnored) continue;
    const std::int32_t c = class_of[static_cast<std::size_t>(rows.words[n])];
    rows_of_class[static_cast<std::size_t>(c)].push_back(static_cast<std::int32_t>(n));
  }
  Tiles tiles(group.width);
  for (const std::int32_t c : group.classes) {
    const std::vector<std::int32_t>& of_class = rows_of_class[static_cast<std::size_t>(c)];
    for (std::size_t i = 0; i < of_class.size(); ++i) {
      const std::int32_t word = rows.words[static_cast<std::size_t>(of_class[i])];
      if (i == 0 || tiles.is_full()) tiles.begin(members[static_cast<std::size_t>(c)]);
      tiles.add(of_class[i], place[static_cast<std::size_t>(word)]);
    }
  }
  const Index count = rounded_up(tiles.count);
  while (tiles.count < count) tiles.begin(members[static_cast<std::size_t>(group.classes[0])]);
  tiles.fill();

  Tape& tape = rows.h.tape();
  const Var chosen = put_ids(rows.h, {count, kTile}, tiles.rows);
  const Var members_of_tiles = put_ids(rows.h, {count, group.width}, tiles.words);
  const Var W = embedding(tape.parameter(words.W), members_of_tiles);
  Var bias = put_numbers(rows.h, {count, group.width}, tiles.mask);
  if (words.b) bias += embedding(tape.parameter(words.b), members_of_tiles);
  const Var logits =
      matmul(embedding(rows.h, chosen), W, {.b = true}) + reshape(bias, {count, 1, group.width});
  tape.discard(logits);
  const Var losses =
      cross_entropy(logits, put_ids(rows.h, {count, kTile}, tiles.targets), kIgnored);
  return scatter_rows(chosen, losses, rows.count());
}

Var ClassFactoredSoftmax::losses(const RowsWithTargets& rows) const {
  std::vector<std::int32_t> targets;
  targets.reserve(rows.words.size());
  for (const std::int32_t word : rows.words) {
    targets.push_back(word == kIgnored ? word : class_of[static_cast<std::size_t>(word)]);
  }
  const Var logits = classes(rows.h);
  logits.tape().discard(logits);
  Var losses = cross_entropy(logits, put_ids(rows.h, {rows.count()}, targets), kIgnored);
  if (rows.count() == 0) return losses;
  for (const Group& group : groups_) losses += losses_in_classes(rows, group);
  return losses;
}

Var ClassFactoredSoftmax::losses(Var h, const TensorView& targets, Index ignore_index) const {
  const RowsWithTargets rows(kName, h, in, targets, std::ssize(class_of), ignore_index);
  return rows.shaped(losses(rows));
}

Var ClassFactoredSoftmax::loss(Var h, const TensorView& targets, Reduction reduction,
                               Index ignore_index) const {
  const RowsWithTargets rows(kName, h, in, targets, std::ssize(class_of), ignore_index);
  return rows.reduce(losses(rows), reduction);
}

void ClassFactoredSoftmax::find_table() {
  const std::size_t width = largest_of(members);
  for (const std::vector<std::int32_t>& of_class : members) {
    add_filled(of_class, width, table_, mask_);
  }
  for (std::size_t word = 0; word < class_of.size(); ++word) {
    found_.push_back(class_of[word] * static_cast<std::int32_t>(width) + place[word]);
  }
}

Var ClassFactoredSoftmax::log_probabilities(Var h) const {
  const Var rows = rows_of(kName, h, in);
  const Index size = std::ssize(table_);
  const Shape blocks{rows.shape()[0], std::ssize(members), size / std::ssize(members)};
  const Var by_class = reshape(index_select(words(rows), put_ids(h, {size}, table_), 1), blocks);
  const Var of_words = log_softmax(by_class + put_numbers(h, {blocks[1], blocks[2]}, mask_));
  const Var of_classes = reshape(log_softmax(classes(rows)), {blocks[0], blocks[1], 1});
  const Var all = reshape(of_words + of_classes, {blocks[0], size});
  return shaped_as(h, index_select(all, put_ids(h, {std::ssize(found_)}, found_), 1));
}

}  // namespace unroll
