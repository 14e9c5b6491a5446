// SPDX-License-Identifier: Apache-2.0
// A slow link in user space: the sender waits, so no rights are needed. Each rank has one link of the given rate; messages
// go out in pieces, each when the link has had the time to carry it. A token bucket that starts empty: it gives no free
// burst, and lets a late sleeper catch up by a bounded time only. It has rate, not latency or congestion: every time over
// it is labelled "link emulated".
#pragma once

#include "comm/transport.hpp"

#include <functional>

namespace narrowfp::bench {

// Seconds since any fixed moment, and sleeping until one; replaced in tests.
struct pacing_clock {
    std::function<double()> now;
    std::function<void(double)> sleep_until;

    static pacing_clock steady();
};

class token_bucket {
public:
    // Throws std::invalid_argument unless rate > 0.
    token_bucket(double bytes_per_second, pacing_clock clock, double catch_up_seconds = 0.05);
    // Returns when the link has carried `bytes` more.
    void take(std::size_t bytes);
    double rate() const { return rate_; }

private:
    double rate_;
    double catch_up_;
    pacing_clock clock_;
    double free_at_;
};

class paced_transport final : public transport {
public:
    paced_transport(transport& net, double bytes_per_second);
    int rank() const override { return net_.rank(); }
    int size() const override { return net_.size(); }
    void exchange(int to, bytes_out out, int from, bytes_in in) override;
    void barrier() override { net_.barrier(); }

private:
    std::size_t piece_;  // ten milliseconds of the link, at least 16 KiB
    transport& net_;
    token_bucket link_;
};

// Hockney's model t = alpha + bytes / beta, fitted by least squares of relative errors.
struct link_fit {
    double alpha = 0;          // seconds
    double beta = 0;           // bytes per second
    double largest_error = 0;  // of a fitted time, relative
};
struct link_sample {
    double bytes = 0;
    double seconds = 0;
};
// Throws std::invalid_argument for fewer than two sizes.
link_fit fit_link(std::span<const link_sample> samples);

}  // namespace narrowfp::bench
