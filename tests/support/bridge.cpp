// SPDX-License-Identifier: Apache-2.0
#include "support/bridge.hpp"

#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>

namespace narrowfp_test {

namespace oracle = narrowfp_oracle;

void tally::fail(const std::string& text) {
    constexpr std::uint64_t shown = 5;
    if (++failures_ <= shown) {
        FAIL_CHECK(subject_ << ": " << text);
    }
}

void tally::expect_equal(std::uint64_t found, std::uint64_t expected, const std::string& what) {
    expect(found == expected, [&] {
        return what + ": found " + std::to_string(found) + " (0x" + hex(found) + "), expected " +
               std::to_string(expected) + " (0x" + hex(expected) + ")";
    });
}

void tally::finish() {
    std::printf("%s: %llu checks, %llu failed\n", subject_.c_str(), static_cast<unsigned long long>(checks_),
                static_cast<unsigned long long>(failures_));
    CHECK_MESSAGE(checks_ > 0, subject_ << ": nothing was checked");
    CHECK_MESSAGE(failures_ == 0, subject_ << ": " << failures_ << " of " << checks_ << " checks failed");
}

float random_bits::finite(int lowest, int highest) {
    const int exponent = between(lowest, highest);
    const std::uint32_t bits = word();
    if (exponent < -126) {  // subnormal: the first bit is one of the fraction field's
        const std::uint32_t significand = (bits & 0x7FFFFFU) | 0x800000U;
        return std::bit_cast<float>((bits & 0x80000000U) | significand >> (-126 - exponent));
    }
    return std::bit_cast<float>((bits & 0x807FFFFFU) | static_cast<std::uint32_t>(exponent + 127) << 23);
}

std::uint64_t count_from_environment(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

std::uint64_t run_seed() { return count_from_environment("NARROWFP_TEST_SEED", 20260626); }

std::string reproducer() { return " [reproduce with NARROWFP_TEST_SEED=" + std::to_string(run_seed()) + "]"; }

std::string hex(std::uint64_t value, int digits) {
    char text[24];
    std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(value));
    return text;
}

oracle::rounding to_oracle(narrowfp::rounding mode) {
    switch (mode) {
        case narrowfp::rounding::ties_to_even: return oracle::rounding::ties_to_even;
        case narrowfp::rounding::ties_to_away: return oracle::rounding::ties_to_away;
        case narrowfp::rounding::toward_zero: return oracle::rounding::toward_zero;
        case narrowfp::rounding::toward_positive: return oracle::rounding::toward_positive;
        case narrowfp::rounding::toward_negative: return oracle::rounding::toward_negative;
        case narrowfp::rounding::to_odd: return oracle::rounding::to_odd;
        default: throw std::invalid_argument("not a deterministic rounding");
    }
}

oracle::overflow to_oracle(narrowfp::overflow_mode mode) {
    switch (mode) {
        case narrowfp::overflow_mode::none: return oracle::overflow::none;
        case narrowfp::overflow_mode::saturate_finite: return oracle::overflow::saturate_finite;
        case narrowfp::overflow_mode::saturate_propagate: return oracle::overflow::saturate_propagate;
    }
    throw std::invalid_argument("not an overflow mode");
}

const oracle::format& oracle_of(const narrowfp::any_format& format) {
    return oracle::find_format(narrowfp::name_of(format));
}

const std::vector<narrowfp::any_format>& formats_to_prove() {
    static const std::vector<narrowfp::any_format> formats = [] {
        std::vector<narrowfp::any_format> all(narrowfp::all_formats.begin(), narrowfp::all_formats.end());
        for (const int k : {8, 4}) {
            for (const std::string& name : narrowfp::p3109_names(k)) {
                const narrowfp::any_format format = *narrowfp::find_p3109(name);
                if (std::find(all.begin(), all.end(), format) == all.end()) {
                    all.push_back(format);
                }
            }
        }
        return all;
    }();
    return formats;
}

std::string name_of(const projection& p) {
    return std::string(narrowfp::name_of(p.mode)) + " " + std::string(narrowfp::name_of(p.overflow));
}

std::vector<projection> projections_of(const narrowfp::any_format& format) {
    std::vector<projection> all;
    for (const auto& [mode, mode_name] : narrowfp::rounding_names) {
        for (const auto& [overflow, overflow_name] : narrowfp::overflow_mode_names) {
            if (oracle::is_defined(oracle_of(format), to_oracle(mode))) {
                all.push_back({mode, overflow});
            }
        }
    }
    return all;
}

expected_codes::expected_codes(const narrowfp::any_format& format, const projection& p)
    : format_(&oracle_of(format)), projection_(p) {
    if (format_->enumerated) {
        steps_ = oracle::breakpoints(*format_, to_oracle(p.mode), to_oracle(p.overflow));
    }
}

std::uint32_t expected_codes::of_float(std::uint32_t bits) const {
    return steps_
               ? oracle::lookup(*steps_, bits)
               : oracle::round_float_bits(*format_, bits, to_oracle(projection_.mode), to_oracle(projection_.overflow));
}

std::uint32_t expected_codes::of_double(std::uint64_t bits) const {
    if (steps_ && (bits & ~oracle::double_sign_bit) < oracle::double_infinity_bits) {
        return oracle::lookup_exact(*steps_, oracle::value_of_double_bits(bits));
    }
    return oracle::round_double_bits(*format_, bits, to_oracle(projection_.mode), to_oracle(projection_.overflow));
}

namespace {

template <class Float, class Bits>
std::vector<Float> from_bits(std::span<const Bits> bits) {
    std::vector<Float> values(bits.size());
    for (std::size_t i = 0; i < bits.size(); ++i) {
        values[i] = std::bit_cast<Float>(bits[i]);
    }
    return values;
}

template <class Float, class Bits, class Expected>
void check_conversion(const narrowfp::any_format& format, const projection& p, std::span<const Bits> bits,
                      Expected expected, tally& t) {
    const std::vector<Float> in = from_bits<Float>(bits);
    std::vector<std::uint32_t> out(bits.size());
    std::vector<std::uint32_t> reference(bits.size());
    narrowfp::convert(std::span<const Float>(in), std::span<std::uint32_t>(out), format, p.mode, p.overflow);
    narrowfp::convert_reference(std::span<const Float>(in), std::span<std::uint32_t>(reference), format, p.mode,
                                p.overflow);
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const std::uint32_t code = expected(bits[i]);
        if (out[i] != code || reference[i] != code) {
            t.fail("0x" + hex(bits[i], 2 * sizeof(Bits)) + " to " + std::string(narrowfp::name_of(format)) + " " +
                   name_of(p) + ": found code " + hex(out[i], 2) + " (reference " + hex(reference[i], 2) +
                   "), expected " + hex(code, 2) + reproducer());
        }
    }
    t.add(bits.size());
}

}  // namespace

