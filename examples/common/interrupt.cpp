#include "common/interrupt.h"

#include <csignal>

namespace examples {

std::atomic<bool> interrupted = false;

namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

void on_interrupt(int /*signal*/) {
  interrupted = true;
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptHandler::InterruptHandler() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ours_[i] = std::signal(kSignals[i], &on_interrupt) != SIG_IGN;
    if (!ours_[i]) std::signal(kSignals[i], SIG_IGN);
  }
}

InterruptHandler::~InterruptHandler() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (ours_[i]) std::signal(kSignals[i], SIG_DFL);
  }
}

}  // namespace examples
