// SPDX-License-Identifier: Apache-2.0
// Formats whose fields contradict each other: every rule is broken once and the message is compared, and every function
// that takes a format at run time refuses an invalid one before any work. Omitted fields are as in IEEE 754.
#include <narrowfp/format.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/gemm/native.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/gemm/unit_dot.hpp>
#include <narrowfp/io/npy_codes.hpp>
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <climits>
#include <functional>
#include <vector>

#include "support/message_of.hpp"

using namespace narrowfp;
using narrowfp_test::message_of;

namespace {

constexpr auto to_even = rounding::ties_to_even;
constexpr auto saturate = overflow_mode::saturate_finite;

template <class F>
std::string message_for(F format, const std::function<void(F&)>& change) {
    change(format);
    format.name = "mine";
    CHECK(!format.is_valid());
    CHECK(format.broken_rule().has_value());
    return message_of([&] { require_format(any_format{format}); });
}

}  // namespace

TEST_CASE("a descriptor of three fields is a format as in IEEE 754") {
    static constexpr float_format plain{.exponent_bits = 5, .fraction_bits = 2, .bias = 15};
    static_assert(plain.is_valid());
    for (std::uint64_t code = 0; code < 256; ++code) {
        CHECK(plain.decode(code) == e5m2.decode(code));
    }
    std::vector<float> in{1e9f, -1e9f, 57344.0f, 61440.0f, 61439.0f, 0x1p-16f, 0x1p-17f, -0.0f, 1.3f, HUGE_VALF};
    std::vector<std::uint8_t> found(in.size());
    std::vector<std::uint8_t> expected(in.size());
    for (const overflow_mode overflow : {overflow_mode::none, saturate, overflow_mode::saturate_propagate}) {
        const event_counts counts = convert(std::span<const float>(in), std::span(found), plain, to_even, overflow);
        CHECK(counts == convert(std::span<const float>(in), std::span(expected), e5m2, to_even, overflow));
        CHECK(found == expected);
    }
    CHECK(value<plain>(1e9f).bits() == 0x7C);
    CHECK(float{value<plain>(1.3f)} == 1.25f);
    CHECK(float_format{.exponent_bits = 8, .fraction_bits = 7, .bias = 127, .storage_bits = 16}.is_valid());
}

