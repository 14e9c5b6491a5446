// SPDX-License-Identifier: Apache-2.0
#include "support/random_data.hpp"

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/round/philox.hpp>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace narrowfp::bench {

namespace {

// The elementary functions below use only + - * / sqrt and ldexp, which IEEE 754 defines exactly, and are compiled
// without contraction: their bits do not depend on a mathematics library.

// log x for x in (0, 1]: x = m 2^e with m near one, log m = 2 artanh((m - 1) / (m + 1)). Error below 1e-15.
double log_of(double x) {
    int e = 0;
    double m = std::frexp(x, &e);
    if (m < 0.70710678118654752) {  // sqrt(1/2)
        m *= 2;
        --e;
    }
    const double s = (m - 1) / (m + 1);  // |s| < 0.1716
    const double s2 = s * s;
    double sum = 0;
    for (int n = 23; n >= 1; n -= 2) {
        sum = sum * s2 + 1.0 / n;
    }
    constexpr double log_2 = 0.69314718055994531;
    return 2 * s * sum + e * log_2;
}

// cos(2 pi u) and sin(2 pi u) for u in [0, 1): Taylor series on a quarter turn. Error below 1e-15.
std::array<double, 2> cos_sin_of_turn(double u) {
    constexpr double half_pi = 1.5707963267948966;
    const double quarters = u * 4;
    const int quadrant = static_cast<int>(quarters);
    const double x = (quarters - quadrant) * half_pi;
    const double x2 = x * x;
    double c = 0;
    double s = 0;
    for (int n = 22; n >= 0; n -= 2) {
        c = 1 - x2 * c / ((n + 1) * (n + 2));
        s = 1 - x2 * s / ((n + 2) * (n + 3));
    }
    s *= x;
    switch (quadrant) {
        case 0: return {c, s};
        case 1: return {-s, c};
        case 2: return {-c, -s};
        default: return {s, -c};
    }
}

// exp x for |x| < 40: x = n log 2 + r, Taylor series for r. Error below 1e-15 relative.
double exp_of(double x) {
    constexpr double log_2_high = 0.693147180369123816490;  // 32 bits of log 2
    constexpr double log_2_low = 1.90821492927058770002e-10;
    const double n = std::floor(x / 0.69314718055994531 + 0.5);
    const double r = (x - n * log_2_high) - n * log_2_low;
    double sum = 1;
    for (int k = 14; k >= 1; --k) {
        sum = 1 + sum * r / k;
    }
    return std::ldexp(sum, static_cast<int>(n));
}

// Tensors 0 and 1 of a seed have streams 0 and 1; words that select channels have a stream far away from them.
constexpr std::uint32_t channel_stream = 0x80000000;

double uniform(const philox_stream& stream, std::uint64_t index) {
    return std::ldexp(static_cast<double>(stream.word(index) >> 8), -24);
}

// Box and Muller (1958): elements 2 n and 2 n + 1 share the words 4 n to 4 n + 3.
double normal(const philox_stream& stream, std::uint64_t index) {
    const std::uint64_t first = index / 2 * 4;
    const double u = (static_cast<double>(stream.word(first)) + 1) * 0x1p-32;  // (0, 1]
    const double turn = static_cast<double>(stream.word(first + 1)) * 0x1p-32;
    return std::sqrt(-2 * log_of(u)) * cos_sin_of_turn(turn)[index % 2];
}

double element(distribution d, const philox_stream& stream, std::uint64_t index) {
    switch (d) {
        case distribution::uniform01: return uniform(stream, index);
        case distribution::uniform11: return 2 * uniform(stream, index) - 1;
        case distribution::abs_normal: return std::fabs(normal(stream, index));
        case distribution::lognormal: {
            const std::uint32_t sign = stream.word(index / 2 * 4 + 2) >> (index % 2) & 1;
            return (sign != 0 ? -1 : 1) * exp_of(normal(stream, index));
        }
        case distribution::normal:
        case distribution::llm_like: break;
    }
    return normal(stream, index);
}

// Factor of each column of an llm_like matrix.
std::vector<double> column_factors(std::size_t cols, const philox_stream& stream) {
    const bool is_weight = stream.tensor % 2 != 0;
    std::vector<double> factors(cols, is_weight ? 1.0 / 32 : 1.0);
    if (!is_weight) {
        const philox_stream channels{stream.seed, stream.tensor ^ channel_stream};
        for (std::size_t n = 0; n < (cols + 127) / 128; ++n) {  // one column in each run of 128
            const std::size_t width = cols - n * 128 < 128 ? cols - n * 128 : 128;
            factors[n * 128 + channels.word(n) % width] = 32;
        }
    }
    return factors;
}

}  // namespace

distribution distribution_by_name(std::string_view name) {
    for (const distribution_info& info : all_distributions) {
        if (info.name == name) {
            return info.id;
        }
    }
    throw std::invalid_argument("unknown distribution '" + std::string(name) + "'");
}

std::string_view name_of(distribution d) { return all_distributions[static_cast<std::size_t>(d)].name; }

matrix<float> make_matrix(distribution d, std::size_t rows, std::size_t cols, std::uint32_t seed,
                          std::uint32_t tensor) {
    const fp_environment_guard guard;
    const philox_stream stream{seed, tensor};
    const std::vector<double> factors =
        d == distribution::llm_like ? column_factors(cols, stream) : std::vector<double>(cols, 1.0);
    matrix<float> out(rows, cols);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < cols; ++j) {
            out(i, j) = static_cast<float>(factors[j] * element(d, stream, i * cols + j));
        }
    }
    return out;
}

}  // namespace narrowfp::bench
