// SPDX-License-Identifier: Apache-2.0
// numeric_limits, hash, text and the functions of value types, for every format of the catalogue: each number follows by
// looking at all codes, or equals that of the host's float.
#include <narrowfp/format.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <iomanip>
#include <map>
#include <sstream>
#include <unordered_set>

#include "support/bridge.hpp"
#include "support/oracle/exact.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp;
using narrowfp_test::tally;

namespace {

template <class Value>
std::vector<Value> all_values() {  // by 2^16 codes at most
    std::vector<Value> values;
    const int bits = Value::format.code_bits();
    const std::uint64_t step =
        bits > 16 ? (std::uint64_t{1} << (bits - 16)) + (Value::format.name == "f32" ? 1 : 0) : 1;
    for (std::uint64_t code = 0; code >> bits == 0; code += step) {
        values.push_back(Value::from_bits(static_cast<typename Value::bits_type>(code)));
    }
    return values;
}

template <class Value>
concept has_infinity_member = requires {
    std::numeric_limits<Value>::infinity();
};
template <class Value>
concept has_nan_member = requires {
    std::numeric_limits<Value>::quiet_NaN();
};

template <class Value>
void check_limits(tally& t) {
    using limits = std::numeric_limits<Value>;
    const auto& f = Value::format;
    CAPTURE(f.name);
    static_assert(limits::is_specialized && limits::radix == 2 && std::numeric_limits<const Value>::is_specialized);
    static_assert(limits::has_infinity == has_infinity_member<Value> && limits::has_quiet_NaN == has_nan_member<Value>);
    double largest = 0;
    double lowest = 0;
    double smallest = HUGE_VAL;
    double above_one = HUGE_VAL;
    for (const Value v : all_values<Value>()) {
        const double x = nearest_host<double>(v.exact());
        const bool lowest_integer =
            std::is_same_v<std::remove_cvref_t<decltype(f)>, fixed_format> && v.bits() == f.sign_mask();
        if (!std::isfinite(x) || lowest_integer) {  // which is read and never written
            continue;
        }
        largest = std::fmax(largest, x);
        lowest = std::fmin(lowest, x);
        smallest = x > 0 ? std::fmin(smallest, x) : smallest;
        above_one = x > 1 ? std::fmin(above_one, x) : above_one;
        t.expect(x <= limits::max() && x >= limits::lowest(),
                 [&] { return std::string(f.name) + " leaves its range"; });
    }
    const bool fixed = std::is_same_v<std::remove_cvref_t<decltype(f)>, fixed_format>;
    if (f.code_bits() <= 16) {
        CHECK(double{limits::max()} == largest);
        CHECK(double{limits::denorm_min()} == smallest);
        CHECK(double{limits::epsilon()} == above_one - 1);
        CHECK((f.has_zero() ? double{limits::lowest()} == lowest : true));
    }
    CHECK(double{limits::epsilon()} ==
          std::ldexp(1.0, fixed ? static_cast<int>(std::log2(float{limits::epsilon()})) : 1 - limits::digits));
    CHECK(float{limits::lowest()} == (f.is_signed    ? -float{limits::max()}
                                      : f.has_zero() ? 0.0f
                                                     : float{limits::min()}));
    CHECK(std::ldexp(1.0, limits::min_exponent - 1) == double{limits::min()});
    CHECK(std::ldexp(1.0, limits::max_exponent) > double{limits::max()});
    CHECK(std::ldexp(1.0, limits::max_exponent - 1) <= double{limits::max()});
    CHECK(std::pow(10.0, limits::max_exponent10) <= double{limits::max()});
    CHECK(std::pow(10.0, limits::max_exponent10 + 1) > double{limits::max()});
    CHECK(std::pow(10.0, limits::min_exponent10) >= double{limits::min()});
    CHECK(std::pow(10.0, limits::min_exponent10 - 1) < double{limits::min()});
    CHECK((limits::has_denorm == std::denorm_present) == (limits::denorm_min() < limits::min()));
    if constexpr (limits::has_infinity) {
        CHECK(isinf(limits::infinity()));
        CHECK(limits::infinity() > limits::max());
    }
    if constexpr (limits::has_quiet_NaN) {
        CHECK(isnan(limits::quiet_NaN()));
    }
}

template <class Value>
void check_functions(tally& t) {
    const std::vector<Value> values = all_values<Value>();
    std::map<double, Value> in_order;  // without NaN; +0 stands for both zeros
    const auto number = [](Value v) { return nearest_host<double>(v.exact()); };
    for (const Value v : values) {
        const double x = number(v);
        const auto what = [&] { return std::string(Value::format.name) + " code " + std::to_string(v.bits()); };
        t.expect(isnan(v) == std::isnan(x) && isinf(v) == std::isinf(x) && isfinite(v) == std::isfinite(x), what);
        t.expect(signbit(v) == std::signbit(x), what);
        if (std::isnan(x)) {
            t.expect(isnan(abs(v)) && isnan(sqrt(v)) && isnan(next_up(v)) && isnan(fma(v, v, v)), what);
            continue;
        }
        if (x != 0 || !std::signbit(x)) {
            in_order.emplace(x, v);
        }
        const std::int64_t lowest_integer = Value::format.is_signed ? -128 : 0;
        const bool symmetric = !(x == static_cast<double>(lowest_integer) && Value::format.name == "int8");
        t.expect(!symmetric || Value::format.name == "mxint8" || number(abs(v)) == std::fabs(x), what);
        // The square root, rounded once from double's, which is far more exact than the format.
        const Value root = sqrt(v);
        t.expect(x < 0 && x != 0 ? (Value::format.has_nan() ? isnan(root) : true)
                                 : number(root) == number(Value(std::sqrt(x))) && signbit(root) == std::signbit(x),
                 what);
        t.expect(std::hash<Value>{}(v) == std::hash<Value>{}(Value(x)) || !symmetric || Value::format.name == "mxint8",
                 what);
        std::istringstream text(to_text(v));
        double back = 0;
        t.expect(std::isinf(x) || (text >> back && static_cast<float>(back) == static_cast<float>(x)), what);
    }
    if (Value::format.code_bits() > 16) {
        return;  // not all values are there
    }
    const std::remove_cvref_t<decltype(Value::format)> f = Value::format;
    for (auto at = in_order.begin(); at != in_order.end(); ++at) {
        const auto next = std::next(at);
        const bool unused =
            at == in_order.begin() && std::is_same_v<decltype(f), const fixed_format>;  // lowest integer
        if (next != in_order.end() && !unused) {
            t.expect(number(next_up(at->second)) == next->first && number(next_down(next->second)) == at->first, [&] {
                return std::string(f.name) + " neighbours of " + std::to_string(at->first) + ": " +
                       std::to_string(number(next_up(at->second)));
            });
        } else if (!unused) {
            t.expect(next_up(at->second) == at->second, [&] { return std::string(f.name) + " top"; });
        }
    }
}

template <class... Values>
struct types {
    template <class Check>
    static void each(Check check) {
        (check.template operator()<Values>(), ...);
    }
};
using catalogue =
    types<float8_e4m3fn, float8_e5m2, float8_e4m3ieee, float8_e3m4ieee, float8_e3m4fn, float8_e4m3fnuz, float8_e5m2fnuz,
          float8_e4m3b11fnuz, value<binary8p3se>, value<binary8p4se>, value<binary8p3sf>, value<binary8p4sf>,
          value<binary8p1uf>, value<binary4p2sf>, hifloat8, float8_e8m0fnu, float6_e3m2fn, float6_e2m3fn, float4_e2m1fn,
          value<int8>, value<mxint8>, float12_e5m6, bfloat16, bfloat16_ftz, float16, tfloat32, float32>;

}  // namespace