TEST_CASE("a broken rule of a floating-point format is named with what is allowed") {
    using f = float_format;
    const auto message = [](const f& format, auto change) { return message_for<f>(format, change); };
    CHECK(message(e5m2, [](f& x) { x.exponent_bits = 9; }) == "format 'mine': exponent_bits is 9, allowed 1 to 8");
    CHECK(message(e5m2, [](f& x) { x.exponent_bits = 0; }) == "format 'mine': exponent_bits is 0, allowed 1 to 8");
    CHECK(message(e5m2, [](f& x) { x.exponent_bits = INT_MIN; }).starts_with("format 'mine': exponent_bits is -2147"));
    CHECK(message(e5m2, [](f& x) { x.fraction_bits = 24; }) == "format 'mine': fraction_bits is 24, allowed 0 to 23");
    CHECK(message(e5m2, [](f& x) { x.fraction_bits = -1; }) == "format 'mine': fraction_bits is -1, allowed 0 to 23");
    CHECK(message(e5m2, [](f& x) { x.padding_bits = -1; }) == "format 'mine': padding_bits is -1, allowed 0 to 24");
    CHECK(message(tf32, [](f& x) { x.padding_bits = 14; }) == "format 'mine': padding_bits is 14, allowed 0 to 13");
    CHECK(message(e8m0fnu, [](f& x) { x.exponent_bits = 1; }) ==
          "format 'mine': the width of a code is 1, allowed 2 to 32");
    CHECK(message(e5m2, [](f& x) { x.storage_bits = 7; }) ==
          "format 'mine': storage_bits is 7, allowed 8 to 32: a code has 8 bits");
    CHECK(message(bf16, [](f& x) { x.storage_bits = 8; }) ==
          "format 'mine': storage_bits is 8, allowed 16 to 32: a code has 16 bits");
    CHECK(message(e5m2, [](f& x) { x.storage_bits = 33; }) ==
          "format 'mine': storage_bits is 33, allowed 8 to 32: a code has 8 bits");
    const std::string infinities =
        ", allowed none, top_code, and ieee with nan ieee or, without fraction bits, a nan other than top_code";
    CHECK(message(e4m3fn, [](f& x) { x.infinity = infinity_kind::ieee; }) ==
          "format 'mine': infinity is ieee" + infinities);
    CHECK(message(e5m2, [](f& x) { x.infinity = static_cast<infinity_kind>(9); }) ==
          "format 'mine': infinity is 9" + infinities);
    // Infinity and NaN would be one code.
    CHECK(message({.exponent_bits = 4, .bias = 7, .nan = nan_kind::top_code}, [](f&) {}) ==
          "format 'mine': infinity is ieee" + infinities);
    const std::string nans =
        ", allowed none, top_code, ieee with at least one fraction bit, and negative_zero with a sign and a zero";
    CHECK(message({.exponent_bits = 4, .bias = 7, .infinity = infinity_kind::none}, [](f&) {}) ==
          "format 'mine': nan is ieee" + nans);
    CHECK(message(binary8p1uf, [](f& x) { x.nan = nan_kind::negative_zero; }) ==
          "format 'mine': nan is negative_zero" + nans);
    CHECK(message(e4m3fnuz, [](f& x) { x.zero_field_is_normal = true; }) ==
          "format 'mine': nan is negative_zero" + nans);
    CHECK(message(e4m3fnuz, [](f& x) { x.nan = static_cast<nan_kind>(4); }) == "format 'mine': nan is 4" + nans);
    const std::string negative_zeros =
        "format 'mine': has_negative_zero is true, allowed false without a sign, without a zero and where nan is "
        "negative_zero";
    CHECK(message(e4m3fnuz, [](f& x) { x.has_negative_zero = true; }) == negative_zeros);
    CHECK(message(e8m0fnu, [](f& x) { x.has_negative_zero = true; }) == negative_zeros);
    CHECK(message(e3m2fn, [](f& x) { x.is_signed = false; }) == negative_zeros);
    const std::string subnormals =
        "format 'mine': has_subnormals is true, allowed false with zero_field_is_normal or flushes_subnormals";
    CHECK(message(e8m0fnu, [](f& x) { x.has_subnormals = true; }) == subnormals);
    CHECK(message(bf16ftz, [](f& x) { x.has_subnormals = true; }) == subnormals);
    CHECK(message(e8m0fnu, [](f& x) { x.flushes_subnormals = true; }) ==
          "format 'mine': flushes_subnormals is true, allowed false with zero_field_is_normal");
    CHECK(message(e4m3fn, [](f& x) { x.on_overflow = overflow_result::infinity; }) ==
          "format 'mine': on_overflow is infinity, allowed max_finite, nan: the format has no infinity and NaN");
    CHECK(message(e3m2fn, [](f& x) { x.on_overflow = overflow_result::nan; }) ==
          "format 'mine': on_overflow is nan, allowed max_finite: the format has no infinity and no NaN");
    CHECK(message(e5m2, [](f& x) { x.on_overflow = static_cast<overflow_result>(3); }) ==
          "format 'mine': on_overflow is 3, allowed max_finite, infinity, nan: the format has infinities and NaN");
    // One exponent bit is the field of infinity, and nothing below it is left without subnormal numbers.
    CHECK(message({.exponent_bits = 1, .fraction_bits = 2, .has_subnormals = false}, [](f&) {}) ==
          "format 'mine': the fields leave no positive finite value; allowed are more exponent_bits or fraction_bits, "
          "or fewer special codes");
    CHECK(message({.exponent_bits = 1,
                   .infinity = infinity_kind::top_code,
                   .nan = nan_kind::top_code,
                   .has_negative_zero = false},
                  [](f&) {})
              .starts_with("format 'mine': the fields leave no positive finite value"));
    CHECK(message(e4m3fn, [](f& x) { x.bias = 200; }) ==
          "format 'mine': bias is 200, allowed -112 to 147: every value is a number of FP32");
    CHECK(message(e4m3fn, [](f& x) { x.bias = INT_MIN; }).starts_with("format 'mine': bias is -2147483648, allowed"));
    CHECK(message({.exponent_bits = 8,
                   .fraction_bits = 23,
                   .bias = 127,
                   .infinity = infinity_kind::none,
                   .nan = nan_kind::none,
                   .on_overflow = overflow_result::max_finite,
                   .storage_bits = 32},
                  [](f&) {}) ==
          "format 'mine': bias is 127, none is allowed: with these exponent_bits and fraction_bits no bias makes every "
          "value a number of FP32");
    CHECK(message_of([] { require_format(any_format{}); }) ==
          "format without a name: exponent_bits is 0, allowed 1 to 8");
}

