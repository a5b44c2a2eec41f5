// A program around unroll that uses MPI itself: it begins MPI before unroll joins, has messages of
// its own under way, and ends MPI while the object of unroll is still there. Runs as two processes.
#define DOCTEST_CONFIG_IMPLEMENT
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "support.h"

namespace {

std::vector<MPI_Comm> duplicates;  // communicators that were duplicated and not freed

}  // namespace

// MPI lets a program put its own functions in the place of MPI's.
extern "C" int MPI_Comm_dup(MPI_Comm from, MPI_Comm* to) {
  const int result = PMPI_Comm_dup(from, to);
  duplicates.push_back(*to);
  return result;
}

extern "C" int MPI_Comm_free(MPI_Comm* which) {
  std::erase(duplicates, *which);
  return PMPI_Comm_free(which);
}

namespace unroll::testing {
namespace {

/// Gone only after main() has ended MPI.
const Processes& processes() {
  static const Processes all;
  return all;
}

/// Of a message, of unroll and of this program. MPI sends so few without waiting for the receive:
/// a message that is taken for another one makes a wrong sum, and no process waits for ever.
constexpr int kElements = 512;
using Message = std::vector<float>;

/// What all processes have after an exchange, which takes messages with the tags 0 and 1.
std::vector<double> exchanged() {
  const Parameters p(DType::f32, 1);
  const Parameter w = p.add("w", {2 * kElements}, constant(0));
  Tape tape(DType::f32);
  Gradients gradients = tape.gradients((processes().rank() + 1) * sum(tape.parameter(w)), p);
  all_reduce(processes(), gradients);
  return gradients[w].to_doubles();
}

TEST_CASE("processes: messages of a program around unroll are not taken for those of unroll") {
  REQUIRE(processes().count() == 2);
  const int other = 1 - processes().rank();
  const Message sent(kElements, 7);
  const auto all_are = [](const auto& values, float wanted) {
    return std::ranges::all_of(values, [&](auto value) { return value == wanted; });
  };
  // This program's sends wait for their receives during the exchange, and then its receives for
  // their sends.
  for (const bool sends_first : {true, false}) {
    std::array<Message, 2> received{Message(kElements), Message(kElements)};
    std::vector<MPI_Request> requests;
    const auto send = [&] {
      for (int tag = 0; tag < 2; ++tag) {
        MPI_Isend(sent.data(), kElements, MPI_FLOAT, other, tag, MPI_COMM_WORLD,
                  &requests.emplace_back());
      }
    };
    const auto receive = [&] {
      for (int tag = 0; tag < 2; ++tag) {
        MPI_Irecv(received[static_cast<std::size_t>(tag)].data(), kElements, MPI_FLOAT, other, tag,
                  MPI_COMM_WORLD, &requests.emplace_back());
      }
    };
    sends_first ? send() : receive();
    REQUIRE(all_are(exchanged(), 1 + 2));
    sends_first ? receive() : send();
    MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
    for (const Message& message : received) CHECK(all_are(message, 7));
  }
}

TEST_CASE("processes: a second object uses the communicator of the first") {
  const Processes second;
  CHECK(second.count() == processes().count());
  CHECK(duplicates.size() == 1);
}

}  // namespace
}  // namespace unroll::testing

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  if (doctest::Context(argc, argv).run() != 0) MPI_Abort(MPI_COMM_WORLD, 1);
  MPI_Finalize();
  if (!duplicates.empty()) std::puts("the communicator of unroll was not freed before MPI ended");
  return duplicates.empty() ? 0 : 1;
}
