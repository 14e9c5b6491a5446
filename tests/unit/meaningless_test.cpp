// SPDX-License-Identifier: Apache-2.0
// Invalid combinations of settings: quantisations, recipes, delayed scaling, accumulators and units on operands, linear
// layers and options are refused before any work; the message names the field, its value and the allowed values.
#include <narrowfp/cost/stored_bytes.hpp>
#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/linear.hpp>
#include <narrowfp/gemm/native.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/gemm/unit_dot.hpp>
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <functional>

#include "support/message_of.hpp"

using namespace narrowfp;
using narrowfp_test::message_of;

namespace {

const matrix<float> ones(4, 4, 1.0f);

// The message of quantize, quantize_into and quantize_reference, which must be the same. Bytes do not depend on the
// rounding.
std::string quantize_message(const quantization& q) {
    quantized_matrix out(1, 1, bf16);
    const std::string message = message_of([&] { quantize(ones.view(), q); });
    CHECK(message == message_of([&] { quantize_into(ones.view(), q, out); }));
    CHECK(message == message_of([&] { quantize_reference(ones.view(), q); }));
    const bool of_rounding = message.find("rounding") != std::string::npos || message.starts_with("overflow");
    const std::string of_bytes = of_rounding ? "no error" : message;
    CHECK(message_of([&] { cost::stored_bytes(4, 4, q); }) == of_bytes);
    CHECK(message_of([&] { cost::stored_bytes_per_number(q); }) == of_bytes);
    CHECK((message == "no error" || out.rows() == 1));
    return message;
}

std::string scaling_message(const scaling& s) { return quantize_message(quantization{.element = e4m3fn, .scale = s}); }

quantized_matrix in(const any_format& element) { return quantize(ones.view(), {.element = element}); }

}  // namespace

TEST_CASE("blocks without a scale method are refused") {
    const std::string text =
        ", allowed tensor with scale method none, under which nothing has a scale; for a scale per block set "
        "scale.method, for instance to multiplier or power_of_two";
    CHECK(quantize_message({.element = e4m3fn, .blocks = granularity::block(128, 128)}) ==
          "quantize: blocks is block(128,128)" + text);
    CHECK(quantize_message({.element = bf16, .blocks = granularity::row()}) == "quantize: blocks is row" + text);
    CHECK(quantize_message({.element = int8, .blocks = granularity::col()}) == "quantize: blocks is col" + text);
    CHECK(quantize_message({.element = e4m3fn}) == "no error");
    CHECK(quantize_message(
              {.element = e4m3fn, .blocks = granularity::block(2, 2), .scale = {.method = scale_method::multiplier}}) ==
          "no error");
}

TEST_CASE("a field of a scaling that its method does not read is refused") {
    using enum scale_method;
    for (const scale_method method : {none, multiplier, divisor, two_level}) {
        CHECK(scaling_message(scaling{.method = method, .rule = scale_rule::floor}) ==
              "scaling: rule is floor, allowed rceil (the default, not read) with method " +
                  std::string(name_of(method)) + "; a rule chooses the exponent under method power_of_two");
    }
    for (const scale_method method : {none, power_of_two, two_level}) {
        CHECK(scaling_message(scaling{.method = method, .amax_floor = 1e-4f}) ==
              "scaling: amax_floor is 1e-04, allowed 0 with method " + std::string(name_of(method)) +
                  "; multiplier and divisor raise amax");
        CHECK(scaling_message(scaling{.method = method, .round_to_power = true}) ==
              "scaling: round_to_power is true, allowed false with method " + std::string(name_of(method)) +
                  "; multiplier and divisor round to a power of two");
    }
    for (const scale_method method : {none, divisor, power_of_two, two_level}) {
        CHECK(scaling_message(scaling{.method = method, .fixed_factor = 2.0f}) ==
              "scaling: fixed_factor is 2, allowed 0 with method " + std::string(name_of(method)) +
                  "; a fixed factor needs method multiplier");
    }
    CHECK(scaling_message(scaling{.method = multiplier, .amax_floor = 1.0f, .fixed_factor = 2.0f}) ==
          "scaling: amax_floor is 1, allowed 0 beside a fixed_factor, which does not depend on amax");
}

