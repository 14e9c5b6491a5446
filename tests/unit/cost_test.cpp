// SPDX-License-Identifier: Apache-2.0
// The cost formulas against published figures of models, against sums done by hand and against real matrices.
#include <narrowfp/cost/models.hpp>
#include <narrowfp/cost/step_trace.hpp>
#include <narrowfp/cost/training_bytes.hpp>
#include <narrowfp/cost/training_flops.hpp>
#include <narrowfp/quant/quantize.hpp>

#include <doctest/doctest.h>

using namespace narrowfp;
using namespace narrowfp::cost;

namespace {

constexpr const model_shape& v3 = cost::deepseek_v3;
constexpr const training_layout& layout = deepseek_v3_layout;

const linear_formats eight_bits = eight_bit("fp8", recipes::deepseek_v3);
const linear_formats sixteen_bits = sixteen_bit();

}  // namespace

TEST_CASE("cost: parameters of DeepSeek-V3, part by part") {
    CHECK(attention_parameters(v3) == 187105280);
    CHECK(attention_up_parameters(v3) == 37748736 + 16777216);
    CHECK(expert_parameters(v3) == 44040192);
    CHECK(dense_ffn_parameters(v3) == 396361728);
    CHECK(gate_parameters(v3) == 1835008);
    CHECK(head_parameters(v3) == 926679040);
    CHECK(total_parameters(v3) == 671026419200);
    CHECK(linear_parameters_per_token(v3) == 36624596992);
}

TEST_CASE("cost: parameters of other models against their published counts") {
    CHECK(total_parameters(pangu_ultra_moe) == doctest::Approx(718e9).epsilon(2e-3));
    CHECK(linear_parameters_per_token(pangu_ultra_moe) == doctest::Approx(39e9).epsilon(0.02));
    CHECK(total_parameters(llama3_8b) == 8030261248);  // 8.03B
    CHECK(total_parameters(llama3_405b) == doctest::Approx(405e9).epsilon(3e-3));
    // arXiv 2505.09343, table 2: Llama-405B 2448 GFLOP per token.
    CHECK(training_flops_per_token(llama3_405b, 4096, attention_count::causal) ==
          doctest::Approx(2448e9).epsilon(0.02));
    // Grouped attention: 4096 x (32 + 2 x 8) x 128 and 4096 x 4096.
    CHECK(attention_parameters(llama3_8b) == 4096 * 48 * 128 + 4096 * 4096);
    CHECK(attention_up_parameters(llama3_8b) == 0);
    model_shape plain = llama3_8b;
    plain.ffn_matrices = 2;
    CHECK(dense_ffn_parameters(plain) * 3 == dense_ffn_parameters(llama3_8b) * 2);
    plain.tied_head = true;
    CHECK(total_parameters(llama3_8b) - total_parameters(plain) == head_parameters(plain) + 32 * 4096LL * 14336);
}

TEST_CASE("cost: work per token and rates") {
    CHECK(linear_flops_per_token(v3) == 73249193984.0);
    CHECK(attention_flops_per_token(v3, 4096, attention_count::full) == 20468203520.0);
    CHECK(attention_flops_per_token(v3, 4096, attention_count::causal) == 10234101760.0);
    CHECK(training_flops_per_token(v3, 4096, attention_count::causal) == 250449887232.0);
    CHECK(training_flops_per_token(v3, 4096, attention_count::full) == doctest::Approx(281.2e9).epsilon(1e-3));
    CHECK(token_rate_of_step(deepseek_v3_run) == doctest::Approx(1541.7).epsilon(1e-4));
    CHECK(token_rate_of_device_hours(deepseek_v3_run) == doctest::Approx(1543.2).epsilon(1e-4));
}

TEST_CASE("cost: bytes of a matrix equal those that quantize stores, whatever the shape") {
    for (const recipe& r : all_recipes) {
        for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{1, 1},
                                         {1, 128},
                                         {3, 129},
                                         {128, 128},
                                         {130, 257},
                                         {7, 1000},
                                         {0, 5}}) {
            CAPTURE(r.name);
            CAPTURE(rows);
            CAPTURE(cols);
            const matrix<float> x(rows, cols, 1.0f);
            CHECK(stored_bytes(rows, cols, r.for_a(r.element)) == quantize(x.view(), r.for_a(r.element)).bytes());
            CHECK(stored_bytes(rows, cols, r.for_b(r.element)) == quantize(x.view(), r.for_b(r.element)).bytes());
        }
    }
    const quantization four_bits{.element = e2m1fn};
    CHECK(stored_bytes(3, 3, four_bits) == quantize(matrix<float>(3, 3).view(), four_bits).bytes());
}

