// SPDX-License-Identifier: Apache-2.0
#include "comm/paced_transport.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

namespace narrowfp::bench {

pacing_clock pacing_clock::steady() {
    using clock = std::chrono::steady_clock;
    using seconds = std::chrono::duration<double>;
    return {[] { return seconds(clock::now().time_since_epoch()).count(); },
            [](double until) {
                std::this_thread::sleep_until(
                    clock::time_point(std::chrono::duration_cast<clock::duration>(seconds(until))));
            }};
}

token_bucket::token_bucket(double bytes_per_second, pacing_clock clock, double catch_up_seconds)
    : rate_(bytes_per_second), catch_up_(catch_up_seconds), clock_(std::move(clock)), free_at_(clock_.now()) {
    if (!(rate_ > 0) || !std::isfinite(rate_)) {
        throw std::invalid_argument("link: the rate must be above 0 bytes per second");
    }
}

void token_bucket::take(std::size_t bytes) {
    const double now = clock_.now();
    // An idle link saves nothing up, but for what the scheduler may have taken from a sender that was sleeping.
    const double start = free_at_ + catch_up_ < now ? now : free_at_;
    free_at_ = start + static_cast<double>(bytes) / rate_;
    if (free_at_ > now) {
        clock_.sleep_until(free_at_);
    }
}

paced_transport::paced_transport(transport& net, double bytes_per_second)
    : piece_(16384), net_(net), link_(bytes_per_second, pacing_clock::steady()) {
    constexpr double seconds_of_piece = 0.01;
    piece_ = std::max(piece_, static_cast<std::size_t>(bytes_per_second * seconds_of_piece));
}

void paced_transport::exchange(int to, bytes_out out, int from, bytes_in in) {
    const std::size_t pieces = (std::max(out.size(), in.size()) + piece_ - 1) / piece_;
    for (std::size_t n = 0; n < pieces; ++n) {
        const auto part = [this, n](auto bytes) {
            const std::size_t first = std::min(n * piece_, bytes.size());
            return bytes.subspan(first, std::min(piece_, bytes.size() - first));
        };
        if (!part(out).empty()) {
            link_.take(part(out).size());
        }
        net_.exchange(to, part(out), from, part(in));
    }
}

link_fit fit_link(std::span<const link_sample> samples) {
    if (samples.size() < 2) {
        throw std::invalid_argument("link: a fit needs at least two sizes");
    }
    // Minimises sum ((alpha + bytes * gamma) / seconds - 1)^2.
    double aa = 0;
    double ab = 0;
    double bb = 0;
    double a1 = 0;
    double b1 = 0;
    for (const link_sample& s : samples) {
        const double a = 1 / s.seconds;
        const double b = s.bytes / s.seconds;
        aa += a * a;
        ab += a * b;
        bb += b * b;
        a1 += a;
        b1 += b;
    }
    const double determinant = aa * bb - ab * ab;
    if (!(determinant > 0)) {
        throw std::invalid_argument("link: a fit needs at least two sizes");
    }
    link_fit fit;
    fit.alpha = (a1 * bb - b1 * ab) / determinant;
    const double gamma = (aa * b1 - ab * a1) / determinant;
    fit.beta = 1 / gamma;
    for (const link_sample& s : samples) {
        fit.largest_error = std::max(fit.largest_error, std::fabs((fit.alpha + s.bytes * gamma) / s.seconds - 1));
    }
    return fit;
}

}  // namespace narrowfp::bench
