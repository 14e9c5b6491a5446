// SPDX-License-Identifier: Apache-2.0
// The fixed-point register against unbounded integers: random addends of every size and sign, in any order, and the
// ends of the range.
#include <narrowfp/format/exact_sum.hpp>

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>

#include "support/bridge.hpp"

using boost::multiprecision::cpp_int;
using narrowfp::exact_sum;
using narrowfp::real;
using narrowfp::uint128;
using namespace narrowfp_test;

namespace {

struct addend {
    bool negative;
    std::uint64_t high;
    std::uint64_t low;
    int exponent;
};

cpp_int integer_of(const addend& a, int min_exponent) {
    cpp_int x = (cpp_int(a.high) << 64 | a.low) << static_cast<unsigned>(a.exponent - min_exponent);
    return a.negative ? cpp_int(-x) : x;
}

// What result() must be: the 64 leading bits and a sticky mark.
bool equals(const real& found, const cpp_int& sum, int min_exponent) {
    if (sum == 0) {
        return found == real::make_zero(false);
    }
    const cpp_int size = abs(sum);
    const int top = static_cast<int>(msb(size));
    cpp_int leading = size;
    bool sticky = false;
    if (top > 63) {
        leading >>= static_cast<unsigned>(top - 63);
        sticky = static_cast<int>(lsb(size)) < top - 63;
    }
    return found.kind == narrowfp::real_class::finite && found.negative == (sum < 0) && found.sticky == sticky &&
           found.floor_log2() == top + min_exponent &&
           cpp_int(found.significand) >> (top > 63 ? 0U : static_cast<unsigned>(63 - top)) == leading &&
           (top > 63 || found.significand << (top == 63 ? 0 : top + 1) == 0 || top == 63);
}

template <int MinExponent, int MaxExponent>
void check_random(tally& t, random_bits& random, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        exact_sum<MinExponent, MaxExponent> sum;
        exact_sum<MinExponent, MaxExponent> backwards;
        cpp_int expected = 0;
        std::vector<addend> addends;
        const std::size_t count = 1 + random.below(40);
        for (std::size_t i = 0; i < count; ++i) {
            addend a{random.below(2) != 0, 0, random.next() >> random.below(64), 0};
            if (random.below(2) != 0) {
                a.high = random.next() >> random.below(64);
            }
            if (random.below(4) == 0) {  // runs of ones make the longest carries
                a.low = ~std::uint64_t{0};
                a.high = 0;
            }
            const int width =
                a.high != 0 ? 64 + static_cast<int>(std::bit_width(a.high)) : static_cast<int>(std::bit_width(a.low));
            if (width > MaxExponent - MinExponent) {
                continue;
            }
            a.exponent = random.between(MinExponent, MaxExponent - width);
            addends.push_back(a);
            if (random.below(3) == 0) {  // cancels, all but a unit
                addends.push_back({!a.negative, a.high, a.low, a.exponent});
            }
        }
        for (const addend& a : addends) {
            expected += integer_of(a, MinExponent);
            sum.add(a.negative, uint128{a.high} << 64 | a.low, a.exponent);
        }
        for (auto a = addends.rbegin(); a != addends.rend(); ++a) {
            backwards.add(a->negative, uint128{a->high} << 64 | a->low, a->exponent);
        }
        t.expect(equals(sum.result(), expected, MinExponent) && backwards.result() == sum.result(), [&] {
            return "round " + std::to_string(round) + " of " + std::to_string(MinExponent) + ".." +
                   std::to_string(MaxExponent) + reproducer();
        });
    }
}

}  // namespace

TEST_CASE("random sums against unbounded integers") {
    tally t("exact sums");
    random_bits random(run_seed());
    check_random<0, 64>(t, random, 5000);
    check_random<0, 128>(t, random, 5000);
    check_random<-3, 190>(t, random, 5000);
    check_random<-298, 256>(t, random, 10000);
    check_random<-596, 512>(t, random, 10000);
    t.finish();
}

TEST_CASE("sums at the ends of the range") {
    tally t("extreme sums");
    constexpr int low = -298;
    constexpr int high = 256;
    for (const bool negative : {false, true}) {
        narrowfp::exact_product_sum sum;
        cpp_int expected = 0;
        for (int i = 0; i < 3000; ++i) {  // many of the largest addend, with the smallest between
            const addend big{negative, 0, ~std::uint64_t{0}, high - 64};
            const addend small{i % 3 == 0, 0, 1, low};
            for (const addend& a : {big, small}) {
                sum.add(a.negative, a.low, a.exponent);
                expected += integer_of(a, low);
            }
            t.expect(equals(sum.result(), expected, low), [&] { return "step " + std::to_string(i); });
        }
        for (int i = 0; i < 3000; ++i) {
            sum.add(!negative, ~std::uint64_t{0}, high - 64);
        }
        t.expect(equals(sum.result(), 2000 - 1000, low), [] { return std::string("the small ones alone"); });
    }
    t.finish();
}

TEST_CASE("a sum of nothing and a sum that cancels are plus zero") {
    narrowfp::exact_product_sum sum;
    CHECK(sum.result() == real::make_zero(false));
    sum.add(true, 5, 0);
    CHECK(sum.result().negative);
    sum.add(false, 5, 0);
    CHECK(sum.result() == real::make_zero(false));
    sum.add(true, 0, 100);
    CHECK(sum.result() == real::make_zero(false));
    sum.add(narrowfp::to_real(-1.5f));
    CHECK(narrowfp::nearest_host<float>(sum.result()) == -1.5f);
}

// The register feeds one rounding: a double at or beside each kind of tie.
TEST_CASE("the sticky mark decides ties") {
    narrowfp::exact_product_sum sum;
    sum.add(narrowfp::to_real(1.0f));
    sum.add(narrowfp::to_real(0x1p-24f));
    CHECK(narrowfp::nearest_host<float>(sum.result()) == 1.0f);  // tie, to even
    sum.add(false, 1, -298);
    CHECK(sum.result().sticky);
    CHECK(narrowfp::nearest_host<float>(sum.result()) == 1.0f + 0x1p-23f);
    sum.add(true, 1, -298);
    sum.add(true, 1, -298);
    CHECK(narrowfp::nearest_host<float>(sum.result()) == 1.0f);
    static_assert([] {
        narrowfp::exact_product_sum s;
        s.add(false, 3, -1);
        return narrowfp::nearest_host<double>(s.result());
    }() == 1.5);
}
