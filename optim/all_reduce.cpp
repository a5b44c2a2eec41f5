#include <unroll/core/random.h>
#include <unroll/optim/all_reduce.h>

#include <algorithm>
#include <string>
#include <vector>

namespace unroll {
namespace {

constexpr Index kBlock = Index{1} << 22;   // elements that are added up at once
constexpr Index kDirect = Index{1} << 15;  // a segment of so many is not copied before

/// Adds elements up, in pieces that bound the memory it takes.
template <class T>
class Adder {
 public:
  explicit Adder(const Processes& processes)
      : processes_(processes), sizes_(static_cast<std::size_t>(processes.count())) {}

  /// Elements that stay where they are.
  void add(std::span<T> values) {
    while (!values.empty()) {
      const std::span<T> block = values.first(std::min(values.size(), std::size_t{kBlock}));
      add_block(block);
      values = values.subspan(block.size());
    }
  }
  [[nodiscard]] std::int64_t sent() const { return sent_; }

 private:
  [[nodiscard]] Interval part(std::size_t process, std::size_t elements) const {
    return share_of(static_cast<Index>(elements), static_cast<int>(process), processes_.count());
  }

  void add_block(std::span<T> block) {
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      sizes_[i] = part(i, block.size()).size() * static_cast<Index>(sizeof(T));
    }
    const auto mine = static_cast<std::size_t>(processes_.share(std::ssize(block)).size());
    received_.resize(mine * sizes_.size());
    processes_.all_to_all(std::as_bytes(block), sizes_,
                          std::as_writable_bytes(std::span(received_)));
    for (std::size_t other = 1; other < sizes_.size(); ++other) {
      const T* const from = received_.data() + other * mine;
      for (std::size_t i = 0; i < mine; ++i) received_[i] += from[i];
    }
    const std::span<const T> sums(received_.data(), mine);
    processes_.all_gather(std::as_bytes(sums), sizes_, std::as_writable_bytes(block));
    sent_ += static_cast<std::int64_t>(block.size_bytes() - sums.size_bytes());
    sent_ += static_cast<std::int64_t>(sums.size_bytes() * (sizes_.size() - 1));
  }

  const Processes& processes_;
  std::vector<Index> sizes_;  // bytes that are each process's to add up
  std::vector<T> received_;
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

template <class T>
std::int64_t add_up(const Processes& processes, std::span<T> values,
                    std::span<const Gradients::Segment> segments) {
  Adder<T> adder(processes);
  std::vector<T> packed;
  for_each_short(values, segments, [&](std::span<T> segment) {
    packed.insert(packed.end(), segment.begin(), segment.end());
  });
  adder.add(packed);
  auto next = packed.begin();
  for_each_short(values, segments, [&](std::span<T> segment) {
    std::copy_n(next, segment.size(), segment.begin());
    next += std::ssize(segment);
  });
  for (const auto& [begin, end] : segments) {
    if (end - begin >= kDirect)
      adder.add(
          values.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
  }
  return adder.sent();
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

/// Numbers that processes tell each other first.
struct Header {
  std::uint64_t parameters;  // a hash of their names and shapes, and of the type
  std::int64_t codes;        // how many numbers say what was touched
};

std::uint64_t hash_of(const Parameters& parameters) {
  std::string text = name_of(parameters.dtype());
  for (const Parameter& p : parameters.all()) text += p.name() + p.shape().to_string();
  return hash_name(text);
}

std::vector<Header> headers_of(const Processes& processes, const Header& mine) {
  std::vector<Header> all(static_cast<std::size_t>(processes.count()));
  const std::vector<Index> sizes(all.size(), sizeof(Header));
  processes.all_gather(std::as_bytes(std::span(&mine, 1)), sizes,
                       std::as_writable_bytes(std::span(all)));
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].parameters == all[0].parameters) continue;
    fail<Error>("all_reduce: process {} has other parameters than process 0", i);
  }
  return all;
}

/// Lets all processes count as touched what some have touched.
void touch_together(const Processes& processes, Gradients& gradients) {
  const std::vector<Gradients::Touched> here = gradients.touched();
  const std::vector<std::int32_t> mine = code_of(here);
  const std::vector<Header> headers =
      headers_of(processes, {hash_of(gradients.parameters()), std::ssize(mine)});
  std::vector<Index> sizes;
  Index total = 0;
  for (const Header& header : headers) {
    sizes.push_back(header.codes * static_cast<Index>(sizeof(std::int32_t)));
    total += header.codes;
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

}  // namespace

std::int64_t all_reduce(const Processes& processes, Gradients& gradients) {
  gradients.run();
  if (processes.count() == 1) return 0;
  touch_together(processes, gradients);
  const auto add = [&]<class T>(std::span<T> values) {
    return add_up(processes, values, gradients.segments());
  };
  return gradients.parameters().dtype() == DType::f32 ? add(gradients.values<float>())
                                                      : add(gradients.values<double>());
}

}  // namespace unroll
