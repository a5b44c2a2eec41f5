// Requests: what a plan depends on, and nothing else.
#include "core/plan/planned.h"

namespace unroll::testing {
namespace {

Request request_for(const Tape& tape, const std::vector<Var>& targets) {
  return plan_for(tape, targets).request;
}

struct Recorded {
  Tape tape{DType::f64};
  Var x;
  Var y;
  Var z;
  explicit Recorded(const Shape& shape = {2, 3}, double factor = 2, int before = 0) {
    for (int i = 0; i < before; ++i) (void)(tape.input(Tensor(DType::f64, {1})) + 1);
    x = tape.input(random_tensor(shape, static_cast<std::uint64_t>(before)));
    y = tanh(x) * factor;
    z = y * y + x;
  }
};

TEST_CASE("request: nodes are numbered in the order they run, sources follow") {
  Recorded r({2, 3}, 2, 3);
  const Request request = request_for(r.tape, {r.z});
  CHECK(request.work.size() == 4);
  CHECK(request.sources.size() == 1);
  CHECK(request.nodes.size() == 5);
  CHECK(request.nodes[0] == r.x.index() + 1);
  CHECK(request.nodes[4] == r.x.index());
  CHECK(request.inputs == std::vector<std::uint32_t>{4, 0, 1, 1, 2, 4});
  CHECK(request.kind_of(3).target);
  CHECK_FALSE(request.kind_of(1).target);
  CHECK(request.work[2].first_input == 2);
  CHECK(request.kind_of(2).input_count == 2);
  CHECK_FALSE(request.sources[0].parameter);
}

TEST_CASE("request: equal structures give equal requests, at any place and with any values") {
  Recorded a;
  Recorded b({2, 3}, 2, 5);
  CHECK(request_for(a.tape, {a.z}) == request_for(b.tape, {b.z}));
}

TEST_CASE("request: another shape, attribute, target or source is another request") {
  Recorded a;
  const Request request = request_for(a.tape, {a.z});
  Recorded shape({3, 2});
  CHECK_FALSE(request_for(shape.tape, {shape.z}) == request);
  Recorded factor({2, 3}, 3);
  CHECK_FALSE(request_for(factor.tape, {factor.z}) == request);
  CHECK_FALSE(request_for(a.tape, {a.z, a.y}) == request);
  CHECK(request_for(a.tape, {a.z, a.z}) == request);

  Recorded there;
  (void)there.y.value();  // a source now
  CHECK_FALSE(request_for(there.tape, {there.z}) == request);
}

TEST_CASE("request: parameters and row distances are part of a request") {
  const Gates gates;
  Tape tape(DType::f64);
  tape.set_passes({});
  const std::vector<Var> y = gates.of(tape.input(random_tensor({2, 4}, 1)));
  const Request first = request_for(tape, {y[0] + y[1]});
  CHECK(std::count_if(first.sources.begin(), first.sources.end(),
                      [](const Request::Source& s) { return s.parameter; }) == 4);
  (void)(y[0] + y[1] + y[2] + y[3]).value();
  const Request second = request_for(tape, {y[0] * y[1]});
  CHECK(second.sources[0].stride == 12);
  CHECK_FALSE(second.sources[0].parameter);
}

/// Whether `request` is for these targets, seen without making one for them.
bool is_for(const Request& request, const Tape& tape, const std::vector<Var>& targets) {
  std::vector<std::uint32_t> wanted;
  for (const Var& target : targets) wanted.push_back(target.index());
  std::vector<std::uint8_t> marks;
  std::vector<std::uint32_t> schedule;
  std::vector<std::uint32_t> numbers;
  std::vector<std::uint32_t> at;
  make_schedule(tape.graph(), wanted, marks, schedule);
  const bool is =
      request.is_for(tape.graph(), schedule, wanted, Request::Purpose::values, numbers, at);
  CHECK(std::all_of(numbers.begin(), numbers.end(), [](std::uint32_t n) { return n == 0; }));
  const Request made = request_for(tape, targets);
  CHECK(is == (request == made));
  if (is) CHECK(at == made.nodes);
  return is;
}

TEST_CASE("request: whether it serves some nodes is decided without describing them again") {
  Recorded a;
  const Request request = request_for(a.tape, {a.z});
  CHECK(is_for(request, a.tape, {a.z}));
  CHECK(is_for(request, a.tape, {a.z, a.z}));
  Recorded moved({2, 3}, 2, 5);
  CHECK(is_for(request, moved.tape, {moved.z}));

  CHECK_FALSE(is_for(request, a.tape, {a.y}));
  CHECK_FALSE(is_for(request, a.tape, {a.z, a.y}));
  CHECK_FALSE(is_for(request_for(a.tape, {a.z, a.y}), a.tape, {a.z}));
  Recorded shape({3, 2});
  CHECK_FALSE(is_for(request, shape.tape, {shape.z}));
  Recorded factor({2, 3}, 3);
  CHECK_FALSE(is_for(request, factor.tape, {factor.z}));
  CHECK_FALSE(is_for(request, a.tape, {a.y * a.x + a.x}));  // as many nodes, other inputs
  CHECK_FALSE(is_for(request, a.tape, {a.y * a.y + a.tape.input(random_tensor({2, 3}, 7))}));

  // As many nodes and inputs, but of one source, or with a node of the first source for the second.
  const Var other = a.tape.input(random_tensor({2, 3}, 7));
  const Request two = request_for(a.tape, {tanh(a.x) * 2 + other});
  CHECK(is_for(two, a.tape, {tanh(other) * 2 + a.x}));
  CHECK_FALSE(is_for(two, a.tape, {tanh(a.x) * 2 + a.x}));
  const Var row = a.tape.input(random_tensor({3}, 7));
  CHECK_FALSE(is_for(two, a.tape, {tanh(a.x) * 2 + row}));
}

TEST_CASE("request: working memory kept between calls changes no result") {
  Recorded a;
  std::vector<std::uint32_t> numbers;
  Request request;
  for (const Var& target : {a.z, a.y, a.z}) {
    const std::uint32_t index = target.index();
    std::vector<std::uint8_t> marks;
    std::vector<std::uint32_t> schedule;
    make_schedule(a.tape.graph(), {&index, 1}, marks, schedule);
    request.describe(a.tape.graph(), schedule, {&index, 1}, Request::Purpose::values, numbers);
    CHECK(request == request_for(a.tape, {target}));
    CHECK(std::all_of(numbers.begin(), numbers.end(), [](std::uint32_t n) { return n == 0; }));
  }
}

}  // namespace
}  // namespace unroll::testing