TEST_CASE("numeric_limits follow from the codes") {
    tally t("numeric_limits");
    catalogue::each([&]<class Value>() { check_limits<Value>(t); });
    t.finish();
}

TEST_CASE("numeric_limits of f32 are those of the host's float") {
    using ours = std::numeric_limits<float32>;
    using host = std::numeric_limits<float>;
    CHECK(float{ours::max()} == host::max());
    CHECK(float{ours::min()} == host::min());
    CHECK(float{ours::lowest()} == host::lowest());
    CHECK(float{ours::denorm_min()} == host::denorm_min());
    CHECK(float{ours::epsilon()} == host::epsilon());
    CHECK(float{ours::round_error()} == host::round_error());
    CHECK(float{ours::infinity()} == host::infinity());
    CHECK(ours::digits == host::digits);
    CHECK(ours::digits10 == host::digits10);
    CHECK(ours::max_digits10 == host::max_digits10);
    CHECK(ours::min_exponent == host::min_exponent);
    CHECK(ours::max_exponent == host::max_exponent);
    CHECK(ours::min_exponent10 == host::min_exponent10);
    CHECK(ours::max_exponent10 == host::max_exponent10);
    CHECK(ours::is_iec559);
    CHECK(std::numeric_limits<float16>::is_iec559);
    CHECK_FALSE(std::numeric_limits<float8_e5m2>::is_iec559);
    CHECK(std::numeric_limits<float16>::digits10 == 3);
    CHECK(std::numeric_limits<float16>::max_digits10 == 5);
}

