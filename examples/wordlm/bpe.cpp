#include "wordlm/bpe.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "common/interrupt.h"

namespace wordlm {
namespace {

constexpr std::size_t kBytes = 256;

using Pair = std::pair<std::int32_t, std::int32_t>;

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    const auto key =
        (static_cast<std::uint64_t>(pair.first) << 32U) | static_cast<std::uint32_t>(pair.second);
    return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15U >> 16U);
  }
};

/// A token as the pieces it consists of so far.
struct Pieces {
  Ids ids;
  std::int64_t count;
};

/// How often two neighbours come, and the tokens they come in, some of them more than once.
struct Occurrences {
  std::int64_t count = 0;
  std::vector<std::size_t> tokens;
};

/// The learning: all pairs with their counts, kept right while pieces grow.
class PairLearner {
 public:
  explicit PairLearner(std::span<const CountedToken> tokens) {
    for (std::size_t i = 0; i < kBytes; ++i) add_piece(std::string(1, static_cast<char>(i)));
    for (const auto& [token, count] : tokens) {
      Ids ids;
      for (const char byte : token) ids.push_back(static_cast<unsigned char>(byte));
      tokens_.push_back({std::move(ids), count});
      for_each_pair(tokens_.back().ids, [&](const Pair& pair) { add(pair, tokens_.size() - 1); });
    }
    for (const auto& [pair, occurrences] : pairs_) queue_.push({occurrences.count, pair});
  }

  /// Joins the most frequent pair; false where none comes twice.
  bool join_next() {
    while (!queue_.empty()) {
      const auto [count, pair] = queue_.top();
      queue_.pop();
      const std::int64_t now = pairs_.at(pair).count;
      if (now < 2) continue;
      if (now != count) {  // it has been used up in part since it was queued
        if (now < count) queue_.push({now, pair});
        continue;
      }
      join(pair);
      return true;
    }
    return false;
  }

  /// The pieces but for the single bytes.
  [[nodiscard]] std::size_t learned() const { return pieces_.size() - kBytes; }
  [[nodiscard]] std::vector<std::string> pieces() && {
    return {std::make_move_iterator(pieces_.begin() + kBytes),
            std::make_move_iterator(pieces_.end())};
  }

 private:
  struct Queued {
    std::int64_t count;
    Pair pair;
    bool operator<(const Queued& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  template <class F>
  static void for_each_pair(const Ids& ids, F&& f) {
    for (std::size_t i = 1; i < ids.size(); ++i) f(Pair(ids[i - 1], ids[i]));
  }

  /// The id of a piece, which two pairs may make: "ab" + "c" and "a" + "bc".
  std::int32_t add_piece(std::string piece) {
    const auto [found, is_new] = ids_.emplace(piece, static_cast<std::int32_t>(pieces_.size()));
    if (is_new) pieces_.push_back(std::move(piece));
    return found->second;
  }

  void add(const Pair& pair, std::size_t token) {
    Occurrences& occurrences = pairs_[pair];
    occurrences.count += tokens_[token].count;
    if (occurrences.tokens.empty() || occurrences.tokens.back() != token) {
      occurrences.tokens.push_back(token);
    }
  }

  void join(const Pair& pair) {
    const std::int32_t joined = add_piece(pieces_[static_cast<std::size_t>(pair.first)] +
                                          pieces_[static_cast<std::size_t>(pair.second)]);
    std::vector<Pair> changed;
    for (const std::size_t token : std::exchange(pairs_.at(pair).tokens, {})) {
      Ids& ids = tokens_[token].ids;
      for_each_pair(ids, [&](const Pair& old) { pairs_.at(old).count -= tokens_[token].count; });
      std::size_t end = 0;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const bool joins = i + 1 < ids.size() && Pair(ids[i], ids[i + 1]) == pair;
        ids[end++] = joins ? joined : ids[i];
        if (joins) ++i;
      }
      ids.resize(end);
      for_each_pair(ids, [&](const Pair& now) {
        add(now, token);
        if (now.first == joined || now.second == joined) changed.push_back(now);
      });
    }
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    for (const Pair& now : changed) queue_.push({pairs_.at(now).count, now});
  }

  std::vector<Pieces> tokens_;
  std::vector<std::string> pieces_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::unordered_map<Pair, Occurrences, PairHash> pairs_;
  std::priority_queue<Queued> queue_;
};

}  // namespace

std::vector<std::string> learn_pieces(std::span<const CountedToken> tokens, std::size_t count) {
  PairLearner learner(tokens);
  while (learner.learned() < count && learner.join_next()) examples::stop_if_interrupted();
  return std::move(learner).pieces();
}

void append_pieces(std::string_view token,
                   const std::function<std::int32_t(std::string_view)>& id_of, Ids& ids) {
  std::vector<std::size_t> begins;  // of the pieces, and the end of the last
  for (std::size_t i = 0; i <= token.size(); ++i) begins.push_back(i);
  const auto between = [&](std::size_t first, std::size_t last) {
    return token.substr(begins[first], begins[last] - begins[first]);
  };
  while (begins.size() > 2) {
    std::int32_t best = -1;
    std::size_t where = 0;
    for (std::size_t i = 0; i + 2 < begins.size(); ++i) {
      const std::int32_t id = id_of(between(i, i + 2));
      if (id >= 0 && (best < 0 || id < best)) {
        best = id;
        where = i + 1;
      }
    }
    if (best < 0) break;
    begins.erase(begins.begin() + static_cast<std::ptrdiff_t>(where));
  }
  for (std::size_t i = 0; i + 1 < begins.size(); ++i) ids.push_back(id_of(between(i, i + 1)));
}

}  // namespace wordlm