TEST_CASE("a field of a quantisation out of range is refused") {
    using enum scale_method;
    const std::string factors = ", allowed 0 (none) and finite numbers above 2^-128";
    CHECK(scaling_message(scaling{.method = multiplier, .fixed_factor = -1}) ==
          "scaling: fixed_factor is -1" + factors);
    CHECK(scaling_message(scaling{.method = multiplier, .fixed_factor = HUGE_VALF}) ==
          "scaling: fixed_factor is inf" + factors);
    CHECK(scaling_message(scaling{.method = multiplier, .fixed_factor = std::nanf("")}) ==
          "scaling: fixed_factor is nan" + factors);
    // 1 / 2^-128 is beyond FP32: what is restored would be infinite.
    CHECK(scaling_message(scaling{.method = multiplier, .fixed_factor = 0x1p-128f})
              .starts_with("scaling: fixed_factor is"));
    CHECK(scaling_message(scaling{.method = multiplier, .fixed_factor = 0x1.8p-128f}) == "no error");
    CHECK(scaling_message(scaling{.method = divisor, .amax_floor = -1}) ==
          "scaling: amax_floor is -1, allowed finite numbers from 0");
    CHECK(scaling_message(scaling{.method = divisor, .amax_floor = HUGE_VALF}) ==
          "scaling: amax_floor is inf, allowed finite numbers from 0");
    CHECK(scaling_message(scaling{.method = static_cast<scale_method>(5)}) ==
          "scaling: method is 5, allowed 0 (none) to 4 (two_level)");
    CHECK(scaling_message(scaling{.method = power_of_two, .rule = static_cast<scale_rule>(6)}) ==
          "scaling: rule is 6, allowed 0 (floor) to 5 (three_quarters)");
    CHECK(quantize_message({.element = e4m3fn, .mode = static_cast<rounding>(9)}) ==
          "rounding is 9, allowed 0 (ties_to_even) to 8 (stochastic_c)");
    CHECK(quantize_message({.element = e4m3fn, .overflow = static_cast<overflow_mode>(3)}) ==
          "overflow is 3, allowed none, saturate_finite, saturate_propagate");
    CHECK(quantize_message({.element = e4m3fn, .mode = rounding::stochastic_b}) ==
          "quantize: mode is stochastic_b, allowed deterministic roundings: a quantisation has no random bits; convert "
          "takes a rounding_rule and a stream of them");
    CHECK(message_of([] {
              quantized_matrix(2, 2, e4m3fn, true, granularity{0, 1});
          }) == "quantized matrix: a block needs at least one row and one column");
    quantized_matrix q(2, 2, e2m1fn, true, granularity::tensor(), e4m3fn);
    for (const float factor : {0.0f, -1.0f, HUGE_VALF, std::nanf("")}) {
        CHECK(message_of([&] { q.set_tensor_scale(factor); }).ends_with("allowed positive finite numbers"));
    }
}

TEST_CASE("recipes with fields that mean nothing are refused") {
    for (const recipe& r : all_recipes) {
        CHECK_NOTHROW(require_recipe(r));
    }
    CHECK(message_of([] { with_amax_floor(recipes::mxfp8, 1e-4f); }).starts_with("scaling: amax_floor is 1e-04"));
    CHECK(message_of([] { with_amax_floor(recipes::static_scale, 1e-4f); }).find("beside a fixed_factor") !=
          std::string::npos);
    CHECK_NOTHROW(with_amax_floor(recipes::mxfp8, 0));
    // A factor of 0 would mean: from the data.
    CHECK(message_of([] { with_static_factors(recipes::static_scale, 0, 1); }) ==
          "recipe static: a factor is 0, allowed finite numbers above 2^-128");
    recipe r = recipes::none;
    r.a.k_extent = 128;
    CHECK(message_of([&] { require_recipe(r); }).starts_with("quantize: blocks is block(all,128), allowed tensor"));
    static_assert((require_recipe(recipes::nvfp4), true));
}

