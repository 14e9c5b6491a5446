// SPDX-License-Identifier: Apache-2.0
// The scalar core (`project`) on all 2^32 FP32 numbers, in the formats and the default rounding that are used most, against
// the oracle's step function: the sweep walks along its breaks, so nothing is looked up. NARROWFP_TEST_SWEEP_LOG2 takes
// 2^n of them, 2^22 unless set; the long run takes all.
#include <narrowfp/format/types.hpp>
#include <narrowfp/round/project.hpp>

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstdio>
#include <thread>

#include "support/bridge.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp_test;

namespace {

constexpr std::uint64_t all_floats = std::uint64_t{1} << 32;

struct sweep_part {
    std::uint64_t checks = 0;
    std::uint64_t failures = 0;
    std::uint32_t first_failure = 0;
};

// One float of each `stride` from first to last, all of one sign: by turns the first of its stride, which may be a tie,
// and a random one.
template <const auto& F>
sweep_part sweep(const oracle::step_function& steps, std::uint64_t first, std::uint64_t last, std::uint64_t stride) {
    random_bits random(run_seed() + first);
    const bool negative = first >> 31 != 0;
    const oracle::half_line& half = negative ? steps.negative : steps.positive;
    std::size_t piece = 0;
    sweep_part part;
    for (std::uint64_t bits = first; bits < last; bits += stride) {
        const bool at_random = stride > 1 && (bits / stride) % 2 == 1;
        const auto word = static_cast<std::uint32_t>(bits + (at_random ? random.below(stride) : 0));
        const std::uint32_t magnitude = word & ~oracle::float_sign_bit;
        while (piece < half.breaks.size() && magnitude >= half.breaks[piece].first_float) {
            ++piece;
        }
        std::uint32_t expected = half.codes[piece];
        if (magnitude >= oracle::float_infinity_bits) {
            expected = magnitude == oracle::float_infinity_bits
                           ? (negative ? steps.negative_infinity : steps.positive_infinity)
                           : (negative ? steps.negative_nan : steps.positive_nan);
        }
        const std::uint64_t code = narrowfp::project(F, narrowfp::to_real(std::bit_cast<float>(word)),
                                                     narrowfp::default_rounding(F), narrowfp::overflow_mode::none)
                                       .code;
        part.checks += 1;
        if (code != expected && part.failures++ == 0) {
            part.first_failure = word;
        }
    }
    return part;
}

template <const auto& F>
void sweep_all(tally& t) {
    const auto log2_count = static_cast<int>(count_from_environment("NARROWFP_TEST_SWEEP_LOG2", 22));
    REQUIRE(log2_count <= 32);
    const std::uint64_t stride = all_floats >> log2_count;
    const oracle::step_function steps =
        oracle::breakpoints(oracle_of(F), to_oracle(narrowfp::default_rounding(F)), oracle::overflow::none);
    const auto start = std::chrono::steady_clock::now();
    std::array<sweep_part, 2> parts;
    std::thread negative_half([&] { parts[1] = sweep<F>(steps, all_floats / 2, all_floats, stride); });
    parts[0] = sweep<F>(steps, 0, all_floats / 2, stride);
    negative_half.join();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::uint64_t checks = 0;
    for (const sweep_part& part : parts) {
        checks += part.checks;
        if (part.failures != 0) {
            t.fail(std::string(F.name) + ": " + std::to_string(part.failures) + " floats, the first 0x" +
                   hex(part.first_failure) + reproducer());
        }
    }
    CHECK(checks == std::uint64_t{1} << log2_count);
    t.add(checks);
    std::printf("%s: %llu floats in %.1f s on 2 threads\n", std::string(F.name).c_str(),
                static_cast<unsigned long long>(checks), seconds.count());
}

}  // namespace

TEST_CASE("the scalar core on all floats") {
    tally t("scalar sweep");
    sweep_all<narrowfp::e4m3fn>(t);
    sweep_all<narrowfp::e5m2>(t);
    sweep_all<narrowfp::e4m3fnuz>(t);
    sweep_all<narrowfp::e5m2fnuz>(t);
    sweep_all<narrowfp::hif8>(t);
    t.finish();
}
