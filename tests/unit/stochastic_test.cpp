// SPDX-License-Identifier: Apache-2.0
// Stochastic rounding: the exact probability of each outcome, by counting over all random bits for every pattern of
// discarded bits; single results against the oracle's thresholds; the numbering of the random bits.
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <thread>

#include "support/bridge.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp;
using namespace narrowfp_test;

namespace {

constexpr std::array modes{rounding::stochastic_a, rounding::stochastic_b, rounding::stochastic_c};

// How many of the 2^n values of R round up, for nu = pattern / 2^width (plus a little, if sticky).
std::uint64_t expected_ups(rounding mode, int n, std::uint64_t pattern, int width, bool sticky) {
    const int below = width - n;
    const std::uint64_t kept = pattern >> below;  // floor(nu * 2^n)
    if (mode == rounding::stochastic_a) {
        return kept;
    }
    if (mode == rounding::stochastic_b) {  // the R with 2 R >= 2^(n+1) - 1 - floor(nu * 2^(n+1))
        return ((pattern >> (below - 1)) + 1) / 2;
    }
    const std::uint64_t rest = pattern - (kept << below);
    const std::uint64_t half = std::uint64_t{1} << (below - 1);
    return kept + (rest > half || (rest == half && (sticky || kept % 2 == 1)) ? 1 : 0);
}

// Every gap between neighbours of the format, every pattern of n + 3 discarded bits, with and without more behind them,
// every R. Where the upper neighbour is beyond the range, it is what overflow gives.
void check_probabilities(const any_format& format, int largest_n, tally& t) {
    const oracle::format& f = oracle_of(format);
    for (std::size_t rank = 0; rank < f.magnitudes.size(); ++rank) {
        const bool last = rank + 1 == f.magnitudes.size();
        const oracle::dyadic upper_value = last ? f.beyond_max_value : f.magnitudes[rank + 1].value;
        const auto number = [](const oracle::dyadic& d) {
            return std::ldexp(static_cast<double>(d.significand), d.exponent);
        };
        const double lower = number(f.magnitudes[rank].value);
        const double gap = number(upper_value) - lower;
        const std::uint32_t lower_code = f.magnitudes[rank].code;
        const std::uint32_t upper_code =
            last ? oracle::round_exact(f, upper_value, oracle::stochastic::a, 1, 0, oracle::overflow::none)
                 : f.magnitudes[rank + 1].code;
        for (const rounding mode : modes) {
            for (int n = 1; n <= largest_n; ++n) {
                const int width = n + 3;
                for (std::uint64_t pattern = 0; pattern >> width == 0; ++pattern) {
                    for (const bool sticky : {false, true}) {
                        const double tail = sticky ? 0x1p-30 : 0.0;  // of a gap; double holds it
                        const real x = to_real(lower + gap * (std::ldexp(static_cast<double>(pattern), -width) + tail));
                        std::uint64_t ups = 0;
                        std::uint64_t downs = 0;
                        for (std::uint32_t random = 0; random >> n == 0; ++random) {
                            const projected p = project(format, x, {mode, n}, random, overflow_mode::none);
                            const bool up = last ? p.overflowed : p.code == upper_code;
                            ups += up && p.code == upper_code;
                            downs += !up && p.code == lower_code;
                        }
                        const std::uint64_t expected = expected_ups(mode, n, pattern, width, sticky);
                        t.expect(ups == expected && ups + downs == std::uint64_t{1} << n, [&] {
                            return f.name + " " + name_of(rounding_rule(mode, n)) + " above code " +
                                   hex(lower_code, 2) + ", discarded " + hex(pattern, 3) + (sticky ? "+" : "") +
                                   ": up " + std::to_string(ups) + " and down " + std::to_string(downs) +
                                   " times, expected up " + std::to_string(expected);
                        });
                    }
                }
            }
        }
    }
}

oracle::stochastic to_oracle_stochastic(rounding mode) {
    return oracle::all_stochastic[static_cast<std::size_t>(mode) - static_cast<std::size_t>(rounding::stochastic_a)];
}

}  // namespace

TEST_CASE("the probability of each outcome is exact") {
    tally t("probabilities of outcomes");
    check_probabilities(e2m1fn, 7, t);
    check_probabilities(binary4p2sf, 7, t);
    for (const any_format& format :
         {any_format{e4m3fn}, any_format{e5m2}, any_format{e4m3fnuz}, any_format{binary8p3se}, any_format{hif8}}) {
        check_probabilities(format, 4, t);
    }
    t.finish();
}