TEST_CASE("delayed scaling without meaning is refused") {
    CHECK(message_of([] { delayed_scale(e4m3fn, {.history = 0}); }) ==
          "delayed scaling: a history needs at least one step");
    CHECK(message_of([] { delayed_scale(e4m3fn, {.margin = 65}); }) ==
          "delayed scaling: margin is 65, allowed -64 to 64");
    CHECK(message_of([] { delayed_scale(e4m3fn, {.margin = -65}); }) ==
          "delayed scaling: margin is -65, allowed -64 to 64");
    CHECK(message_of([] { delayed_scale(e4m3fn, {.choice = static_cast<amax_choice>(2)}); }) ==
          "delayed scaling: choice is 2, allowed 0 (max) and 1 (most_recent)");
    const delayed_scale history(e4m3fn);
    CHECK(message_of([&] { history.apply_to({.element = e5m2}); }) ==
          "delayed scaling: the history is that of e4m3fn elements, the quantisation is to e5m2; each format needs its "
          "own delayed_scale");
    CHECK(message_of([&] { history.apply_to(recipes::rowwise.for_a(e4m3fn)); }) ==
          "delayed scaling: scale method is multiplier per row, allowed multiplier per tensor: the history gives one "
          "factor per tensor");
    CHECK(message_of([&] {
              history.apply_to(recipes::mxfp8.for_a(e4m3fn));
          }).starts_with("delayed scaling: scale method is power_of_two per block(1,32), allowed multiplier"));
    // The factor stays one whose reciprocal is finite; 0 would mean: from the data.
    delayed_scale small(e2m1fn, {.margin = 64});
    small.record(3e38f);
    small.update();
    CHECK(small.factor() == std::numeric_limits<float>::min());
}

TEST_CASE("the accumulator of a unit multiplies the operands of that unit alone") {
    const matrix_unit h100 = unit_by_name("h100");
    const accumulator fp8 = accumulator_of(h100, e4m3fn, e4m3fn);
    const quantized_matrix x = in(bf16);
    matrix<float> d(4, 4, -1.0f);
    const std::string text =
        " of unit h100 is for operands e4m3fn e5m2 and does not multiply bf16 x bf16; for these use "
        "accumulator_of(unit_by_name(\"h100\"), bf16, bf16)";
    const std::function<void()> calls[] = {[&] { gemm(x, x, fp8); },
                                           [&] { gemm_into(x, x, fp8, d.view()); },
                                           [&] { gemm(x, packed_operand(x), fp8); },
                                           [&] { gemm_reference(x, x, fp8); },
                                           [&] { unit_dot(fp8, bf16, bf16); },
                                           [&] { gemm(x, x, with_promotion(fp8, 128)); }};
    for (const auto& call : calls) {
        const std::string message = message_of(call);
        CAPTURE(message);
        CHECK(message.starts_with("gemm: the accumulator aligned"));
        CHECK(message.ends_with(text));
    }
    CHECK(d(0, 0) == -1.0f);
    CHECK(message_of([&] { gemm(in(e4m3fn), in(e5m2), fp8); }) == "no error");
    CHECK(message_of([&] {
              gemm(in(e4m3fn), in(bf16), fp8);
          }).ends_with("does not multiply e4m3fn x bf16; the unit multiplies f16, bf16, tf32, e4m3fn e5m2"));
    CHECK(message_of([&] {
              gemm(in(int8), in(int8), fp8);
          }).ends_with("the unit multiplies f16, bf16, tf32, e4m3fn e5m2"));
    // One rule for both formats.
    CHECK(message_of([&] { gemm(x, x, accumulator_of(h100, f16, f16)); }) == "no error");
    CHECK(message_of([&] {
              gemm(in(tf32), in(tf32), accumulator_of(h100, f16, f16));
          }).ends_with("use accumulator_of(unit_by_name(\"h100\"), tf32, tf32)"));
    // Every unit: its accumulator accepts the operands of its path and refuses operands of no path with that
    // accumulator.
    int refused = 0;
    for (const matrix_unit& unit : all_units) {
        for (const unit_path& path : unit.paths) {
            for (const any_format& from : all_formats) {
                if (!takes(path, name_of(from))) {
                    continue;
                }
                const accumulator acc = accumulator_of(unit, from, from);
                CHECK(acc == path.to_f32);
                for (const any_format& to : all_formats) {
                    const unit_path* other = find_path(unit, to, to);
                    const bool same = other != nullptr && (other->to_f32 == acc || other->to_f16 == acc);
                    const bool marked = !std::holds_alternative<sequential<float>>(acc);
                    CAPTURE(unit.name);
                    CAPTURE(name_of(from));
                    CAPTURE(name_of(to));
                    CHECK((message_of([&] { require_accumulator(acc, to, to); }) == "no error") == (same || !marked));
                    refused += same || !marked ? 0 : 1;
                }
            }
        }
    }
    CHECK(refused > 500);
    static_assert((require_accumulator(aligned{}, e4m3fn, e5m2), true));
    // Described by hand, or changed: general.
    CHECK(message_of([&] { gemm(x, x, aligned{}); }) == "no error");
    aligned changed = std::get<aligned>(fp8);
    changed.fraction_bits = 20;
    CHECK(message_of([&] { gemm(x, x, changed); }) == "no error");
}

