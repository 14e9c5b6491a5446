// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt_guard.hpp"

#include <unistd.h>

#include <csignal>

namespace narrowfp::cli {
namespace {

volatile std::sig_atomic_t asked_to_stop = 0;

extern "C" void note_interrupt(int) {
    if (asked_to_stop != 0) {
        ::_exit(130);
    }
    asked_to_stop = 1;
}

}  // namespace

interrupt_guard::interrupt_guard() : before_(std::signal(SIGINT, note_interrupt)) { asked_to_stop = 0; }

interrupt_guard::~interrupt_guard() { std::signal(SIGINT, before_); }

void interrupt_guard::check() const {
    if (asked_to_stop != 0) {
        throw interrupted_error();
    }
}

}  // namespace narrowfp::cli
