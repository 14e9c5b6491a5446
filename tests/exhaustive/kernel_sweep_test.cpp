// SPDX-License-Identifier: Apache-2.0
// The compiled conversion on all 2^32 FP32 numbers: every format of up to 8 bits, every deterministic rounding that it
// defines, every overflow mode, on the target in use. A conversion is a step function: the oracle, which shares no code
// with the library, gives the exact places of its steps, so what is expected of consecutive floats are a few stretches of
// equal codes, written and compared as fast as memory moves. NARROWFP_TEST_KERNEL_SWEEP_LOG2 takes 2^n of the floats, 2^21
// unless set, each with the floats before and after it: they lie 2^(32-n) apart, so values and ties of narrow formats are
// among them. The long run takes all floats.
#include <narrowfp/base/target.hpp>
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>

#include "support/bridge.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp_test;

namespace {

constexpr int log2_run = 17;  // floats in a run: 512 KiB, half of a second-level cache
constexpr std::size_t run_floats = std::size_t{1} << log2_run;

struct conversion {
    narrowfp::any_format format;
    projection how;
    oracle::step_function steps;
    std::atomic<std::uint64_t> failures{0};
    std::atomic<std::uint32_t> a_failure{0};
};

// Codes of the floats first, first + distance and so on, all of one sign.
void expect_codes(const oracle::step_function& steps, std::uint32_t first, std::uint32_t distance,
                  std::span<std::uint8_t> codes) {
    const bool negative = (first & oracle::float_sign_bit) != 0;
    const oracle::half_line& half = negative ? steps.negative : steps.positive;
    const std::uint32_t magnitude = first & ~oracle::float_sign_bit;
    std::size_t done = 0;
    // What lies below the float `end` and has no code yet.
    const auto fill_to = [&](std::uint32_t end, std::uint32_t code) {
        const std::size_t last =
            std::min<std::size_t>(codes.size(), end <= magnitude ? 0 : (end - magnitude - 1) / distance + 1);
        if (last > done) {
            std::memset(codes.data() + done, static_cast<int>(code), last - done);
            done = last;
        }
    };
    for (std::size_t piece = 0; piece < half.breaks.size() && done < codes.size(); ++piece) {
        fill_to(half.breaks[piece].first_float, half.codes[piece]);
    }
    fill_to(oracle::float_infinity_bits, half.codes.back());
    fill_to(oracle::float_infinity_bits + 1, negative ? steps.negative_infinity : steps.positive_infinity);
    fill_to(oracle::float_sign_bit, negative ? steps.negative_nan : steps.positive_nan);
}

// All conversions of run_floats floats from `first` on.
void check_run(std::uint32_t first, std::uint32_t distance, bool count_events,
               std::vector<std::unique_ptr<conversion>>& conversions) {
    thread_local std::vector<std::uint32_t> bits(run_floats);
    thread_local std::vector<float> in(run_floats);
    thread_local std::vector<std::uint8_t> found(run_floats);
    thread_local std::vector<std::uint8_t> expected(run_floats);
    for (std::size_t i = 0; i < run_floats; ++i) {
        bits[i] = first + static_cast<std::uint32_t>(i) * distance;
    }
    std::memcpy(in.data(), bits.data(), run_floats * sizeof(float));
    for (const std::unique_ptr<conversion>& c : conversions) {
        narrowfp::convert(std::span<const float>(in), std::span<std::uint8_t>(found), c->format, c->how.mode,
                          c->how.overflow, {.threads = 1, .count_events = count_events});
        expect_codes(c->steps, first, distance, expected);
        if (std::memcmp(found.data(), expected.data(), run_floats) != 0) {
            for (std::size_t i = 0; i < run_floats; ++i) {
                if (found[i] != expected[i] && c->failures++ == 0) {
                    c->a_failure = bits[i];
                }
            }
        }
    }
}

std::vector<std::unique_ptr<conversion>> conversions_of_narrow_formats() {
    std::vector<std::unique_ptr<conversion>> conversions;
    for (const narrowfp::any_format& format : narrowfp::all_formats) {
        if (narrowfp::code_bits_of(format) > 8) {
            continue;
        }
        for (const projection& p : projections_of(format)) {
            auto c = std::make_unique<conversion>();
            c->format = format;
            c->how = p;
            c->steps = oracle::breakpoints(oracle_of(format), to_oracle(p.mode), to_oracle(p.overflow));
            conversions.push_back(std::move(c));
        }
    }
    return conversions;
}

}  // namespace

TEST_CASE("compiled conversion of all floats into every format of up to 8 bits") {
    const auto log2_count = static_cast<int>(count_from_environment("NARROWFP_TEST_KERNEL_SWEEP_LOG2", 21));
    REQUIRE(log2_count > log2_run);  // no run has both signs
    REQUIRE(log2_count <= 32);
    std::vector<std::unique_ptr<conversion>> conversions = conversions_of_narrow_formats();
    REQUIRE(!conversions.empty());
    const std::uint64_t runs = std::uint64_t{1} << (log2_count - log2_run);
    const std::uint32_t distance = std::uint32_t{1} << (32 - log2_count);
    std::vector<std::uint32_t> offsets{0};
    if (distance > 1) {
        offsets = {0, 1, distance - 1};
    }
    const auto start = std::chrono::steady_clock::now();
    std::atomic<std::uint64_t> next{0};
    const auto work = [&] {
        for (std::uint64_t run = next++; run < runs; run = next++) {
            for (const std::uint32_t offset : offsets) {
                check_run(static_cast<std::uint32_t>(run * distance * run_floats) + offset, distance, run % 2 == 0,
                          conversions);
            }
        }
    };
    std::thread second(work);
    work();
    second.join();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

    const std::uint64_t floats = runs * run_floats * offsets.size();
    tally t("compiled conversion, target " + std::string(narrowfp::name_of(narrowfp::active_target())));
    for (const std::unique_ptr<conversion>& c : conversions) {
        t.add(floats);
        if (c->failures != 0) {
            t.fail(std::string(narrowfp::name_of(c->format)) + " " + name_of(c->how) + ": " +
                   std::to_string(c->failures) + " floats, one of them 0x" + hex(c->a_failure));
        }
    }
    std::printf("%zu conversions of %llu floats each in %.1f s on 2 threads\n", conversions.size(),
                static_cast<unsigned long long>(floats), seconds.count());
    t.finish();
}