TEST_CASE("a field of an accumulator out of range is refused") {
    const quantized_matrix x = in(e4m3fn);
    const auto message = [&](const accumulator& acc) {
        const std::string text = message_of([&] { gemm(x, x, acc); });
        CHECK(text == message_of([&] { gemm_reference(x, x, acc); }));
        return text;
    };
    const auto ends = [&](const accumulator& acc, const std::string& end) {
        const std::string text = message(acc);
        CAPTURE(text);
        CHECK(text.starts_with("gemm: "));
        CHECK(text.ends_with(end));
    };
    ends(aligned{.alignment = static_cast<align_rounding>(2)},
         ": alignment is 2, allowed 0 (toward_zero) and 1 (toward_negative)");
    ends(aligned{.output = static_cast<aligned_output>(3)},
         ": output is 3, allowed 0 (f32_toward_zero) to 2 (f16_ties_to_even)");
    ends(aligned{.zero_exponent = -200000}, ": zero_exponent is -200000, allowed -1000 to 0");
    ends(block_scaled{.zero_exponent = 1}, ": zero_exponent is 1, allowed -1000 to 0");
    ends(block_scaled{.scale = static_cast<block_scale>(2)}, ": scale is 2, allowed 0 (e8m0) and 1 (e4m3)");
    ends(aligned{.nan_pattern = 0}, ": nan_pattern is 0, allowed patterns of a NaN in FP32");
    ends(widened{aligned{}},
         ": step.output is e8m13_toward_zero, allowed f32_toward_zero and f16_ties_to_even: the products are those of "
         "FP16, not of the FP8 unit");
    ends(promoted{exact{}, 0},
         ": interval is 0, allowed 1 to 2^63 - 1; without promotion use the inner accumulator itself");
    ends(
        promoted{exact{}, static_cast<std::size_t>(-1)},
        ": interval is 18446744073709551615, allowed 1 to 2^63 - 1; without promotion use the inner accumulator itself");
    ends(promoted{aligned{.nan_pattern = 1}, 128}, ": nan_pattern is 1, allowed patterns of a NaN in FP32");
    ends(aligned{.products = 0}, "needs 1 to 65536 products and 1 to 40 fraction bits");
    ends(aligned{.products = -3}, "needs 1 to 65536 products and 1 to 40 fraction bits");
}

