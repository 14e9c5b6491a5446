// SPDX-License-Identifier: Apache-2.0
// Every value of every format, every midpoint of two neighbours, what lies around the largest value, and the host
// numbers next to all of these, under every rounding and overflow mode, from float and from double, with the counts of
// events.
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <bit>

#include "support/bridge.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp_test;

namespace {

// Of formats of more than 8 bits every 16th point, or, with NARROWFP_TEST_ALL_BOUNDARIES=1, all.
template <class Bits>
std::vector<Bits> thinned(const narrowfp::any_format& format, const std::vector<Bits>& points) {
    const bool all =
        narrowfp::code_bits_of(format) <= 8 || count_from_environment("NARROWFP_TEST_ALL_BOUNDARIES", 0) != 0;
    if (all) {
        return points;
    }
    std::vector<Bits> some;
    for (std::size_t i = run_seed() % 16; i < points.size(); i += 16) {
        some.push_back(points[i]);
    }
    return some;
}

std::vector<std::uint32_t> floats_for(const narrowfp::any_format& format) {
    return thinned(format, oracle::interesting_floats(oracle_of(format)));
}

}  // namespace

TEST_CASE("floats at and beside every value and midpoint") {
    tally t("floats at boundaries");
    for (const narrowfp::any_format& format : formats_to_prove()) {
        const std::vector<std::uint32_t> bits = floats_for(format);
        REQUIRE(bits.size() > 50);
        for (const projection& p : projections_of(format)) {
            check_floats(format, p, expected_codes(format, p), bits, t);
        }
    }
    t.finish();
}

TEST_CASE("doubles at and beside every value and midpoint") {
    tally t("doubles at boundaries");
    for (const narrowfp::any_format& format : formats_to_prove()) {
        const std::vector<std::uint64_t> bits = thinned(format, oracle::interesting_doubles(oracle_of(format)));
        REQUIRE(bits.size() > 50);
        for (const projection& p : projections_of(format)) {
            check_doubles(format, p, expected_codes(format, p), bits, t);
        }
    }
    t.finish();
}

TEST_CASE("event counts at and beside every value and midpoint") {
    tally t("events at boundaries");
    for (const narrowfp::any_format& format : formats_to_prove()) {
        const std::vector<std::uint32_t> bits = floats_for(format);
        for (const projection& p : projections_of(format)) {
            check_events(format, p, expected_codes(format, p), bits, t);
        }
    }
    t.finish();
}

TEST_CASE("a float and the double of the same value give equal codes and events") {
    tally t("floats as doubles");
    for (const narrowfp::any_format& format : formats_to_prove()) {
        std::vector<float> floats;
        for (const std::uint32_t bits : floats_for(format)) {
            floats.push_back(std::bit_cast<float>(bits));
        }
        const std::vector<double> doubles(floats.begin(), floats.end());
        std::vector<std::uint32_t> from_floats(floats.size());
        std::vector<std::uint32_t> from_doubles(floats.size());
        for (const projection& p : projections_of(format)) {
            const auto a = narrowfp::convert_reference(
                std::span<const float>(floats), std::span<std::uint32_t>(from_floats), format, p.mode, p.overflow);
            const auto b = narrowfp::convert_reference(
                std::span<const double>(doubles), std::span<std::uint32_t>(from_doubles), format, p.mode, p.overflow);
            t.add(floats.size() - 1);
            t.expect(from_floats == from_doubles && a == b,
                     [&] { return std::string(narrowfp::name_of(format)) + " " + name_of(p); });
        }
    }
    t.finish();
}