TEST_CASE("E8M0 has no zero and no infinity, and its limits say so") {
    using limits = std::numeric_limits<float8_e8m0fnu>;
    CHECK_FALSE(limits::has_infinity);
    CHECK(limits::lowest().bits() == 0x00);
    CHECK(limits::min().bits() == 0x00);
    CHECK(float{limits::epsilon()} == 1.0f);
}

TEST_CASE("functions of value types for every code") {
    tally t("functions of value types");
    catalogue::each([&]<class Value>() { check_functions<Value>(t); });
    t.finish();
}

TEST_CASE("fma rounds once for every triple of small formats") {
    tally t("fma");
    const auto check = [&]<class Value>() {
        const oracle::format& f = narrowfp_test::oracle_of(any_format{Value::format});
        const auto values = all_values<Value>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            for (std::size_t j = 0; j<values.size(); j += values.size()> 64 ? 7U : 1U) {
                for (std::size_t k = (i + j) % 5; k<values.size(); k += values.size()> 64 ? 11U : 1U) {
                    const Value a = values[i];
                    const Value b = values[j];
                    const Value c = values[k];
                    if (!isfinite(a) || !isfinite(b) || !isfinite(c)) {
                        continue;
                    }
                    const oracle::exact_value exact =
                        add(multiply(oracle::to_exact(oracle::value_of(f, a.bits()).value),
                                     oracle::to_exact(oracle::value_of(f, b.bits()).value)),
                            oracle::to_exact(oracle::value_of(f, c.bits()).value));
                    if (exact.limbs.size() > 2 || exact.is_zero()) {
                        continue;
                    }
                    oracle::dyadic sum{exact.negative, 0, exact.exponent};
                    for (std::size_t limb = 0; limb < exact.limbs.size(); ++limb) {
                        sum.significand |= std::uint64_t{exact.limbs[limb]} << (32 * limb);
                    }
                    t.expect_equal(
                        fma(a, b, c).bits(),
                        oracle::round_exact(f, sum, oracle::rounding::ties_to_even, oracle::overflow::none),
                        f.name + " codes " + std::to_string(i) + " * " + std::to_string(j) + " + " + std::to_string(k));
                }
            }
        }
    };
    check.operator()<float4_e2m1fn>();
    check.operator()<float6_e3m2fn>();
    check.operator()<float8_e4m3fn>();
    check.operator()<float8_e5m2>();
    t.finish();
    // BF16's product leaves FP32's exact products far behind: one rounding, from the exact value.
    CHECK(fma(bfloat16(0x1p100f), bfloat16(0x1p100f), bfloat16(1.0f)).bits() == 0x7F80);
    CHECK(fma(float16(0x1.004p0f), float16(0x1.004p0f), float16(-1.0f)).bits() == float16(0x1.002p-9f).bits());
    CHECK(fma(float16(-0.0f), float16(1.0f), float16(-0.0f)).bits() == 0x8000);
    CHECK(fma(float16(1.0f), float16(1.0f), float16(-1.0f)).bits() == 0x0000);
    CHECK(isnan(fma(float8_e5m2::from_bits(0x7C), float8_e5m2(0.0f), float8_e5m2(1.0f))));
    CHECK(isnan(fma(float8_e5m2::from_bits(0x7C), float8_e5m2(1.0f), float8_e5m2::from_bits(0xFC))));
    CHECK(fma(float8_e5m2(1.0f), float8_e5m2(1.0f), float8_e5m2::from_bits(0xFC)).bits() == 0xFC);
}

