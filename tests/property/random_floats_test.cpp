// SPDX-License-Identifier: Apache-2.0
// Floats with uniformly random bits (every fourth with a short fraction) and doubles into every format under every
// rounding and overflow mode, against the oracle; and monotonicity. NARROWFP_TEST_FLOATS sets the number of floats
// (2^20 unless set).
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdio>

#include "support/bridge.hpp"

using namespace narrowfp_test;

TEST_CASE("floats with random bits into every format") {
    const std::uint64_t count = count_from_environment("NARROWFP_TEST_FLOATS", 1U << 20);
    std::printf("%llu floats, seed %llu\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(run_seed()));
    random_bits random(run_seed());
    std::vector<std::uint32_t> bits(count);
    for (std::size_t i = 0; i < bits.size(); ++i) {
        bits[i] = random.word();
        if (i % 4 == 3) {  // short fractions: values and ties of the formats, which uniform bits hardly ever hit
            bits[i] &= ~std::uint32_t{0} << random.below(24);
        }
    }
    tally t("random floats");
    for (const narrowfp::any_format& format : narrowfp::all_formats) {
        // Without a step function the oracle is slow; f32 is the identity but for NaN and saturation.
        const bool slow = !oracle_of(format).enumerated;
        const std::span<const std::uint32_t> part(bits.data(), slow ? bits.size() / 64 : bits.size());
        for (const projection& p : projections_of(format)) {
            check_floats(format, p, expected_codes(format, p), part, t);
        }
    }
    t.finish();
}

// Uniform bits of doubles are mostly out of every range, so the exponents are drawn around those of the formats.
TEST_CASE("doubles with random fractions into every format") {
    random_bits random(run_seed() + 1);
    std::vector<std::uint64_t> bits(1U << 14);
    for (std::uint64_t& b : bits) {
        const auto field = static_cast<std::uint64_t>(1023 + random.between(-160, 135));
        b = (random.next() & 0x800FFFFFFFFFFFFFU) | field << 52;
    }
    tally t("random doubles");
    for (const narrowfp::any_format& format : narrowfp::all_formats) {
        for (const projection& p : projections_of(format)) {
            check_doubles(format, p, expected_codes(format, p), bits, t);
        }
    }
    t.finish();
}

TEST_CASE("a larger float never gets a smaller value") {
    random_bits random(run_seed() + 2);
    std::vector<float> values;
    while (values.size() < 100000) {
        const float x = random.finite(-140 + 14, 127);
        values.push_back(x);
        values.push_back(random.finite(-12, 18));  // where the narrow formats live
    }
    std::sort(values.begin(), values.end());
    std::vector<std::uint32_t> codes(values.size());
    std::vector<float> decoded(values.size());
    tally t("monotonicity");
    for (const narrowfp::any_format& format : narrowfp::all_formats) {
        for (const projection& p : projections_of(format)) {
            if (p.overflow == narrowfp::overflow_mode::none) {
                continue;  // NaN has no order
            }
            narrowfp::convert(std::span<const float>(values), std::span<std::uint32_t>(codes), format, p.mode,
                              p.overflow);
            narrowfp::decode(std::span<const std::uint32_t>(codes), format, std::span<float>(decoded));
            for (std::size_t i = 1; i < values.size(); ++i) {
                t.expect(decoded[i - 1] <= decoded[i], [&] {
                    return std::string(narrowfp::name_of(format)) + " " + name_of(p) + ": inputs 0x" +
                           hex(std::bit_cast<std::uint32_t>(values[i - 1])) + " and 0x" +
                           hex(std::bit_cast<std::uint32_t>(values[i])) + reproducer();
                });
            }
        }
    }
    t.finish();
}
