#include "common/interrupt.h"

#include <csignal>

namespace examples {

std::atomic<bool> interrupted = false;

namespace {

void on_interrupt(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

void set(void (*handler)(int)) {
  std::signal(SIGINT, handler);
  std::signal(SIGTERM, handler);
}

}  // namespace

InterruptHandler::InterruptHandler() { set(&on_interrupt); }
InterruptHandler::~InterruptHandler() { set(SIG_DFL); }

}  // namespace examples
