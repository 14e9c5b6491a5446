// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/progress.hpp>

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

namespace narrowfp::report {
namespace {

constexpr std::string_view clear_line = "\r\x1b[K";

void to_standard_error(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

progress::progress(std::string title, std::uint64_t total, progress_options options)
    : title_(printable(title)), total_(total), options_(std::move(options)) {
    if (!options_.sink) {
        options_.sink = to_standard_error;
    }
    if (!options_.seconds) {
        options_.seconds = steady_seconds;
    }
    start_ = options_.seconds();
    last_ = start_;
}

progress::~progress() {
    if (!finished_ && printed_ && options_.terminal) {
        try {
            print(clear_line);
        } catch (...) {  // a destructor has nobody to tell
        }
    }
}

void progress::advance(std::uint64_t steps, std::string_view note) {
    const std::lock_guard lock(mutex_);
    done_ += steps;
    if (!note.empty()) {
        note_ = printable(note);
    }
    if (options_.quiet || finished_) {
        return;
    }
    const double now = options_.seconds();
    const double interval = options_.terminal ? options_.update_interval : options_.line_interval;
    if (now - last_ < interval) {
        return;
    }
    last_ = now;
    printed_ = true;
    if (!options_.terminal) {
        print(line(now) + "\n");
        return;
    }
    const std::size_t room = std::max<std::size_t>(options_.width, 20) - 1;
    print(std::string(clear_line) + wrap(line(now), room).front());
}

void progress::finish() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true) || options_.quiet || !printed_) {
        return;
    }
    if (options_.terminal) {
        print(clear_line);
    } else {
        print(title_ + ": done in " + format_duration(options_.seconds() - start_) + "\n");
    }
}

void progress::print(std::string_view text) const { options_.sink(text); }

std::string progress::line(double now) const {
    std::string text = title_ + ": ";
    if (total_ == 0) {
        text += std::to_string(done_) + " done";
    } else {
        const double share = std::min(static_cast<double>(done_) / static_cast<double>(total_), 1.0);
        text += std::to_string(static_cast<int>(std::floor(share * 100))) + " %";
        const double elapsed = now - start_;
        if (done_ > 0 && done_ < total_ && elapsed > 0) {
            text += ", " + format_duration(std::ceil(elapsed * (1 - share) / share)) + " left";
        }
    }
    return note_.empty() ? text : text + " (" + note_ + ")";
}

}  // namespace narrowfp::report
