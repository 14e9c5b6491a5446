// SPDX-License-Identifier: Apache-2.0
// Boost.Multiprecision both ways: every code out exactly and back; roundings at distances from a tie that only a wide
// number can hold; integers, rationals and floating-point numbers of several precisions against each other.
#include <narrowfp/format.hpp>
#include <narrowfp/multiprecision.hpp>

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include "support/bridge.hpp"

using namespace narrowfp;
using narrowfp_test::tally;
namespace mp = boost::multiprecision;

namespace {

using wide = mp::number<mp::cpp_bin_float<400, mp::digit_base_2>>;

template <class Number, class Value>
void check_every_code(tally& t) {
    const int bits = Value::format.code_bits();
    for (std::uint64_t code = 0; code >> (bits > 16 ? 16 : bits) == 0; ++code) {
        const auto v = Value::from_bits(static_cast<typename Value::bits_type>(bits > 16 ? code * 65537 : code));
        const auto what = [&] { return std::string(Value::format.name) + " code " + std::to_string(v.bits()); };
        constexpr bool rational = mp::number_category<Number>::value == mp::number_kind_rational;
        if (rational && !isfinite(v)) {
            CHECK_THROWS_AS(exact_as<Number>(v), std::domain_error);
            continue;
        }
        const Number x = exact_as<Number>(v);
        if (isfinite(v)) {
            t.expect(x.template convert_to<double>() == nearest_host<double>(v.exact()), what);
        }
        const real back = to_real(x);
        const bool has_sign = !rational && !isnan(v);  // neither Boost's rationals nor its NaN have signed forms
        t.expect(back.kind == v.exact().kind && !back.sticky && (!has_sign || back.negative == v.exact().negative),
                 what);
        if (isfinite(v)) {
            t.expect(nearest_host<double>(back) == nearest_host<double>(v.exact()), what);
        }
    }
}

}  // namespace

TEST_CASE("every value leaves exactly and comes back") {
    tally t("values as Boost numbers");
    check_every_code<wide, float8_e4m3fn>(t);
    check_every_code<wide, float8_e5m2>(t);
    check_every_code<wide, hifloat8>(t);
    check_every_code<wide, float8_e8m0fnu>(t);
    check_every_code<wide, bfloat16>(t);
    check_every_code<wide, float32>(t);
    check_every_code<mp::cpp_bin_float_single, float16>(t);
    check_every_code<mp::cpp_bin_float_quad, float8_e4m3fnuz>(t);
    check_every_code<mp::cpp_rational, float8_e5m2>(t);
    check_every_code<mp::cpp_rational, bfloat16>(t);
    t.finish();
}

TEST_CASE("a number next to a tie is rounded once from its exact value") {
    const auto even = rounding::ties_to_even;
    const auto none = overflow_mode::none;
    const wide tie(1.0625);  // between 1 and 1.125 in e4m3fn
    CHECK(round_to<e4m3fn>(to_real(tie), even, none).bits() == 0x38);
    CHECK(round_to<e4m3fn>(to_real(wide(tie + ldexp(wide(1), -300))), even, none).bits() == 0x39);
    CHECK(round_to<e4m3fn>(to_real(wide(tie - ldexp(wide(1), -300))), even, none).bits() == 0x38);
    CHECK(round_to<e4m3fn>(to_real(wide(-tie - ldexp(wide(1), -300))), even, none).bits() == 0xB9);
    const mp::cpp_rational third(1, 3);
    const mp::cpp_rational above =
        mp::cpp_rational(17, 16) +
        mp::pow(mp::cpp_int(3), 200).convert_to<mp::cpp_rational>() / mp::cpp_rational(mp::pow(mp::cpp_int(3), 500));
    CHECK(round_to<e4m3fn>(to_real(mp::cpp_rational(17, 16)), even, none).bits() == 0x38);
    CHECK(round_to<e4m3fn>(to_real(above), even, none).bits() == 0x39);
    CHECK(round_to<f32>(to_real(third), even, none).bits() == std::bit_cast<std::uint32_t>(1.0f / 3.0f));
    CHECK(round_to<f16>(to_real(mp::cpp_rational(-1, 3)), even, none).bits() == 0xB555);
    const mp::cpp_int big = (mp::cpp_int(1) << 200) + 1;
    CHECK(to_real(big).sticky);
    CHECK(to_real(mp::cpp_int(big - 1)) == real::make_finite(false, std::uint64_t{1} << 63, 137));
    CHECK(round_to<e5m2>(to_real(mp::cpp_int(-61440)), even, none).bits() == 0xFC);
    CHECK(round_to<e5m2>(to_real(mp::cpp_int(61439)), even, none).bits() == 0x7B);
    CHECK(round_to<e4m3fn>(to_real(mp::cpp_int(0)), even, none).bits() == 0x00);
}

TEST_CASE("numbers beyond every range, infinities and NaN") {
    const auto none = overflow_mode::none;
    const auto even = rounding::ties_to_even;
    CHECK(round_to<e5m2>(to_real(wide(ldexp(wide(1), 100000))), even, none).bits() == 0x7C);
    CHECK(round_to<e5m2>(to_real(wide(-ldexp(wide(1), -100000))), even, none).bits() == 0x80);
    CHECK(round_to<e5m2>(to_real(wide(ldexp(wide(1), -100000))), rounding::toward_positive, none).bits() == 0x01);
    CHECK(to_real(std::numeric_limits<wide>::infinity()) == real::make_infinity(false));
    CHECK(to_real(wide(-std::numeric_limits<wide>::infinity())) == real::make_infinity(true));
    CHECK(to_real(std::numeric_limits<wide>::quiet_NaN()).is_nan());
}

TEST_CASE("random quotients round alike as rationals and as wide floats") {
    narrowfp_test::random_bits random(narrowfp_test::run_seed() + 60);
    tally t("quotients as Boost numbers");
    for (int i = 0; i < 3000; ++i) {
        const auto top = static_cast<std::int64_t>(random.next() >> random.between(1, 60));
        const auto bottom = static_cast<std::int64_t>(random.next() >> random.between(1, 60)) + 1;
        const real exact = to_real(mp::cpp_rational(top, bottom));
        const real floating = to_real(wide(wide(top) / wide(bottom)));
        for (const any_format& format : {any_format{e4m3fn}, any_format{hif8}, any_format{bf16}, any_format{f32}}) {
            const rounding mode = default_rounding(format);
            t.expect(
                project(format, exact, mode, overflow_mode::none).code ==
                    project(format, floating, mode, overflow_mode::none).code,
                [&] { return std::to_string(top) + " / " + std::to_string(bottom) + narrowfp_test::reproducer(); });
        }
    }
    t.finish();
}
