#include "common/interrupt.h"

#include <csignal>

namespace examples {

std::atomic<bool> interrupted = false;

namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

void on_interrupt(int signal) {
  interrupted = true;
  // A terminal that closes sends its signal more than once.
  std::signal(SIGHUP, SIG_IGN);
  if (signal != SIGHUP) std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptHandler::InterruptHandler() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    struct sigaction now {};
    ours_[i] = ::sigaction(kSignals[i], nullptr, &now) == 0 && now.sa_handler != SIG_IGN;
    if (ours_[i]) std::signal(kSignals[i], &on_interrupt);
  }
}

InterruptHandler::~InterruptHandler() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (ours_[i]) std::signal(kSignals[i], SIG_DFL);
  }
}

}  // namespace examples
