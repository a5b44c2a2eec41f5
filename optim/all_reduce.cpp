#include <unroll/core/random.h>
#include <unroll/optim/all_reduce.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace unroll {
namespace {

constexpr Index kMessage = Index{1} << 18;  // elements to one process at once, at most
constexpr Index kBlock = Index{1} << 22;    // elements that are added up at once, at most
constexpr Index kDirect = Index{1} << 15;   // a segment of so many is not copied before

/// Whether an exception has ended an exchange in the middle: the messages of a later one would be
/// taken for those that are still under way.
std::atomic<bool> is_broken_off = false;

/// Adds elements up, those of several segments at the same time.
template <class T>
class Adder {
 public:
  explicit Adder(const Processes& processes) : processes_(processes) {}
  Adder(const Adder&) = delete;
  Adder& operator=(const Adder&) = delete;
  ~Adder() {
    if (blocks_.empty()) return;
    is_broken_off = true;
    // MPI may still write to the memory of these blocks: it is never freed.
    static std::list<Block> abandoned;
    abandoned.splice(abandoned.end(), blocks_);
  }

  /// Begins to add up elements, which nothing else touches until finish() returns. Processes may
  /// begin with segments in different orders: `tag` tells them apart. Returns the first tag that is
  /// free after it. `most`: before a block is begun, at most so many may be under way; all
  /// processes then have to begin with the same segments in the same order.
  int begin(std::span<T> values, int tag,
            std::size_t most = std::numeric_limits<std::size_t>::max()) {
    const std::size_t size = block_size();
    for (; !values.empty(); tag += 2) {
      while (blocks_.size() > most) progress();
      begin_block(values.first(std::min(values.size(), size)), tag);
      values = values.subspan(std::min(values.size(), size));
    }
    return tag;
  }
  /// How many tags begin() takes.
  [[nodiscard]] int tags(Index elements) const {
    const auto size = static_cast<Index>(block_size());
    return static_cast<int>(2 * ((elements + size - 1) / size));
  }
  /// Lets messages move on and adds up the blocks that have arrived.
  void progress() {
    for (auto block = blocks_.begin(); block != blocks_.end();) {
      const auto here = block++;
      if (!here->messages.arrived()) continue;
      if (here->is_summed) {
        blocks_.erase(here);
      } else {
        add(*here);
      }
    }
  }
  void finish() {
    while (!blocks_.empty()) progress();
  }
  [[nodiscard]] std::int64_t sent() const { return sent_; }

 private:
  struct Block {
    std::span<T> values;
    int tag;
    std::unique_ptr<T[]> received;  // of this process's share, by rank
    Processes::Messages messages;
    bool is_summed = false;
  };

  /// Open MPI takes half as long again over 1 Gbit/s for messages of several MB in both directions
  /// as for as many bytes in messages of 1 MB.
  [[nodiscard]] std::size_t block_size() const {
    return static_cast<std::size_t>(std::min(kBlock, kMessage * processes_.count()));
  }
  [[nodiscard]] std::span<T> part(std::span<T> values, int process) const {
    const auto [begin, end] = share_of(std::ssize(values), process, processes_.count());
    return values.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  }
  template <class F>
  void for_each_other(F f) const {
    for (int i = 1; i < processes_.count(); ++i) f((processes_.rank() + i) % processes_.count());
  }

  void send(Block& block, std::span<const T> values, int to, int tag) {
    block.messages.send(std::as_bytes(values), to, tag);
    sent_ += static_cast<std::int64_t>(values.size_bytes());
  }

  /// Every process gets the elements of its share from all others.
  void begin_block(std::span<T> values, int tag) {
    Block& block = blocks_.emplace_back();
    block.values = values;
    block.tag = tag;
    const std::span<T> mine = part(values, processes_.rank());
    block.received = std::make_unique_for_overwrite<T[]>(
        mine.size() * static_cast<std::size_t>(processes_.count()));
    const auto slot = [&](int process) {
      return std::span(block.received.get() + static_cast<std::size_t>(process) * mine.size(),
                       mine.size());
    };
    std::ranges::copy(mine, slot(processes_.rank()).begin());
    for_each_other([&](int other) {
      block.messages.receive(std::as_writable_bytes(slot(other)), other, tag);
    });
    for_each_other([&](int other) { send(block, part(values, other), other, tag); });
  }

