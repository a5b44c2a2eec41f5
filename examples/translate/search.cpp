#include "translate/search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/batches.h"
#include "common/interrupt.h"
#include "common/word_ids.h"

namespace translate {
namespace {

using unroll::Index;
using unroll::Tape;
using unroll::Tensor;
using unroll::Var;

/// The decoder of some sentences, each in `width` lanes side by side, one word after the other.
class Lanes {
 public:
  Lanes(const Translator& translator, std::span<const Ids> sources, Index width)
      : model_(translator.model),
        lanes_(std::ssize(sources) * width),
        tape_(translator.parameters.dtype()) {
    const Tape::Inference inference(tape_);
    const unroll::Padded padded = unroll::pad_sequence(sources, {.multiple = 4});
    auto memory = model_.encode(tape_.input(padded.ids), padded.mask(tape_));
    // Every lane gets what its sentence has.
    std::vector<std::int32_t> sentence;
    for (Index lane = 0; lane < lanes_; ++lane) {
      sentence.push_back(static_cast<std::int32_t>(lane / width));
    }
    const Var from = tape_.input(Tensor::of<std::int32_t>({lanes_}, sentence));
    unroll::for_each_var(memory.first, [&](Var& x) { x = unroll::index_select(x, from, 0); });
    state_ = unroll::carry(memory.first);
    const auto keep = [&](Var x, Index axis) {
      memory_.emplace_back(unroll::index_select(x, from, axis).value());
    };
    keep(memory.context, 0);
    if (!memory.states) return;
    keep(memory.states->states, 1);
    keep(memory.states->keys, 1);
    keep(memory.states->mask.value(), 1);
  }

  /// Reads a word in each lane; the log-probabilities (lanes, ids) of the word after it, until the
  /// next call.
  unroll::TensorView read(const std::vector<std::int32_t>& words) {
    tape_.clear();  // the state is carried over: a word costs the same however many came before it
    const Tape::Inference inference(tape_);
    const auto kept = [&](std::size_t i) { return tape_.input(memory_[i]); };
    Memory memory{{}, kept(0), {}};
    if (memory_.size() > 1) memory.states = unroll::Attention::Memory{kept(1), kept(2), kept(3)};
    const Var y = model_.read(tape_.input(Tensor::of<std::int32_t>({lanes_}, words)));
    const auto step = model_.step(y, unroll::restore(tape_, state_), memory);
    log_p_ = Tensor(unroll::log_softmax(model_.out(step.features)).value());
    state_ = unroll::carry(step.state);
    return log_p_;
  }

  /// Lets each lane i go on where lane from[i] stands.
  void take_over(std::span<const std::size_t> from) {
    for (Tensor& values : state_.values) {
      const Tensor before = values;
      const std::size_t bytes =
          static_cast<std::size_t>(values.size() / lanes_) * unroll::size_of(values.dtype());
      for (std::size_t lane = 0; lane < from.size(); ++lane) {
        std::copy_n(before.view().data + from[lane] * bytes, bytes, values.data() + lane * bytes);
      }
    }
  }

 private:
  const Model& model_;
  Index lanes_;
  Tape tape_;
  unroll::Carried<Model::State> state_;
  std::vector<Tensor> memory_;  // the context; with attention the states, keys and mask besides
  Tensor log_p_;
};

/// A beginning, longer by one word.
struct Longer {
  std::size_t from = 0;  // its number among the beginnings
  std::int32_t word = 0;
  double log_probability = 0;
};

/// The beam of one sentence.
class Beam {
 public:
  Beam(const SearchOptions& options, std::int32_t end, std::size_t most)
      : options_(options), end_(end), most_(most) {}

  [[nodiscard]] bool is_complete() const { return open_.empty(); }
  [[nodiscard]] std::int32_t last_word(std::size_t i) const {
    return open_[i].words.empty() ? end_ : open_[i].words.back();
  }

