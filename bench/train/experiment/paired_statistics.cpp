// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/paired_statistics.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace narrowfp::bench::train {

double relative_gap_percent(double loss, double base) {
    if (!std::isfinite(loss) || !std::isfinite(base) || base <= 0) {
        throw std::invalid_argument("a relative gap needs finite losses and a base above 0, found " +
                                    std::to_string(loss) + " and " + std::to_string(base));
    }
    return 100 * (loss - base) / base;
}

double student_t_quantile(double coverage, std::size_t degrees) {
    const boost::math::students_t t(static_cast<double>(degrees));
    return boost::math::quantile(boost::math::complement(t, (1 - coverage) / 2));
}

std::vector<double> differences(std::span<const double> a, std::span<const double> b) {
    if (a.size() != b.size()) {
        throw std::invalid_argument("pairs need as many numbers on both sides, found " + std::to_string(a.size()) +
                                    " and " + std::to_string(b.size()));
    }
    std::vector<double> out(a.size());
    std::transform(a.begin(), a.end(), b.begin(), out.begin(), [](double x, double y) { return x - y; });
    return out;
}

paired_summary summarise(std::span<const double> values, double margin) {
    if (values.empty() || !(margin > 0)) {
        throw std::invalid_argument("a summary needs at least one number and a margin above 0");
    }
    paired_summary out{.n = values.size()};
    const auto n = static_cast<double>(values.size());
    for (const double x : values) {
        if (!std::isfinite(x)) {
            throw std::invalid_argument("a summary needs finite numbers");
        }
        out.mean += x / n;
    }
    if (out.n == 1) {
        out.half_90 = out.half_95 = std::numeric_limits<double>::infinity();
        return out;
    }
    double squares = 0;
    for (const double x : values) {
        squares += (x - out.mean) * (x - out.mean);
    }
    out.deviation = std::sqrt(squares / (n - 1));
    const double error = out.deviation / std::sqrt(n);
    out.half_90 = error * student_t_quantile(0.90, out.n - 1);
    out.half_95 = error * student_t_quantile(0.95, out.n - 1);
    const double inside = margin - std::fabs(out.mean);  // to the nearer end
    if (error == 0) {
        out.tost_p = inside > 0 ? 0 : 1;
    } else {
        const boost::math::students_t t(n - 1);
        out.tost_p = boost::math::cdf(boost::math::complement(t, inside / error));
    }
    return out;
}

}  // namespace narrowfp::bench::train
