#include "wordlm/minibatches.h"

#include "wordlm/streams.h"

namespace wordlm {

Minibatches minibatches(const std::vector<Ids>& text, const Settings& settings, std::int64_t epoch,
                        const unroll::Processes& processes) {
  const TrainingSettings& s = settings.training;
  if (settings.text.running) {
    const Streams streams(text.at(0), s.batch, s.bptt);
    return {streams.pieces(), streams.words(),
            [streams, mine = processes.share(s.batch)](std::int64_t number) {
              return streams.piece(number, mine);
            }};
  }
  std::int64_t words = 0;
  for (const Ids& ids : text) words += static_cast<std::int64_t>(ids.size()) - 1;
  auto batches = make_batches(text, s.batch, s.shuffle, settings.seed, epoch);
  const auto count = static_cast<std::int64_t>(batches.size());
  return {count, words, [&text, &processes, batches = std::move(batches)](std::int64_t number) {
            const auto& numbers = batches[static_cast<std::size_t>(number)];
            return make_batch(text, numbers, processes.share(std::ssize(numbers)));
          }};
}

}  // namespace wordlm