TEST_CASE("minimum and maximum prefer numbers and order the zeros") {
    const auto nan = std::numeric_limits<float8_e4m3fn>::quiet_NaN();
    const float8_e4m3fn one(1.0f);
    const float8_e4m3fn two(2.0f);
    const auto minus_zero = float8_e4m3fn::from_bits(0x80);
    CHECK(fmin(one, two) == one);
    CHECK(fmax(one, two) == two);
    CHECK(fmin(nan, two) == two);
    CHECK(fmax(two, nan) == two);
    CHECK(isnan(fmax(nan, nan)));
    CHECK(signbit(fmin(minus_zero, float8_e4m3fn{})));
    CHECK(signbit(fmin(float8_e4m3fn{}, minus_zero)));
    CHECK_FALSE(signbit(fmax(minus_zero, float8_e4m3fn{})));
    CHECK_FALSE(signbit(fmax(float8_e4m3fn{}, minus_zero)));
}

TEST_CASE("hash: equal values are one key") {
    std::unordered_set<float8_e4m3fn> keys;
    for (unsigned code = 0; code < 256; ++code) {
        const auto v = float8_e4m3fn::from_bits(static_cast<std::uint8_t>(code));
        if (!isnan(v)) {
            keys.insert(v);
        }
    }
    CHECK(keys.size() == 253);  // 256 codes, two NaN, and the zeros are one
}

TEST_CASE("values in text") {
    std::ostringstream out;
    out << float8_e4m3fn(0.1f) << ' ' << std::setprecision(3) << float8_e4m3fn(0.1f) << ' ' << std::showpos
        << float8_e5m2::from_bits(0x7C) << ' ' << bfloat16(-2.0f);
    CHECK(out.str() == "0.101562 0.102 +inf -2");
    CHECK(to_text(float8_e4m3fn(0.1f)) == "0.1015625");
    CHECK(to_text(float8_e4m3fn::from_bits(0xFF)) == "-nan");
    CHECK(to_text(float8_e4m3fnuz::from_bits(0x80)) == "nan");
    CHECK(to_text(float8_e5m2::from_bits(0xFC)) == "-inf");
    CHECK(to_text(float8_e4m3fn::from_bits(0x80)) == "-0");
}

TEST_CASE("compound assignment is the operator") {
    float8_e4m3fn x(3.0f);
    x += float8_e4m3fn(1.0f);
    x *= float8_e4m3fn(2.0f);
    x -= float8_e4m3fn(1.0f);
    x /= float8_e4m3fn(3.5f);
    CHECK(float{x} == 2.0f);
    CHECK((+x).bits() == x.bits());
}