  /// Makes the beginnings longer by a word; `next(i)` gives the likeliest words after beginning i.
  /// Returns the number of the beginning that each of the new ones goes on with.
  template <class Next>
  std::vector<std::size_t> grow(Next next) {
    std::vector<Longer> all;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      for (const auto& [word, log_p] : next(i)) {
        all.push_back({i, word, open_[i].log_probability + log_p});
      }
    }
    std::ranges::stable_sort(all, std::ranges::greater(), &Longer::log_probability);
    all.resize(std::min(all.size(), static_cast<std::size_t>(options_.width) - found_.size()));
    std::vector<Found> before = std::move(open_);
    open_.clear();
    std::vector<std::size_t> from;
    for (const Longer& longer : all) {
      Found beginning{before[longer.from].words, longer.log_probability, 0};
      if (longer.word == end_) {
        finish(std::move(beginning), /*ended=*/true);
        continue;
      }
      beginning.words.push_back(longer.word);
      if (beginning.words.size() == most_) {
        finish(std::move(beginning), /*ended=*/false);
        continue;
      }
      open_.push_back(std::move(beginning));
      from.push_back(longer.from);
    }
    return from;
  }

  [[nodiscard]] std::vector<Found> take() && {
    std::ranges::stable_sort(found_, std::ranges::greater(), &Found::score);
    return std::move(found_);
  }

 private:
  void finish(Found found, bool ended) {
    const auto length = static_cast<double>(found.words.size() + (ended ? 1 : 0));
    found.score = found.log_probability / std::pow(length, options_.normalise);
    found_.push_back(std::move(found));
  }

  SearchOptions options_;
  std::int32_t end_;
  std::size_t most_;
  std::vector<Found> open_ = {Found{}};
  std::vector<Found> found_;
};

}  // namespace

std::vector<std::vector<Found>> search(const Translator& translator, std::span<const Ids> sources,
                                       const SearchOptions& options) {
  const auto width = static_cast<std::size_t>(options.width);
  Lanes lanes(translator, sources, options.width);
  std::vector<Beam> beams;
  for (const Ids& source : sources) {
    beams.emplace_back(options, translator.end(), 2 * source.size() + 10);
  }
  const Index ids = translator.target.size() + 1;
  const auto best = static_cast<std::size_t>(std::min<Index>(options.width + 1, ids));
  std::vector<std::int32_t> words(sources.size() * width, translator.end());
  std::vector<std::size_t> from(words.size());
  while (!std::ranges::all_of(beams, &Beam::is_complete)) {
    examples::stop_if_interrupted();
    const unroll::Ranking ranking = unroll::topk(lanes.read(words), static_cast<Index>(best));
    std::iota(from.begin(), from.end(), std::size_t{0});
    for (std::size_t b = 0; b < beams.size(); ++b) {
      const std::size_t first = b * width;
      const auto next = [&](std::size_t i) {
        std::vector<std::pair<std::int32_t, double>> likeliest;
        for (std::size_t k = (first + i) * best; k < (first + i + 1) * best; ++k) {
          if (std::isnan(ranking.values[k])) {
            unroll::fail<unroll::ValueError>("the model's outputs are not numbers");
          }
          if (ranking.ids[k] == examples::WordIds::kUnknown) continue;
          likeliest.emplace_back(ranking.ids[k], ranking.values[k]);
        }
        return likeliest;
      };
      const std::vector<std::size_t> before = beams[b].grow(next);
      for (std::size_t i = 0; i < before.size(); ++i) {
        from[first + i] = first + before[i];
        words[first + i] = beams[b].last_word(i);
      }
    }
    lanes.take_over(from);
  }
  std::vector<std::vector<Found>> found;
  for (Beam& beam : beams) found.push_back(std::move(beam).take());
  return found;
}

std::vector<Ids> translate_all(const Translator& translator, const Pairs& pairs,
                               const SearchOptions& options) {
  constexpr int kLanes = 128;
  std::vector<Ids> sources;
  for (const Pair& pair : pairs.pairs) sources.push_back(translator.source_ids(pair.source));
  // Short ones first: sentences of a batch are of like length.
  std::vector<std::size_t> order(sources.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return sources[i].size(); });
  std::vector<Ids> translations(sources.size());
  for (const auto& numbers :
       examples::batches_in_order(order.size(), std::max(1, kLanes / options.width))) {
    std::vector<Ids> batch;
    for (const std::size_t number : numbers) batch.push_back(sources[order[number]]);
    const auto found = search(translator, batch, options);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      translations[order[numbers[i]]] = found[i].front().words;
    }
  }
  return translations;
}

}  // namespace translate