TEST_CASE("A rounds toward zero on average and B and C do not") {
    for (int n = 1; n <= 6; ++n) {
        const int width = n + 8;
        const double patterns = std::ldexp(1.0, width);
        double mean[3] = {0, 0, 0};
        for (std::uint64_t pattern = 0; pattern >> width == 0; ++pattern) {
            const real x = to_real(1.0 + std::ldexp(static_cast<double>(pattern), -width - 3));
            for (std::size_t m = 0; m < modes.size(); ++m) {
                for (std::uint32_t random = 0; random >> n == 0; ++random) {
                    mean[m] += project(e4m3fn, x, {modes[m], n}, random, overflow_mode::none).code == 0x39;
                }
            }
        }
        const double mean_position = 0.5 - std::ldexp(1.0, -width - 1);  // of pattern / 2^width
        for (double& m : mean) {
            m = m / patterns / std::ldexp(1.0, n) - mean_position;
        }
        CHECK(mean[0] == -std::ldexp(1.0, -n - 1) + std::ldexp(1.0, -width - 1));
        CHECK(mean[1] == std::ldexp(1.0, -width - 1));
        CHECK(mean[2] == 0);
    }
}

TEST_CASE("every format at every boundary for many numbers of random bits against the oracle") {
    random_bits random(run_seed() + 40);
    tally t("stochastic rounding against the oracle");
    const std::uint64_t most =
        count_from_environment("NARROWFP_TEST_STOCHASTIC", 300);  // inputs of one format and mode
    for (const any_format& format : formats_to_prove()) {
        const oracle::format& f = oracle_of(format);
        const std::vector<std::uint32_t> floats = oracle::interesting_floats(f);
        const std::vector<std::uint64_t> doubles = oracle::interesting_doubles(f);
        for (const rounding mode : modes) {
            for (const auto& [overflow, overflow_name] : overflow_mode_names) {
                for (std::uint64_t i = 0; i < most; ++i) {
                    const int n = random.between(1, 32);
                    const auto draw = static_cast<std::uint32_t>(random.next() >> (64 - n));
                    // The ends of the range of R decide about values next to their neighbours.
                    const std::uint32_t r = i % 8 == 0 ? 0 : i % 8 == 1 ? ~0U >> (32 - n) : draw;
                    std::uint32_t bits = floats[random.below(floats.size())];
                    bits = i % 4 == 3 ? bits ^ (random.word() >> 12) : bits;  // also away from the boundaries
                    const std::uint64_t wide = doubles[random.below(doubles.size())];
                    const auto found =
                        project(format, to_real(std::bit_cast<float>(bits)), {mode, n}, r, overflow).code;
                    const auto found_wide =
                        project(format, to_real(std::bit_cast<double>(wide)), {mode, n}, r, overflow).code;
                    const oracle::stochastic s = to_oracle_stochastic(mode);
                    const std::string what = f.name + " " + name_of(rounding_rule(mode, n)) + " R " + hex(r) + " " +
                                             std::string(overflow_name) + reproducer() + " 0x";
                    t.expect_equal(found, oracle::round_float_bits(f, bits, s, n, r, to_oracle(overflow)),
                                   what + hex(bits));
                    t.expect_equal(found_wide, oracle::round_double_bits(f, wide, s, n, r, to_oracle(overflow)),
                                   what + hex(wide, 16));
                }
            }
        }
    }
    t.finish();
}

TEST_CASE("an element's random bits follow from its index") {
    const philox_stream stream{.seed = 3, .tensor = 5};
    for (std::uint64_t index :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{63}, (std::uint64_t{1} << 40) + 13}) {
        for (int n = 1; n <= 32; ++n) {
            const std::uint64_t elements = n > 16 ? 4 : n > 8 ? 8 : 16;  // of one block
            const std::uint64_t counter = index / elements;
            const philox_block block = philox4x32(
                {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0}, {3, 5});
            const auto place = static_cast<std::size_t>(index % elements);
            std::uint32_t unit = 0;
            if (n > 16) {
                unit = block[place];
            } else if (n > 8) {
                unit = place % 2 == 0 ? block[place / 2] & 0xFFFF : block[place / 2] >> 16;
            } else {
                unit = block[place / 4] >> (8 * (place % 4)) & 0xFF;
            }
            CHECK(stream.bits(index, n) == unit % (std::uint64_t{1} << n));
        }
    }
}

