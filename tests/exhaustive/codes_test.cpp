// SPDX-License-Identifier: Apache-2.0
// Every code of every format of the catalogue: its value is the oracle's, and encoding that value gives the code back.
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <bit>

#include "support/bridge.hpp"
#include "support/oracle/exact.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp_test;

namespace {

std::uint64_t count_of_codes(const narrowfp::any_format& format) {
    const int bits = narrowfp::code_bits_of(format);
    return bits <= 16 ? std::uint64_t{1} << bits : 0;
}

// f32 and tf32 have 2^32 codes: a sample with every exponent, both signs, and fractions at both ends.
std::vector<std::uint32_t> codes_to_try(const narrowfp::any_format& format) {
    std::vector<std::uint32_t> codes;
    for (std::uint64_t code = 0; code < count_of_codes(format); ++code) {
        codes.push_back(static_cast<std::uint32_t>(code));
    }
    if (codes.empty()) {
        for (std::uint32_t high = 0; high < 512; ++high) {
            for (const std::uint32_t low : {0U, 1U, 2U, 0x3FFFFFU, 0x400000U, 0x400001U, 0x7FFFFEU, 0x7FFFFFU}) {
                codes.push_back(high << 23 | low);
            }
        }
    }
    return codes;
}

}  // namespace

TEST_CASE("every code decodes to the value of the definition") {
    tally t("decode against the oracle");
    for (const narrowfp::any_format& format : formats_to_prove()) {
        const oracle::format& f = oracle_of(format);
        for (const std::uint32_t code : codes_to_try(format)) {
            const narrowfp::real x = narrowfp::decode(format, code);
            const oracle::code_value expected = oracle::value_of(f, code);
            bool equal = false;
            switch (expected.kind) {
                case oracle::value_class::not_a_number: equal = x.is_nan(); break;
                case oracle::value_class::infinite:
                    equal = x.is_infinity() && x.negative == expected.value.negative;
                    break;
                case oracle::value_class::finite:
                    equal = x.is_finite() && !x.sticky && x.negative == expected.value.negative &&
                            oracle::compare({x.negative, x.significand, x.exponent}, expected.value) == 0;
                    // To float, which holds every value.
                    equal = equal && oracle::compare(oracle::exact_value_of(narrowfp::decode_float(format, code)),
                                                     expected.value) == 0;
                    break;
            }
            t.expect(equal, [&] { return f.name + " code " + hex(code, 2); });
        }
    }
    t.finish();
}

TEST_CASE("decode then encode gives every code back in every rounding and overflow mode") {
    tally t("decode then encode");
    for (const narrowfp::any_format& format : formats_to_prove()) {
        const oracle::format& f = oracle_of(format);
        const std::vector<std::uint32_t> codes = codes_to_try(format);
        std::vector<float> values(codes.size());
        narrowfp::decode_reference(std::span<const std::uint32_t>(codes), format, std::span<float>(values));
        const std::vector<double> doubles(values.begin(), values.end());
        std::vector<std::uint32_t> from_codes(codes.size());
        std::vector<std::uint32_t> from_floats(codes.size());
        std::vector<std::uint32_t> from_doubles(codes.size());
        for (const projection& p : projections_of(format)) {
            narrowfp::convert_reference(std::span<const std::uint32_t>(codes), format,
                                        std::span<std::uint32_t>(from_codes), format, p.mode, p.overflow);
            narrowfp::convert_reference(std::span<const float>(values), std::span<std::uint32_t>(from_floats), format,
                                        p.mode, p.overflow);
            narrowfp::convert_reference(std::span<const double>(doubles), std::span<std::uint32_t>(from_doubles),
                                        format, p.mode, p.overflow);
            for (std::size_t i = 0; i < codes.size(); ++i) {
                const oracle::code_value v = oracle::value_of(f, codes[i]);
                std::uint32_t expected = codes[i];
                if (v.kind == oracle::value_class::not_a_number) {  // one NaN, or one of each sign
                    expected = oracle::round_nan(f, v.value.negative);
                } else if (v.kind == oracle::value_class::infinite) {
                    expected = oracle::round_infinity(f, v.value.negative, to_oracle(p.overflow));
                } else if (f.twos_complement && codes[i] == f.sign_mask) {
                    expected = codes[i] + 1;  // the lowest integer saturates: conversions are symmetric
                } else if (v.value.is_zero()) {
                    expected = v.value.negative ? f.sign_mask : 0;  // bf16ftz reads many codes as zero and writes one
                } else {
                    expected = codes[i] >> f.code_shift << f.code_shift;  // tf32 ignores what is below its fraction
                }
                t.expect(from_codes[i] == expected && from_floats[i] == expected && from_doubles[i] == expected, [&] {
                    return f.name + " code " + hex(codes[i], 2) + " " + name_of(p) + ": from codes " +
                           hex(from_codes[i], 2) + ", from float " + hex(from_floats[i], 2) + ", from double " +
                           hex(from_doubles[i], 2) + ", expected " + hex(expected, 2);
                });
            }
        }
    }
    t.finish();
}
