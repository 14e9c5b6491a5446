// SPDX-License-Identifier: Apache-2.0
// The compiled conversions give the bits and the counts of the reference: every format, rounding and overflow mode, on
// every target, at odd lengths and offsets, with any number of threads, whatever the caller has set in MXCSR.
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "support/bridge.hpp"
#include "support/forced_target.hpp"
#include "support/hostile_environment.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

// Edges of the format, and random floats: any bits, near the format's range, all the same kind in long stretches.
std::vector<float> inputs_for(const any_format& format, random_bits& random, std::size_t count) {
    std::vector<float> in;
    for (const std::uint32_t bits : narrowfp_oracle::interesting_floats(oracle_of(format))) {
        in.push_back(std::bit_cast<float>(bits));
        if (in.size() == count / 2) {
            break;
        }
    }
    const int top = to_real(max_finite(format)).floor_log2();
    while (in.size() < count) {
        for (int i = 0; i < 100; ++i) {
            in.push_back(random.finite(std::max(-126, top - 18), std::min(127, top - 1)));
        }
        for (int i = 0; i < 30; ++i) {
            in.push_back(std::bit_cast<float>(random.word()));
        }
    }
    in.resize(count);
    return in;
}

// Rules that the format defines: all deterministic ones, and stochastic ones of several widths.
std::vector<rounding_rule> rules_of(const any_format& format) {
    std::vector<rounding_rule> rules;
    for (const auto& [mode, name] : rounding_names) {
        if (mode == rounding::ties_to_away ||
            !std::visit([](const auto& f) { return f.only_ties_to_away(); }, format)) {
            rules.push_back(mode);
        }
    }
    for (const int bits : {1, 7, 8, 9, 16, 17, 32}) {
        rules.push_back({rounding::stochastic_a, bits});
    }
    rules.push_back({rounding::stochastic_b, 8});
    rules.push_back({rounding::stochastic_b, 16});
    rules.push_back({rounding::stochastic_c, 8});
    rules.push_back({rounding::stochastic_c, 16});
    return rules;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <class Float, class Code>
void expect_same(const any_format& format, const rounding_rule& rule, overflow_mode overflow, std::span<const Float> in,
                 std::uint64_t first, int threads, const std::string& where, tally& t) {
    const philox_stream stream{.seed = 5, .tensor = 6};
    const options how{.threads = threads};
    std::vector<Code> expected(in.size());
    std::vector<Code> found(in.size());
    const event_counts counts = convert_reference(in, std::span<Code>(expected), format, rule, stream, overflow, first);
    const event_counts counted = convert(in, std::span<Code>(found), format, rule, stream, overflow, first, how);
    const auto what = [&](const char* which) {
        return std::string(name_of(format)) + ", " + narrowfp::name_of(rule) + ", " +
               std::string(narrowfp::name_of(overflow)) + ", " + std::to_string(in.size()) + " elements, " +
               std::to_string(threads) + " threads, " + where + ": " + which + reproducer();
    };
    t.expect(same_bits(found, expected), [&] {
        std::size_t i = 0;
        while (found[i] == expected[i]) {
            ++i;
        }
        return what("codes") + ", element " + std::to_string(i) + ": found " + hex(found[i]) + ", expected " +
               hex(expected[i]);
    });
    t.expect(counted == counts, [&] { return what("counts"); });
    const event_counts uncounted = convert(in, std::span<Code>(found), format, rule, stream, overflow, first,
                                           {.threads = threads, .count_events = false});
    t.expect(same_bits(found, expected) && uncounted == event_counts{.elements = in.size()},
             [&] { return what("without counting"); });

    std::vector<float> values(in.size());
    std::vector<float> rounded(in.size());
    std::vector<float> decoded(in.size());
    round_to_format_reference(in, std::span<float>(values), format, rule, stream, overflow, first);
    const event_counts again =
        round_to_format(in, std::span<float>(rounded), format, rule, stream, overflow, first, how);
    t.expect(same_bits(rounded, values) && again == counts, [&] { return what("float storage"); });
    decode(std::span<const Code>(expected), format, std::span<float>(decoded), how);
    t.expect(same_bits(decoded, values), [&] { return what("decode"); });
}

template <class Float>
void expect_same(const any_format& format, const rounding_rule& rule, overflow_mode overflow, std::span<const Float> in,
                 std::uint64_t first, int threads, const std::string& where, tally& t) {
    if (code_bits_of(format) <= 8) {
        expect_same<Float, std::uint8_t>(format, rule, overflow, in, first, threads, where, t);
    } else if (code_bits_of(format) <= 16) {
        expect_same<Float, std::uint16_t>(format, rule, overflow, in, first, threads, where, t);
    } else {
        expect_same<Float, std::uint32_t>(format, rule, overflow, in, first, threads, where, t);
    }
}

constexpr overflow_mode all_overflows[] = {overflow_mode::none, overflow_mode::saturate_finite,
                                           overflow_mode::saturate_propagate};

}  // namespace

