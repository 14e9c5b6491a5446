// SPDX-License-Identifier: Apache-2.0
// The bytes of a linear layer by formula against what the running layer asks of operator new, which this program
// replaces; against counts by hand; and the four columns.
#include <narrowfp/cost/footprint.hpp>
#include <narrowfp/gemm/linear.hpp>

#include <doctest/doctest.h>

#include "support/heap_count.hpp"

using namespace narrowfp;
using namespace narrowfp::cost;

namespace {

// Two levels keep the factor of the tensor in the object itself, not on the heap.
std::uint64_t heap_of(const quantized_matrix& q) { return q.bytes() - (q.tensor_scale() ? sizeof(float) : 0); }

std::uint64_t live() { return static_cast<std::uint64_t>(bench::live_heap_bytes()); }

}  // namespace

TEST_CASE("bytes by formula are the bytes that the running layer holds for every recipe and ragged shapes") {
    constexpr std::array<linear_shape, 6> shapes{linear_shape{1, 1, 1}, {3, 130, 129}, {129, 31, 257},
                                                 {128, 128, 128},       {200, 33, 16}, {257, 300, 127}};
    // Tables that a conversion builds at its first use stay with the program and belong to no layer.
    const matrix<float> one(1, 1, 1.0f);
    static_cast<void>(quantize(one.view(), recipes::hif8_cast.for_a(hif8), {.threads = 1}));
    for (const linear_shape& s : shapes) {
        const matrix<float> x(s.tokens, s.inputs, 0.5f);
        const matrix<float> w(s.outputs, s.inputs, 0.25f);
        const matrix<float> dy(s.tokens, s.outputs, 2.0f);
        for (const linear_recipe& r : all_linear_recipes) {
            CAPTURE(r.name);
            CAPTURE(s.tokens);
            const linear_footprint expected = footprint_of(s, storage_of(r));
            std::optional<linear_state> history;
            if (r.delayed) {
                history.emplace(r);
            }
            linear_state* state = history ? &*history : nullptr;
            const compiled_engine engine{{.threads = 1}};
            // Products keep the tables of the last format that they met, which belong to no layer either.
            static_cast<void>(linear_forward(x.view(), w.view(), r, engine, state));
            const std::uint64_t before = live();
            std::optional<linear_output> out = linear_forward(x.view(), w.view(), r, engine, state);
            const std::uint64_t results = s.tokens * s.outputs * sizeof(float);  // Y, emulated in FP32
            CHECK((live() - before == results + heap_of(out->cache.x) + heap_of(out->cache.w) ||
                   !bench::heap_count_is_exact));
            CHECK(out->cache.x.bytes() == expected.x_kept);
            CHECK(out->cache.w.bytes() == expected.w_kept);
            // The operands of the three products, made as the layer makes them.
            const auto bytes = [&](matrix_view<const float> from, const quantization& q) {
                const std::uint64_t start = live();
                const quantized_matrix made = engine.quantize(from, q);
                CHECK((live() - start == heap_of(made) || !bench::heap_count_is_exact));
                return made.bytes();
            };
            CHECK(bytes(x.view(), r.x.first.as_a()) == expected.x_first);
            CHECK(bytes(w.view().transposed(), r.w.first.as_b()) == expected.w_first);
            CHECK(bytes(dy.view(), r.dy.first.as_a()) == expected.dy_first);
            CHECK(narrowfp::detail::input_of_wgrad(out->cache, r, engine).bytes() == expected.x_second);
            CHECK(narrowfp::detail::weight_of_dgrad(out->cache, r, engine).bytes() == expected.w_second);
            const quantized_matrix first = engine.quantize(dy.view(), r.dy.first.as_a());
            CHECK(narrowfp::detail::gradient_of_wgrad(dy.view(), first, r, engine).bytes() == expected.dy_second);
            out.reset();
        }
    }
}

TEST_CASE("a layer of DeepSeek-V3 by hand") {
    // Expert gate and up: 4096 inputs of width 7168 to 4096 outputs.
    const linear_shape s{4096, 7168, 4096};
    const std::uint64_t x = 4096 * 7168;
    const std::uint64_t w = 7168 * 4096;
    const std::uint64_t y = 4096 * 4096;
    const linear_footprint fp8 = footprint_of(s, storage_of(linear_recipes::deepseek_v3));
    CHECK(fp8.x_kept == x + 4096 * 56 * 4);
    CHECK(fp8.weights == w + 56 * 32 * 4);
    CHECK(fp8.weight_second == 0);
    CHECK(fp8.both_tilings() == 2 * (x + 4096 * 56 * 4 + y + 4096 * 32 * 4));
    CHECK(fp8.fprop_traffic() == x + 4096 * 56 * 4 + w + 56 * 32 * 4 + 2 * y);
    CHECK(fp8.wgrad_traffic() == y + 4096 * 32 * 4 + x + 7168 * 32 * 4 + 4 * w);
    const linear_footprint wide = footprint_of(s, storage_of(linear_recipes::bf16_cast, bf16));
    CHECK(wide.x_kept == 2 * x);
    CHECK(wide.weights == 2 * w);
    CHECK(wide.dgrad_traffic() == 2 * (y + w + x));
    // MX tiles run one way only, so both products have a copy of their own.
    CHECK(footprint_of(s, storage_of(linear_recipes::mxfp8)).weights == 2 * (w + w / 32));
}

TEST_CASE("a stock recipe that keeps BF16 copies saves nothing and takes more") {
    const linear_shape s{2048, 1024, 4096};
    const linear_footprint wide = footprint_of(s, storage_of(linear_recipes::bf16_cast, bf16));
    const linear_footprint stock = footprint_of(s, storage_of(linear_recipes::rowwise, bf16));
    CHECK(stock.x_kept == wide.x_kept);
    CHECK(stock.weights == wide.weights + s.parameters() + s.outputs * 4);
    const linear_footprint own = footprint_of(s, storage_of(linear_recipes::tensor_current));
    const linear_footprint beside = footprint_of(s, storage_of(linear_recipes::tensor_current, bf16));
    CHECK(beside.weights == own.weights + 2 * s.parameters());
    CHECK(beside.x_kept == own.x_kept);
    CHECK(communication_of(s, storage_of(linear_recipes::rowwise, bf16), optimizer_bf16_moments).dispatch ==
          2 * s.tokens * s.inputs);
}

TEST_CASE("the optimizer is the same in every column and payloads are those of the formats") {
    const linear_shape s{4096, 7168, 2048};
    const optimizer_footprint o = optimizer_bytes_of(s, optimizer_bf16_moments);
    CHECK(o.gradient == 4 * s.parameters());
    CHECK(o.master == 4 * s.parameters());
    CHECK(o.moments == 4 * s.parameters());
    CHECK(optimizer_bytes_of(s, optimizer_fp32_moments).moments == 8 * s.parameters());
    CHECK(optimizer_bytes_of(s, optimizer_fp8_lm).moments == 3 * s.parameters());
    const auto fp8 = communication_of(s, storage_of(linear_recipes::deepseek_v3), optimizer_bf16_moments);
    const auto wide = communication_of(s, storage_of(linear_recipes::bf16_cast, bf16), optimizer_bf16_moments);
    CHECK(fp8.dispatch == 4096 * 7392);  // 7168 + 56 * 4 a token: the published payload
    CHECK(wide.dispatch == 4096 * 14336);
    CHECK(fp8.combine == wide.combine);
    CHECK(fp8.gradient_reduce == wide.gradient_reduce);
    CHECK(wide.weight_gather == 2 * s.parameters());
}