TEST_CASE("linear layers with fields that mean nothing are refused before any work") {
    for (const linear_recipe& r : all_linear_recipes) {
        CHECK_NOTHROW(require_linear_recipe(r));
    }
    const matrix<float> x(4, 4, 1.0f);
    const auto message = [&](linear_recipe r, const std::function<void(linear_recipe&)>& change) {
        r.name = "mine";
        change(r);
        return message_of([&] { linear_forward(x.view(), x.view(), r); });
    };
    using r = linear_recipe;
    namespace lr = linear_recipes;
    CHECK(
        message(lr::mxfp8, [](r& l) { l.dy.how = second_copy::from_kept; }) ==
        "linear: recipe mine, dY: how is from_kept, allowed from_source, requantise, same_codes: nothing of dY is kept, "
        "because both of its products belong to the backward pass");
    CHECK(
        message(lr::mxfp8, [](r& l) { l.x.kept = f16; }) ==
        "linear: recipe mine, X: kept is f16, allowed bf16 (the default, not read) with how from_source; a copy is kept "
        "under from_kept");
    CHECK(message(lr::rowwise, [](r& l) { l.x.kept = f16; }) == "no error");
    CHECK(message(lr::mxfp8, [](r& l) { l.w.how = static_cast<second_copy>(4); }) ==
          "linear: recipe mine, W: how is 4, allowed 0 (from_source) to 3 (same_codes)");
    CHECK(
        message(lr::tensor_current, [](r& l) { l.w.second.scaling.scale.round_to_power = true; }) ==
        "linear: recipe mine, W: second differs from first, allowed the same with how same_codes, which quantises once");
    CHECK(
        message(lr::mxfp8, [](r& l) { l.delayed = delayed_options{}; }) ==
        "linear: recipe mine, X: delayed scaling has one factor per tensor, allowed scale method multiplier per tensor "
        "and how same_codes; found power_of_two per block(1,32) and from_source");
    // The second copy would have the factor 1.
    CHECK(
        message(lr::delayed, [](r& l) { l.x.how = second_copy::from_source; }).ends_with("per tensor and from_source"));
    CHECK(message(lr::delayed, [](r& l) { l.delayed->margin = 100; }) ==
          "delayed scaling: margin is 100, allowed -64 to 64");
    CHECK(message(lr::fp32, [](r& l) {
              l.x.first.scaling.k_extent = 32;
          }).starts_with("quantize: blocks is block(all,32)"));
    CHECK(message(lr::fp32, [](r& l) { l.fprop.output = float_format{}; }) ==
          "format without a name: exponent_bits is 0, allowed 1 to 8");
    // wgrad of this recipe multiplies bf16: the FP8 unit does not, which is said before the forward pass works.
    const accumulator fp8 = accumulator_of(unit_by_name("h100"), e4m3fn, e4m3fn);
    CHECK(message(with_accumulator(lr::rowwise_gw_hp, fp8), [](r&) {}).find("does not multiply bf16 x bf16") !=
          std::string::npos);
    CHECK(message(with_accumulator(lr::deepseek_v3, fp8), [](r&) {}) == "no error");
    // Forward under one recipe and backward under another.
    const linear_cache cache = linear_forward(x.view(), x.view(), lr::mxfp8).cache;
    CHECK(
        message_of([&] { linear_backward(cache, x.view(), lr::bf16_cast); }) ==
        "linear: the cache holds X in e4m3fn with blocks block(32,1), recipe bf16 keeps it in bf16 with blocks tensor; "
        "forward and backward pass need one recipe");
    CHECK_NOTHROW(linear_backward(cache, x.view(), lr::mxfp8));
}

TEST_CASE("a number of threads that means nothing is refused by every compiled function") {
    const quantized_matrix q = in(e4m3fn);
    const packed_operand packed(q);
    matrix<float> d(4, 4);
    const std::vector<float> values(4, 1.0f);
    std::vector<std::uint8_t> codes(4);
    std::vector<float> restored(4);
    const auto even = rounding::ties_to_even;
    const auto none = overflow_mode::none;
    for (const int threads : {-1, 4097}) {
        const options opts{.threads = threads};
        const std::function<void()> calls[] = {
            [&] { convert(std::span<const float>(values), std::span(codes), e4m3fn, even, none, opts); },
            [&] { convert(std::span<const std::uint8_t>(codes), e4m3fn, std::span(codes), e5m2, even, none, opts); },
            [&] { round_to_format(std::span<const float>(values), std::span(restored), e4m3fn, even, none, opts); },
            [&] { decode(std::span<const std::uint8_t>(codes), e4m3fn, std::span(restored), opts); },
            [&] { quantize(ones.view(), {.element = e4m3fn}, opts); },
            [&] { dequantize(q, opts); },
            [&] { gemm(q, q, exact{}, {}, f32, opts); },
            [&] { gemm(q, packed, exact{}, {}, f32, opts); },
            [&] { gemm_into(q, q, accumulate::native{}, d.view(), {}, f32, opts); },
            [&] { gemm_into(ones.view(), ones.view(), d.view(), {}, opts); },
            [&] { packed_operand(q, opts); },
            [&] { exact_product(ones.view(), ones.view(), opts); },
            [&] { absolute_product(ones.view(), ones.view(), opts); },
            [&] { linear_forward(ones.view(), ones.view(), linear_recipes::mxfp8, compiled_engine{opts}); }};
        for (const auto& call : calls) {
            CHECK(message_of(call) == "options: threads is " + std::to_string(threads) + ", allowed 0 (all) to 4096");
        }
    }
}