  /// Adds up this process's share, in the order of ranks, and exchanges the sums.
  void add(Block& block) {
    const std::span<T> mine = part(block.values, processes_.rank());
    T* const sums = block.received.get();
    for (int process = 1; process < processes_.count(); ++process) {
      const T* const from = sums + static_cast<std::size_t>(process) * mine.size();
      for (std::size_t i = 0; i < mine.size(); ++i) sums[i] += from[i];
    }
    std::copy_n(sums, mine.size(), mine.begin());
    for_each_other([&](int other) {
      block.messages.receive(std::as_writable_bytes(part(block.values, other)), other,
                             block.tag + 1);
    });
    for_each_other([&](int other) { send(block, mine, other, block.tag + 1); });
    block.is_summed = true;
  }

  const Processes& processes_;
  std::list<Block> blocks_;
  std::int64_t sent_ = 0;
};

/// Calls f for short segments that fill a block together.
template <class T, class F>
void for_each_short(std::span<T> values, std::span<const Gradients::Segment> segments, F f) {
  for (const auto& [begin, end] : segments) {
    if (end - begin < kDirect)
      f(values.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
  }
}

/// Adds up the elements of segments, with tags from `tag` on, and waits for all blocks that were
/// begun before.
template <class T>
void add_up(Adder<T>& adder, std::span<T> values, std::span<const Gradients::Segment> segments,
            int tag) {
  std::vector<T> packed;
  for_each_short(values, segments, [&](std::span<T> segment) {
    packed.insert(packed.end(), segment.begin(), segment.end());
  });
  constexpr std::size_t kUnderWay = 64;  // blocks: bounds the memory they take
  tag = adder.begin(std::span<T>(packed), tag, kUnderWay);
  for (const auto& [begin, end] : segments) {
    if (end - begin < kDirect) continue;
    tag = adder.begin(
        values.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)), tag,
        kUnderWay);
  }
  adder.finish();
  auto next = packed.begin();
  for_each_short(values, segments, [&](std::span<T> segment) {
    std::copy_n(next, segment.size(), segment.begin());
    next += std::ssize(segment);
  });
}

/// What of each parameter was touched, as numbers: -1 for all of it, or a count and that many rows.
std::vector<std::int32_t> code_of(const std::vector<Gradients::Touched>& touched) {
  std::vector<std::int32_t> code;
  for (const Gradients::Touched& one : touched) {
    code.push_back(one.all ? -1 : static_cast<std::int32_t>(one.rows.size()));
    code.insert(code.end(), one.rows.begin(), one.rows.end());
  }
  return code;
}

/// The rows of a parameter that some process has touched.
struct Union {
  bool all = false;
  std::vector<std::uint8_t> rows;  // 1: touched

  [[nodiscard]] Gradients::Touched touched(std::size_t parameter) const {
    Gradients::Touched result{parameter, all, {}};
    for (std::size_t row = 0; !all && row < rows.size(); ++row) {
      if (rows[row] != 0) result.rows.push_back(static_cast<std::int32_t>(row));
    }
    return result;
  }
};

/// Reads one process's numbers on; returns where they end.
std::span<const std::int32_t> take(std::span<const std::int32_t> code, Union& rows) {
  const std::int32_t count = code.front();
  code = code.subspan(1);
  if (count < 0) {
    rows.all = true;
    return code;
  }
  for (const std::int32_t row : code.first(static_cast<std::size_t>(count))) {
    const auto place = static_cast<std::size_t>(row);
    if (place >= rows.rows.size()) rows.rows.resize(place + 1);
    rows.rows[place] = 1;
  }
  return code.subspan(static_cast<std::size_t>(count));
}

/// One value of each process, in the order of ranks.
template <class Number>
std::vector<Number> all_of(const Processes& processes, const Number& mine) {
  std::vector<Number> all(static_cast<std::size_t>(processes.count()));
  const std::vector<Index> sizes(all.size(), sizeof(Number));
  processes.all_gather(std::as_bytes(std::span(&mine, 1)), sizes,
                       std::as_writable_bytes(std::span(all)));
  return all;
}

/// Hashes that processes tell each other before the run.
struct Header {
  std::uint64_t parameters;  // of their names and shapes, and of the type
  std::uint64_t early;       // of the gradients that may be complete early
};

std::uint64_t hash_of(const Parameters& parameters) {
  std::string text = name_of(parameters.dtype());
  for (const Parameter& p : parameters.all()) text += p.name() + p.shape().to_string();
  return hash_name(text);
}