TEST_CASE("conversions equal the reference on every target at odd lengths and offsets") {
    for (const target_info& target : targets_here()) {
        const forced_target forced(std::string(target.name).c_str());
        tally t("conversions against the reference, target " + std::string(target.name));
        random_bits random(run_seed());
        for (const any_format& format : all_formats) {
            const std::vector<float> in = inputs_for(format, random, 1500);
            std::vector<double> doubles;
            for (const float x : in) {
                const auto wiggle = static_cast<double>(static_cast<std::int32_t>(random.word())) * 0x1p-60;
                doubles.push_back(random.below(3) == 0 ? double{x} : double{x} * (1 + wiggle));
            }
            for (const std::uint64_t bits :
                 {std::uint64_t{0x7FF0000000000001U}, std::uint64_t{0xFFF8000000000000U},
                  std::uint64_t{0x7FEFFFFFFFFFFFFFU}, std::uint64_t{1}, std::uint64_t{0xC7F0000000000000U}}) {
                doubles.push_back(std::bit_cast<double>(bits));
            }
            for (const rounding_rule& rule : rules_of(format)) {
                for (const overflow_mode overflow : all_overflows) {
                    const std::span<const float> all(in);
                    expect_same(format, rule, overflow, all, 0, 1, "floats", t);
                    const std::size_t offset = random.below(700);
                    const std::size_t length = random.below(800);
                    expect_same(format, rule, overflow, all.subspan(offset, length), offset, 1, "a part", t);
                    expect_same(format, rule, overflow, std::span<const double>(doubles), 3, 1, "doubles", t);
                }
            }
            for (const unsigned length : {0U, 1U, 15U, 16U, 17U, 63U, 64U, 65U, 255U, 256U, 257U}) {
                expect_same(format, default_rounding(format), overflow_mode::none,
                            std::span<const float>(in).subspan(1, length), 1, 1, "short", t);
            }
        }
        t.finish();
    }
}

TEST_CASE("the number of threads and the environment of the caller change no bit of a conversion") {
    for (const target_info& target : targets_here()) {
        const forced_target forced(std::string(target.name).c_str());
        tally t("threads and environments, target " + std::string(target.name));
        random_bits random(run_seed() + 1);
        for (const any_format& format : {any_format{e4m3fn}, any_format{hif8}, any_format{bf16}, any_format{e2m1fn}}) {
            const std::vector<float> in = inputs_for(format, random, 3 * 32768 + 77);
            for (const rounding_rule& rule :
                 {rounding_rule(default_rounding(format)), rounding_rule(rounding::stochastic_a, 8)}) {
                for (const int threads : {1, 2, 3}) {
                    expect_same(format, rule, overflow_mode::saturate_finite, std::span<const float>(in), 7, threads,
                                "threads", t);
                }
                for (const unsigned setting : hostile_settings) {
                    const auto compare = [&] {
                        expect_same(format, rule, overflow_mode::none, std::span<const float>(in).first(40000), 7, 2,
                                    "MXCSR " + hex(setting, 4), t);
                        return 0;
                    };
                    under(setting, compare);
                }
            }
        }
        t.finish();
    }
}

namespace {

// Outputs that go past the caches, from several places in a cache line.
template <class Code>
void expect_same_past_caches(const any_format& format, std::span<const float> in, tally& t) {
    const rounding_rule rule = default_rounding(format);
    const overflow_mode overflow = overflow_mode::none;
    const auto what = [&](const char* which, std::size_t offset, int threads) {
        return std::string(name_of(format)) + ": " + which + " at " + std::to_string(offset) + ", " +
               std::to_string(threads) + " threads" + reproducer();
    };
    std::vector<Code> expected(in.size());
    std::vector<float> values(in.size());
    const event_counts counts = convert_reference(in, std::span<Code>(expected), format, rule, {}, overflow, 0);
    decode_reference(std::span<const Code>(expected), format, std::span<float>(values));
    std::vector<Code> codes(in.size() + 64);
    std::vector<float> rounded(in.size() + 64);
    for (const std::size_t offset : {0U, 1U, 12U, 48U, 63U}) {
        for (const int threads : {1, 2}) {
            const auto found = std::span<Code>(codes).subspan(offset, in.size());
            const auto floats = std::span<float>(rounded).subspan(offset, in.size());
            const event_counts counted = convert(in, found, format, rule, {}, overflow, 0, {.threads = threads});
            t.expect(std::memcmp(found.data(), expected.data(), found.size_bytes()) == 0 && counted == counts,
                     [&] { return what("codes", offset, threads); });
            const event_counts again = round_to_format(in, floats, format, rule, {}, overflow, 0, {.threads = threads});
            t.expect(std::memcmp(floats.data(), values.data(), floats.size_bytes()) == 0 && again == counts,
                     [&] { return what("float storage", offset, threads); });
            std::fill(floats.begin(), floats.end(), 0.0f);
            decode(std::span<const Code>(found), format, floats, {.threads = threads});
            t.expect(std::memcmp(floats.data(), values.data(), floats.size_bytes()) == 0,
                     [&] { return what("decode", offset, threads); });
        }
    }
}

}  // namespace

TEST_CASE("large conversions past the caches equal the reference wherever the output begins") {
    random_bits random(run_seed() + 2);
    constexpr std::size_t count = (std::size_t{9} << 20) + 13;
    std::vector<float> in(count);
    for (std::size_t i = 0; i < count; ++i) {
        in[i] = i % 1000 == 0 ? std::bit_cast<float>(random.word()) : random.finite(-12, 9);
    }
    tally t("large conversions");
    expect_same_past_caches<std::uint8_t>(e4m3fn, in, t);
    expect_same_past_caches<std::uint8_t>(hif8, in, t);
    expect_same_past_caches<std::uint16_t>(bf16, in, t);
    expect_same_past_caches<std::uint16_t>(f16, in, t);
    t.finish();
}