TEST_CASE("cost: bytes of a number") {
    CHECK(stored_bytes_per_number(recipes::deepseek_v3.for_a(e4m3fn)) == 1 + 4.0 / 128);
    CHECK(stored_bytes_per_number(recipes::deepseek_v3.for_b(e4m3fn)) == 1 + 4.0 / 16384);
    CHECK(stored_bytes_per_number(recipes::mxfp8.for_a(e4m3fn)) == 1 + 1.0 / 32);
    CHECK(stored_bytes_per_number(recipes::tensor_current.for_a(e4m3fn)) == 1);
    CHECK(stored_bytes_per_number(recipes::none.for_a(bf16)) == 2);
}

TEST_CASE("cost: a dispatched token is what a quantised row takes") {
    CHECK(dispatch_bytes(v3, eight_bits) == 7392);
    CHECK(dispatch_bytes(v3, sixteen_bits) == 14336);
    CHECK(stored_bytes(1, 7168, recipes::deepseek_v3.for_a(e4m3fn)) == 7392);
    CHECK(dispatch_bytes(v3, eight_bit("int8", recipes::int8_tile)) == 7392);
}

TEST_CASE("cost: traffic") {
    CHECK(expert_traffic_bytes(v3, eight_bits, 4) == 173824);
    CHECK(expert_traffic_bytes(v3, sixteen_bits, 4) == 229376);
    CHECK(pipeline_traffic_bytes(v3, layout) == 58720256);
    CHECK(gradient_traffic_bytes_per_parameter(sixteen_bits, optimizer_bf16_moments) == 6);
    CHECK(gradient_traffic_bytes_per_parameter(eight_bits, optimizer_bf16_moments) == doctest::Approx(5).epsilon(1e-4));
}

TEST_CASE("cost: activations and what a device keeps") {
    CHECK(activation_bytes(v3, eight_bits) == 155136);
    CHECK(activation_bytes(v3, sixteen_bits) == 254592);
    CHECK(activation_bytes_in_flight(v3, layout, eight_bits) == doctest::Approx(43.2e9).epsilon(1e-3));
    CHECK(activation_bytes_in_flight(v3, layout, sixteen_bits) == doctest::Approx(70.9e9).epsilon(1e-3));
    CHECK(weight_bytes(v3, layout, sixteen_bits) == doctest::Approx(6.55e9).epsilon(1e-3));
    CHECK(weight_bytes(v3, layout, eight_bits) ==
          doctest::Approx(3.27e9).epsilon(6e-3));  // and router and norms in 16 bits
    CHECK(gradient_bytes(v3, layout, optimizer_bf16_moments) == doctest::Approx(13.1e9).epsilon(1e-3));
    CHECK(optimizer_bytes(v3, layout, optimizer_bf16_moments) == doctest::Approx(2.62e9).epsilon(1e-3));
    CHECK(optimizer_bytes(v3, layout, optimizer_fp32_moments) == doctest::Approx(3.93e9).epsilon(1e-3));
}

TEST_CASE("cost: a 16-bit step from a timed FP8 step") {
    const step_trace& t = deepseek_v3_trace;
    CHECK(traced_gemm_flops(v3, t) == doctest::Approx(59.1e12).epsilon(1e-3));
    CHECK(traced_gemm_flops(v3, t) / t.fp8_gemm == doctest::Approx(854e12).epsilon(1e-3));
    for (const auto& [efficiency, ratio] : {std::pair{0.76, 1.06}, {0.65, 1.18}, {0.55, 1.34}}) {
        CHECK(step_ratio(t, gemm_seconds(v3, t, 989e12, efficiency)) == doctest::Approx(ratio).epsilon(4e-3));
    }
    CHECK(step_ratio(t, 1.40 * (t.fp8_gemm + t.casts)) == doctest::Approx(1.26).epsilon(4e-3));
    CHECK(step_ratio(t, 1.58 * (t.fp8_gemm + t.casts)) == doctest::Approx(1.38).epsilon(4e-3));
    CHECK(step_ratio(t, 2 * t.fp8_gemm) == doctest::Approx(1.42).epsilon(4e-3));
    CHECK(step_ratio(t, t.fp8_gemm + t.casts) == doctest::Approx(1));
}