TEST_CASE("the limits that a message states are those that hold") {
    const auto valid = [](auto change) {
        float_format f = e4m3fn;
        change(f);
        return f.is_valid();
    };
    for (const int bias : {-112, 147}) {
        CHECK(valid([&](float_format& f) { f.bias = bias; }));
    }
    for (const int bias : {-113, 148}) {
        CHECK_FALSE(valid([&](float_format& f) { f.bias = bias; }));
    }
    CHECK(valid([](float_format& f) { f.storage_bits = 32; }));
    CHECK(valid([](float_format& f) { f.padding_bits = 24, f.storage_bits = 32; }));
}

TEST_CASE("a broken rule of fixed point and of HiFloat8 is named with what is allowed") {
    using f = fixed_format;
    using h = hifloat8_format;
    const auto fixed = [](auto change) { return message_for<f>(int8, change); };
    const auto tapered = [](auto change) { return message_for<h>(hif8, change); };
    CHECK(fixed([](f& x) { x.width = 25; }) == "format 'mine': width is 25, allowed 2 to 24");
    CHECK(fixed([](f& x) { x.width = 1; }) == "format 'mine': width is 1, allowed 2 to 24");
    CHECK(fixed([](f& x) { x.fraction_bits = -1; }) == "format 'mine': fraction_bits is -1, allowed 0 to 100");
    CHECK(fixed([](f& x) { x.fraction_bits = 101; }) == "format 'mine': fraction_bits is 101, allowed 0 to 100");
    CHECK(fixed([](f& x) { x.width = 9; }) == "format 'mine': storage_bits is 8, allowed 9 to 32: a code has 9 bits");
    CHECK(fixed([](f& x) { x.has_negative_zero = true; }) ==
          "format 'mine': has_negative_zero is true, allowed false in fixed point");
    CHECK(fixed([](f& x) { x.has_subnormals = true; }) ==
          "format 'mine': has_subnormals is true, allowed false in fixed point");
    CHECK(fixed([](f& x) { x.on_overflow = overflow_result::infinity; }) ==
          "format 'mine': on_overflow is infinity, allowed max_finite: fixed point has no infinity and no NaN");
    CHECK(fixed([](f& x) { x.is_signed = false; }) ==
          "format 'mine': is_signed is false, allowed true: the codes are two's complement");
    CHECK(tapered([](h& x) { x.storage_bits = 6; }) ==
          "format 'mine': storage_bits is 6, allowed 8 to 32: a code has 8 bits");
    CHECK(tapered([](h& x) { x.has_negative_zero = true; }) ==
          "format 'mine': has_negative_zero is true, allowed false in HiFloat8");
    CHECK(tapered([](h& x) { x.has_subnormals = false; }) ==
          "format 'mine': has_subnormals is false, allowed true in HiFloat8");
    CHECK(tapered([](h& x) { x.on_overflow = static_cast<overflow_result>(7); }) ==
          "format 'mine': on_overflow is 7, allowed infinity, nan, max_finite");
    CHECK(tapered([](h& x) { x.is_signed = false; }) == "format 'mine': is_signed is false, allowed true in HiFloat8");
}

