// SPDX-License-Identifier: Apache-2.0
// Ctrl-C while files are written: the first is noted, and the work ends at its next check, so that what is half written is
// removed; a second one ends the program at once.
#pragma once

#include <stdexcept>

namespace narrowfp::cli {

// Thrown by check(); main ends the program with exit code 130.
class interrupted_error : public std::runtime_error {
public:
    interrupted_error() : std::runtime_error("interrupted") {}
};

class interrupt_guard {
public:
    interrupt_guard();
    ~interrupt_guard();
    interrupt_guard(const interrupt_guard&) = delete;
    interrupt_guard& operator=(const interrupt_guard&) = delete;

    // Throws interrupted_error after Ctrl-C.
    void check() const;

private:
    void (*before_)(int);
};

}  // namespace narrowfp::cli
