#include "caption/describe.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace caption {

using unroll::Tape;
using unroll::Tensor;
using unroll::Var;

Writer::Writer(const Captioner& captioner, const std::vector<float>& scene, std::size_t longest)
    : captioner_(captioner),
      scene_(Tensor::of<float>({1, std::ssize(scene)}, scene)),
      longest_(longest) {}

Writer::Position Writer::begin() const {
  Tape tape(captioner_.parameters.dtype());
  const auto [h, c] = captioner_.model.start(tape.input(scene_));
  return after({Tensor(h.value()), Tensor(c.value()), {}}, captioner_.end());
}

Writer::Position Writer::after(const Position& before, std::int32_t word) const {
  const Model& model = captioner_.model;
  Tape tape(captioner_.parameters.dtype());
  const Var x = model.input(tape.input(Tensor::of<std::int32_t>({1}, {word})), tape.input(scene_));
  const auto [h, c] = model.lstm.step(x, {tape.input(before.h), tape.input(before.c)});
  const Var log_p = unroll::log_softmax(model.out(h));
  return {Tensor(h.value()), Tensor(c.value()), log_p.value().to_doubles()};
}

Written Writer::draw(unroll::Random& random) const {
  Written written;
  Position position = begin();
  while (true) {
    double left = random.uniform();
    std::int32_t word = 0;
    for (; word < captioner_.end(); ++word) {
      left -= std::exp(position.log_p[static_cast<std::size_t>(word)]);
      if (left < 0) break;
    }
    written.log_probability += position.log_p[static_cast<std::size_t>(word)];
    if (word == captioner_.end()) return written;
    written.caption.push_back(word);
    if (written.caption.size() == longest_) break;
    position = after(position, word);
  }
  written.complete = false;
  return written;
}

std::vector<Written> Writer::likeliest(std::size_t count, std::size_t beam) const {
  struct Unfinished {
    Written written;
    Position position;  // behind its last word
  };
  const auto better = [](const Written& a, const Written& b) {
    return a.log_probability > b.log_probability;
  };
  std::vector<Written> finished;
  std::vector<Unfinished> kept;
  kept.push_back({{}, begin()});
  for (std::size_t length = 0; length < longest_ && !kept.empty(); ++length) {
    std::vector<std::pair<Written, std::size_t>> candidates;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      for (std::int32_t word = 0; word <= captioner_.end(); ++word) {
        Written next = kept[i].written;
        next.log_probability += kept[i].position.log_p[static_cast<std::size_t>(word)];
        if (word == captioner_.end()) {
          finished.push_back(std::move(next));
          continue;
        }
        next.caption.push_back(word);
        candidates.emplace_back(std::move(next), i);
      }
    }
    std::ranges::stable_sort(finished, better);
    finished.resize(std::min(finished.size(), count));
    std::ranges::stable_sort(candidates, better, &std::pair<Written, std::size_t>::first);
    candidates.resize(std::min(candidates.size(), beam));
    // Words only make a caption less likely: one below the worst finished cannot come among them.
    if (finished.size() == count) {
      std::erase_if(candidates, [&](const auto& c) { return !better(c.first, finished.back()); });
    }
    std::vector<Unfinished> next;
    for (auto& [written, parent] : candidates) {
      const std::int32_t word = written.caption.back();
      next.push_back({std::move(written), after(kept[parent].position, word)});
    }
    kept = std::move(next);
  }
  return finished;
}

std::string to_text(const Captioner& captioner, const Written& written) {
  std::vector<std::string> words;
  for (const std::int32_t id : written.caption) {
    words.push_back(id == examples::WordIds::kUnknown ? "<unknown>" : captioner.words.word(id));
  }
  return fmt::format("{}{}", fmt::join(words, " "), written.complete ? "" : " ...");
}

}  // namespace caption
