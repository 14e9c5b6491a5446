// SPDX-License-Identifier: Apache-2.0
// How far a long step has come, on standard error, so that standard output stays data. On a terminal one line that
// updates itself, with percent and time left; elsewhere (a log) a plain line at most every ten seconds and one at the
// end if any was printed, so a short step prints nothing. The caller says whether it is a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace narrowfp::report {

struct progress_options {
    bool quiet = false;
    bool terminal = false;
    std::size_t width = 80;                      // of the terminal
    double line_interval = 10;                   // seconds between plain lines
    double update_interval = 0.1;                // seconds between updates on a terminal
    std::function<void(std::string_view)> sink;  // receives the text; standard error if empty
    std::function<double()> seconds;             // the clock; std::chrono::steady_clock if empty
};

// Safe to advance from several threads. Cost of a call that prints nothing: a lock and a look at the clock.
class progress {
public:
    // `total` steps in all; 0 if unknown (then no percent and no time left).
    progress(std::string title, std::uint64_t total, progress_options options = {});

    // Clears the line on a terminal if finish was not reached (an exception is on its way).
    ~progress();
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    // Counts steps; `note` says what is being worked on and stays until the next one.
    void advance(std::uint64_t steps = 1, std::string_view note = {});

    // The step is complete: the line is cleared on a terminal, a closing line printed elsewhere. Further calls do
    // nothing.
    void finish();

private:
    void print(std::string_view text) const;
    std::string line(double now) const;

    std::string title_;
    std::string note_;
    std::uint64_t total_ = 0;
    std::uint64_t done_ = 0;
    progress_options options_;
    double start_ = 0;
    double last_ = 0;
    bool printed_ = false;
    bool finished_ = false;
    std::mutex mutex_;
};

}  // namespace narrowfp::report