TEST_CASE("conversion by parts in any order and by threads gives the bits of the whole") {
    std::vector<float> in(10007);
    random_bits random(run_seed() + 41);
    for (float& x : in) {
        x = random.finite(-12, 9);
    }
    const philox_stream stream{.seed = 11, .tensor = 2};
    const std::span<const float> source(in);
    for (const int n : {1, 8, 13, 16, 20, 32}) {
        const rounding_rule rule{rounding::stochastic_b, n};
        std::vector<std::uint8_t> whole(in.size());
        const event_counts counts =
            convert(source, std::span<std::uint8_t>(whole), e4m3fn, rule, stream, overflow_mode::saturate_finite);
        std::vector<std::uint8_t> parts(in.size());
        const std::array<std::size_t, 5> ends{0, 1, 4099, 7001, in.size()};
        std::array<event_counts, 4> part_counts;
        std::vector<std::thread> workers;
        for (const std::size_t part : {2u, 0u, 3u, 1u}) {
            workers.emplace_back([&, part] {
                const std::size_t first = ends[part];
                const std::size_t count = ends[part + 1] - first;
                part_counts[part] = convert(source.subspan(first, count), std::span(parts).subspan(first, count),
                                            e4m3fn, rule, stream, overflow_mode::saturate_finite, first);
            });
        }
        event_counts sum;
        for (std::size_t i = 0; i < workers.size(); ++i) {
            workers[i].join();
        }
        for (const event_counts& c : part_counts) {
            sum += c;
        }
        CHECK(parts == whole);
        CHECK(sum == counts);
        std::vector<float8_e4m3fn> values(in.size());
        convert(source, std::span<float8_e4m3fn>(values), rule, stream, overflow_mode::saturate_finite);
        std::size_t equal = 0;
        for (std::size_t i = 0; i < in.size(); ++i) {
            equal += values[i].bits() == whole[i];
        }
        CHECK(equal == in.size());
        std::vector<std::uint8_t> other(in.size());
        convert(source, std::span<std::uint8_t>(other), e4m3fn, rule, {.seed = 11, .tensor = 3},
                overflow_mode::saturate_finite);
        CHECK(other != whole);
    }
}

TEST_CASE("rules that make no sense are refused by name") {
    const std::vector<float> in(1, 1.0f);
    std::vector<std::uint8_t> out(1);
    const std::span<const float> source(in);
    const std::span<std::uint8_t> codes(out);
    CHECK_THROWS_WITH_AS(convert(source, codes, e4m3fn, rounding::stochastic_a, overflow_mode::none),
                         "rounding stochastic_a needs 1 to 32 random bits an element, found 0", std::invalid_argument);
    CHECK_THROWS_WITH_AS(convert(source, codes, e4m3fn, {rounding::stochastic_c, 33}, {}, overflow_mode::none),
                         "rounding stochastic_c needs 1 to 32 random bits an element, found 33", std::invalid_argument);
    CHECK_THROWS_WITH_AS(convert(source, codes, e4m3fn, {rounding::to_odd, 4}, {}, overflow_mode::none),
                         "rounding to_odd takes no random bits, found 4", std::invalid_argument);
    CHECK_THROWS_WITH_AS(round_to<e4m3fn>(1.1f, {rounding::stochastic_a, 3}, 8, overflow_mode::none),
                         "round_to: 8 has more than 3 random bits", std::invalid_argument);
    CHECK_NOTHROW(convert(source, codes, hif8, {rounding::stochastic_a, 32}, {}, overflow_mode::none));
    CHECK(rounding_by_name("stochastic_b") == rounding::stochastic_b);
    CHECK(name_of(rounding_rule(rounding::stochastic_a, 8)) == "stochastic_a(8)");
    CHECK(name_of(rounding_rule(rounding::to_odd)) == "to_odd");
    static_assert(round_to<e4m3fn>(1.0625f, {rounding::stochastic_a, 1}, 1, overflow_mode::none).bits() == 0x39);
    static_assert(round_to<e4m3fn>(1.0625f, {rounding::stochastic_a, 1}, 0, overflow_mode::none).bits() == 0x38);
}

TEST_CASE("stochastic overflow is decided after the rounding") {
    // 464 is halfway between 448 and the next value if the exponent had no bound.
    const rounding_rule one_bit{rounding::stochastic_a, 1};
    CHECK(round_to<e4m3fn>(464.0f, one_bit, 0, overflow_mode::none).bits() == 0x7E);
    CHECK(round_to<e4m3fn>(464.0f, one_bit, 1, overflow_mode::none).bits() == 0x7F);
    CHECK(round_to<e4m3fn>(464.0f, one_bit, 1, overflow_mode::saturate_finite).bits() == 0x7E);
    CHECK(round_to<e4m3fn>(480.0f, one_bit, 0, overflow_mode::none).bits() == 0x7F);
    CHECK(round_to<e5m2>(61440.0f, one_bit, 1, overflow_mode::none).bits() == 0x7C);
    // Subnormal results are rounded by their own position, not to nearest: 2^-10 is half of the smallest value.
    CHECK(round_to<e4m3fn>(0x1p-10f, one_bit, 1, overflow_mode::none).bits() == 0x01);
    CHECK(round_to<e4m3fn>(0x1p-10f, one_bit, 0, overflow_mode::none).bits() == 0x00);
    CHECK(round_to<e4m3fn>(-0x1p-10f, one_bit, 1, overflow_mode::none).bits() == 0x81);
    // A number far below the smallest value needs as many random bits as it lies binades below to have a chance.
    CHECK(round_to<e4m3fn>(0x1p-13f, {rounding::stochastic_a, 4}, 15, overflow_mode::none).bits() == 0x01);
    CHECK(round_to<e4m3fn>(0x1p-13f, {rounding::stochastic_a, 3}, 7, overflow_mode::none).bits() == 0x00);
}