void check_floats(const narrowfp::any_format& format, const projection& p, const expected_codes& expected,
                  std::span<const std::uint32_t> bits, tally& t) {
    check_conversion<float>(
        format, p, bits, [&](std::uint32_t b) { return expected.of_float(b); }, t);
}

void check_doubles(const narrowfp::any_format& format, const projection& p, const expected_codes& expected,
                   std::span<const std::uint64_t> bits, tally& t) {
    check_conversion<double>(
        format, p, bits, [&](std::uint64_t b) { return expected.of_double(b); }, t);
}

namespace {

// Whether a finite number rounds beyond the largest finite value when the exponent has no upper bound.
bool rounds_beyond(const oracle::format& f, const oracle::dyadic& x, narrowfp::rounding mode) {
    using narrowfp::rounding;
    const bool max_is_odd = (f.max_code >> f.code_shift) % 2 == 1;
    const bool at_least_next = oracle::compare_magnitudes(x, f.beyond_max_value) >= 0;
    const bool above_max = oracle::compare_magnitudes(x, f.max_value) > 0;
    const auto side = oracle::compare_magnitudes(x, oracle::midpoint_of_magnitudes(f.max_value, f.beyond_max_value));
    switch (mode) {
        case rounding::ties_to_even: return side > 0 || (side == 0 && max_is_odd);
        case rounding::ties_to_away: return side >= 0;
        case rounding::toward_zero: return at_least_next;
        case rounding::toward_positive: return x.negative ? at_least_next : above_max;
        case rounding::toward_negative: return x.negative ? above_max : at_least_next;
        case rounding::to_odd: return max_is_odd ? at_least_next : above_max;
        default: return false;
    }
}

narrowfp::event_counts expected_events(const oracle::format& f, const projection& p, std::uint32_t bits,
                                       std::uint32_t code) {
    narrowfp::event_counts e;
    e.elements = 1;
    const oracle::code_value result = oracle::value_of(f, code);
    const bool finite_result = result.kind == oracle::value_class::finite;
    const std::uint32_t magnitude = bits & ~oracle::float_sign_bit;
    const bool negative = bits != magnitude;
    if (magnitude > oracle::float_infinity_bits) {
        e.nan = 1;
        e.saturated = finite_result;
        return e;
    }
    if (magnitude == oracle::float_infinity_bits) {
        e.infinite = 1;
        e.saturated = finite_result;
        return e;
    }
    const oracle::dyadic x = oracle::value_of_float_bits(bits);
    e.inexact = !finite_result || oracle::compare(x, result.value) != 0;
    bool below_unsigned = f.sign_mask == 0 && negative;
    if (below_unsigned && f.has_zero) {  // unless it rounds to zero, which `none` tells from saturation
        const oracle::code_value plain =
            oracle::value_of(f, oracle::round_float_bits(f, bits, to_oracle(p.mode), oracle::overflow::none));
        below_unsigned = plain.kind != oracle::value_class::finite;
    }
    const bool zero_without_code = x.is_zero() && !f.has_zero;
    e.overflowed = !x.is_zero() && (below_unsigned || rounds_beyond(f, x, p.mode));
    e.saturated = finite_result && (e.overflowed != 0 || zero_without_code);
    const bool raised =
        !f.has_zero && !negative && !x.is_zero() && oracle::compare_magnitudes(x, oracle::magnitude_at(f, 0).value) < 0;
    e.underflowed = raised || (!x.is_zero() && finite_result && result.value.is_zero() && !below_unsigned);
    e.subnormal =
        f.has_zero && finite_result && !result.value.is_zero() && oracle::floor_log2(result.value) < f.minimum_exponent;
    return e;
}

}  // namespace