TEST_CASE("every function that takes a format at run time refuses an impossible one") {
    // The defaults of an earlier version: no infinity, and overflow that gives one.
    const any_format bad = float_format{.name = "bad",
                                        .exponent_bits = 5,
                                        .fraction_bits = 2,
                                        .bias = 15,
                                        .infinity = infinity_kind::none,
                                        .nan = nan_kind::none};
    const std::vector<float> in{1e9f};
    const std::vector<double> wide{1e9};
    const std::vector<std::uint8_t> codes{1};
    std::vector<std::uint8_t> out{0xAA};
    std::vector<float> values{-1.0f};
    const std::span<const float> source(in);
    const std::span<const std::uint8_t> source_codes(codes);
    const std::span target(out);
    const std::span restored(values);
    const rounding_rule chance{rounding::stochastic_a, 8};
    const philox_stream random{};
    const matrix<float> x(2, 2, 1.0f);
    const quantized_matrix q = quantize(x.view(), {.element = e4m3fn});
    matrix<float> d(2, 2, -1.0f);
    quantized_matrix into(1, 1, f32);
    const accumulator acc = sequential<float>{};
    const packed_operand packed(q);
    const matrix_unit h100 = unit_by_name("h100");
    const quantization how{.element = bad};
    const std::vector<std::pair<const char*, std::function<void()>>> calls{
        {"convert", [&] { convert(source, target, bad, to_even, saturate); }},
        {"convert double", [&] { convert(std::span<const double>(wide), target, bad, to_even, saturate); }},
        {"convert by chance", [&] { convert(source, target, bad, chance, random, saturate); }},
        {"convert codes from", [&] { convert(source_codes, bad, target, e5m2, to_even, saturate); }},
        {"convert codes to", [&] { convert(source_codes, e5m2, target, bad, to_even, saturate); }},
        {"convert nothing", [&] { convert(source.first(0), target.first(0), bad, to_even, saturate); }},
        {"convert_reference", [&] { convert_reference(source, target, bad, to_even, saturate); }},
        {"convert_reference from", [&] { convert_reference(source_codes, bad, target, e5m2, to_even, saturate); }},
        {"convert_reference to", [&] { convert_reference(source_codes, e5m2, target, bad, to_even, saturate); }},
        {"round_to_format", [&] { round_to_format(source, restored, bad, to_even, saturate); }},
        {"round_to_format_reference", [&] { round_to_format_reference(source, restored, bad, to_even, saturate); }},
        {"decode", [&] { decode(source_codes, bad, restored); }},
        {"decode_reference", [&] { decode_reference(source_codes, bad, restored); }},
        {"decode of a code", [&] { decode(bad, 1); }},
        {"decode_float", [&] { decode_float(bad, 1); }},
        {"max_finite", [&] { max_finite(bad); }},
        {"project", [&] { project(bad, to_real(1.0f), to_even, saturate); }},
        {"convert_as", [&] { convert_as(profiles::all.front(), bad, 1.0f); }},
        {"quantize", [&] { quantize(x.view(), how); }},
        {"quantize_into", [&] { quantize_into(x.view(), how, into); }},
        {"quantize_reference", [&] { quantize_reference(x.view(), how); }},
        {"recipe", [&] { quantize(x.view(), recipes::mxfp8.for_a(bad)); }},
        {"quantized_matrix", [&] { quantized_matrix(2, 2, bad); }},
        {"quantized_matrix scales", [&] { quantized_matrix(2, 2, e4m3fn, true, {}, std::get<float_format>(bad)); }},
        {"reshape", [&] { into.reshape(2, 2, bad, false, {}, f32); }},
        {"power_of_two_exponent", [&] { power_of_two_exponent(1.0f, bad, scale_rule::floor); }},
        {"float_scale_of", [&] { float_scale_of(1.0f, bad, {.method = scale_method::multiplier}); }},
        {"tensor_factor_of", [&] { tensor_factor_of(1.0f, bad); }},
        {"delayed_scale", [&] { delayed_scale{bad}; }},
        {"gemm", [&] { gemm(q, q, acc, {}, bad); }},
        {"gemm_into", [&] { gemm_into(q, q, acc, d.view(), {}, bad); }},
        {"gemm packed", [&] { gemm_into(q, packed, acc, d.view(), {}, bad); }},
        {"gemm native", [&] { gemm_into(q, q, accumulate::native{}, d.view(), {}, bad); }},
        {"gemm_reference", [&] { gemm_reference(q, q, acc, {}, bad); }},
        {"unit_dot", [&] { unit_dot(aligned{}, bad, e4m3fn); }},
        {"accumulator_of", [&] { accumulator_of(h100, bad, bad); }},
        {"npy_read_codes", [&] { npy_read_codes("/no/such/file", bad); }}};
    for (const auto& [name, call] : calls) {
        CAPTURE(name);
        CHECK(message_of(call) ==
              "format 'bad': on_overflow is infinity, allowed max_finite: the format has no infinity and no NaN");
    }
    CHECK(out.front() == 0xAA);  // nothing was written
    CHECK(values.front() == -1.0f);
    CHECK(d(0, 0) == -1.0f);
    CHECK(into.element() == any_format{f32});
}

TEST_CASE("packed codes of an impossible width are refused") {
    packed_codes codes(3, 32);
    for (const int bits : {0, -1, 33, 64}) {
        const std::string text = "packed codes: bits is " + std::to_string(bits) + ", allowed 1 to 32";
        CHECK(message_of([&] { packed_codes(3, bits); }) == text);
        CHECK(message_of([&] { codes.reshape(3, bits); }) == text);
    }
    CHECK(codes.bits() == 32);
}

TEST_CASE("a P3109 name that has the form but no format says what is allowed") {
    for (const char* name : {"binary8p9se", "binary17p4se", "binary16p4se", "binary2p1se"}) {
        CHECK(
            message_of([&] { format_by_name(name); }) ==
            "'" + std::string(name) +
                "' is no binary{K}p{P}{s|u}{e|f} with 3 <= K <= 16 and 1 to 8 exponent bits (signed K - P, unsigned K - "
                "P + 1)");
    }
    CHECK(message_of([] { format_by_name("binary8p4"); }) == "unknown format 'binary8p4'");
}
