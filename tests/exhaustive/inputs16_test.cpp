// SPDX-License-Identifier: Apache-2.0
// All 65,536 binary16 and all 65,536 bfloat16 numbers into every format under every rounding and overflow mode, as
// floats, as doubles and as codes, against the oracle.
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <bit>

#include "support/bridge.hpp"

using namespace narrowfp_test;

namespace {

constexpr std::size_t all_codes = 65536;

void check_all_inputs(const narrowfp::any_format& source, const char* subject) {
    tally t(subject);
    std::vector<std::uint16_t> codes(all_codes);
    for (std::size_t code = 0; code < all_codes; ++code) {
        codes[code] = static_cast<std::uint16_t>(code);
    }
    std::vector<float> values(all_codes);
    narrowfp::decode_reference(std::span<const std::uint16_t>(codes), source, std::span<float>(values));
    const std::vector<double> doubles(values.begin(), values.end());
    std::vector<std::uint32_t> bits(all_codes);
    for (std::size_t i = 0; i < all_codes; ++i) {
        bits[i] = std::bit_cast<std::uint32_t>(values[i]);
    }
    std::vector<std::uint32_t> from_floats(all_codes);
    std::vector<std::uint32_t> from_doubles(all_codes);
    std::vector<std::uint32_t> from_codes(all_codes);
    for (const narrowfp::any_format& format : narrowfp::all_formats) {
        for (const projection& p : projections_of(format)) {
            const expected_codes expected(format, p);
            check_floats(format, p, expected, bits, t);
            if (p.overflow != narrowfp::overflow_mode::none) {
                continue;  // where a number comes from and what overflow does are independent
            }
            const auto a = narrowfp::convert_reference(
                std::span<const float>(values), std::span<std::uint32_t>(from_floats), format, p.mode, p.overflow);
            const auto b = narrowfp::convert_reference(
                std::span<const double>(doubles), std::span<std::uint32_t>(from_doubles), format, p.mode, p.overflow);
            const auto c =
                narrowfp::convert_reference(std::span<const std::uint16_t>(codes), source,
                                            std::span<std::uint32_t>(from_codes), format, p.mode, p.overflow);
            t.expect(from_floats == from_doubles && from_floats == from_codes && a == b && a == c, [&] {
                return std::string(narrowfp::name_of(format)) + " " + name_of(p) +
                       ": float, double and code inputs differ";
            });
        }
    }
    t.finish();
}

}  // namespace

TEST_CASE("all binary16 numbers into every format") { check_all_inputs(narrowfp::f16, "binary16 inputs"); }

TEST_CASE("all bfloat16 numbers into every format") { check_all_inputs(narrowfp::bf16, "bfloat16 inputs"); }