/// The parameters, ascending, whose gradients are exchanged as soon as they are complete: large
/// ones, where `exchange` allows it, and only where all processes have the same.
std::vector<Parameter> agree(const Processes& processes, const Gradients& gradients,
                             Exchange exchange) {
  std::vector<std::size_t> may_be_early;
  if (exchange == Exchange::during_the_run || !processes.share_a_machine()) {
    may_be_early = gradients.early();
  }
  std::vector<Parameter> result;
  std::string names;
  for (const Parameter& p : gradients.parameters().all()) {
    if (p.shape().size() < kDirect || !std::ranges::binary_search(may_be_early, p.index()))
      continue;
    result.push_back(p);
    names += p.name() + "\n";
  }
  const auto all = all_of(processes, Header{hash_of(gradients.parameters()), hash_name(names)});
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].parameters != all[0].parameters)
      fail<Error>("all_reduce: process {} has other parameters than process 0", i);
    if (all[i].early != all[0].early) result.clear();
  }
  return result;
}

/// Lets all processes count as touched what some have touched.
void touch_together(const Processes& processes, Gradients& gradients) {
  const std::vector<Gradients::Touched> here = gradients.touched();
  const std::vector<std::int32_t> mine = code_of(here);
  std::vector<Index> sizes;
  Index total = 0;
  for (const Index codes : all_of(processes, std::ssize(mine))) {
    sizes.push_back(codes * static_cast<Index>(sizeof(std::int32_t)));
    total += codes;
  }
  std::vector<std::int32_t> all(static_cast<std::size_t>(total));
  processes.all_gather(std::as_bytes(std::span(mine)), sizes,
                       std::as_writable_bytes(std::span(all)));
  std::vector<Union> unions(here.size());
  for (std::span<const std::int32_t> code = all; !code.empty();) {
    for (Union& one : unions) code = take(code, one);
  }
  std::vector<Gradients::Touched> touched;
  for (std::size_t i = 0; i < unions.size(); ++i) touched.push_back(unions[i].touched(i));
  gradients.touch(touched);
}

/// The segments without the elements of some parameters, whose places ascend.
std::vector<Gradients::Segment> without(std::span<const Gradients::Segment> segments,
                                        const std::vector<Parameter>& parameters) {
  std::vector<Gradients::Segment> rest;
  for (Gradients::Segment segment : segments) {
    for (const Parameter& p : parameters) {
      const Index end = p.offset() + p.shape().size();
      if (p.offset() < segment.begin || end > segment.end) continue;
      if (segment.begin < p.offset()) rest.push_back({segment.begin, p.offset()});
      segment.begin = end;
    }
    if (segment.begin < segment.end) rest.push_back(segment);
  }
  return rest;
}

template <class T>
std::int64_t run_and_add_up(const Processes& processes, Gradients& gradients, Exchange exchange) {
  std::vector<Parameter> early = agree(processes, gradients, exchange);
  std::ranges::sort(early, {}, &Parameter::offset);
  Adder<T> adder(processes);
  std::map<std::size_t, int> tags;  // of those that are still to begin, by parameter
  int tag = 0;
  for (const Parameter& p : early) {
    tags[p.index()] = tag;
    tag += adder.tags(p.shape().size());
  }
  const auto begin = [&](std::size_t parameter, std::byte* values, Index elements) {
    const auto found = tags.find(parameter);
    if (found == tags.end()) return;
    adder.begin({reinterpret_cast<T*>(values), static_cast<std::size_t>(elements)}, found->second);
    tags.erase(found);
  };
  gradients.run([&](std::span<const Gradients::Ready> ready) {
    for (const auto& [parameter, values] : ready) {
      begin(parameter, values.data(), std::ssize(values) / static_cast<Index>(sizeof(T)));
    }
    adder.progress();
  });
  touch_together(processes, gradients);
  const std::span<T> values = gradients.values<T>();
  for (const Parameter& p : early) {
    begin(p.index(), reinterpret_cast<std::byte*>(values.data() + p.offset()), p.shape().size());
  }
  add_up<T>(adder, values, without(gradients.segments(), early), tag);
  return adder.sent();
}

}  // namespace

std::int64_t all_reduce(const Processes& processes, Gradients& gradients, Exchange exchange) {
  if (processes.count() == 1) {
    gradients.run();
    return 0;
  }
  if (is_broken_off) {
    fail<Error>(
        "all_reduce: an exception has ended an exchange of gradients in the middle; all processes "
        "have to end");
  }
  return gradients.parameters().dtype() == DType::f32
             ? run_and_add_up<float>(processes, gradients, exchange)
             : run_and_add_up<double>(processes, gradients, exchange);
}

}  // namespace unroll