void check_events(const narrowfp::any_format& format, const projection& p, const expected_codes& expected,
                  std::span<const std::uint32_t> bits, tally& t) {
    const oracle::format& f = oracle_of(format);
    const std::vector<float> in = from_bits<float>(bits);
    std::vector<std::uint32_t> out(bits.size());
    constexpr std::size_t chunk = 64;  // small, so that a failure names few inputs
    for (std::size_t first = 0; first < bits.size(); first += chunk) {
        const std::size_t count = std::min(chunk, bits.size() - first);
        narrowfp::event_counts sum;
        for (std::size_t i = first; i < first + count; ++i) {
            sum += expected_events(f, p, bits[i], expected.of_float(bits[i]));
        }
        const auto found = narrowfp::convert_reference(std::span<const float>(in).subspan(first, count),
                                                       std::span<std::uint32_t>(out).subspan(first, count), format,
                                                       p.mode, p.overflow);
        if (found == sum) {
            t.add(count);
            continue;
        }
        for (std::size_t i = first; i < first + count; ++i) {  // name the element
            const auto one =
                narrowfp::convert_reference(std::span<const float>(in).subspan(i, 1),
                                            std::span<std::uint32_t>(out).subspan(i, 1), format, p.mode, p.overflow);
            const auto expect = expected_events(f, p, bits[i], expected.of_float(bits[i]));
            t.expect(one == expect, [&] {
                const auto text = [](const narrowfp::event_counts& e) {
                    return "inexact " + std::to_string(e.inexact) + " overflowed " + std::to_string(e.overflowed) +
                           " saturated " + std::to_string(e.saturated) + " underflowed " +
                           std::to_string(e.underflowed) + " subnormal " + std::to_string(e.subnormal) + " nan " +
                           std::to_string(e.nan) + " infinite " + std::to_string(e.infinite);
                };
                return "events of 0x" + hex(bits[i]) + " to " + f.name + " " + name_of(p) + ": found " + text(one) +
                       ", expected " + text(expect) + reproducer();
            });
        }
    }
}

narrowfp::quantized_matrix random_codes(random_bits& random, std::size_t rows, std::size_t cols,
                                        const narrowfp::any_format& element, bool finite_only, bool has_scales,
                                        narrowfp::granularity blocks, const narrowfp::float_format& scale_format) {
    narrowfp::quantized_matrix q(rows, cols, element, has_scales, blocks, scale_format);
    const std::uint64_t codes = std::uint64_t{1} << narrowfp::code_bits_of(element);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < cols; ++j) {
            std::uint32_t code = 0;
            do {
                code = static_cast<std::uint32_t>(random.next() % codes);
            } while (finite_only && !narrowfp::decode(element, code).is_finite());
            q.set_code(i, j, code);
        }
    }
    return q;
}

}  // namespace narrowfp_test
