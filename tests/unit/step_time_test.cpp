// SPDX-License-Identifier: Apache-2.0
// The step-time model: counts by hand, limits (endless bandwidth, equal peaks), monotonicity, schedules.
#include <narrowfp/cost/models.hpp>
#include <narrowfp/cost/step_time.hpp>
#include <narrowfp/device/chips.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace narrowfp;
using namespace narrowfp::cost;

namespace {

constexpr const model_shape& v3 = cost::deepseek_v3;
constexpr const training_layout& layout = deepseek_v3_layout;

machine h800() { return machine_of(device::chip_by_name("h800"), device::quantity::fp8); }

layer_seconds narrow_layer(const machine& c, const efficiency& e) {
    return layer_time(v3, layout, c, e, arithmetic::narrow_units, cast_plan::tiles);
}
layer_seconds wide_layer(const machine& c, const efficiency& e) {
    return layer_time(v3, layout, c, e, arithmetic::wide, cast_plan::none);
}

}  // namespace

TEST_CASE("layer: its products have the work of the published shape") {
    double flops = 0;
    double repeated = 0;
    double weights = 0;
    for (const layer_product& p : layer_products(v3, layout)) {
        flops += p.flops();
        repeated += p.repeated ? p.flops() : 0;
        weights += p.narrow ? p.weights() : 0;
    }
    // Per token: attention, router, nine experts; the sum of the parts in model_shape.hpp.
    const double expected =
        2.0 * 4096 * static_cast<double>(attention_parameters(v3) + gate_parameters(v3) + 9 * expert_parameters(v3));
    CHECK(flops == doctest::Approx(expected).epsilon(1e-12));
    CHECK(repeated == doctest::Approx(2.0 * 4096 * static_cast<double>(attention_up_parameters(v3))).epsilon(1e-12));
    CHECK(weights == doctest::Approx(static_cast<double>(attention_parameters(v3) + 5 * expert_parameters(v3))));
    for (const model_shape& m : all_models) {
        training_layout one{.layers_per_stage = 1, .experts_per_device = m.experts, .micro_batch_tokens = 1};
        double parameters = 0;
        for (const layer_product& p : layer_products(m, one)) {
            parameters += p.weights();
        }
        const std::int64_t ffn = m.experts == 0
                                     ? dense_ffn_parameters(m)
                                     : (m.experts + m.shared_experts) * expert_parameters(m) + gate_parameters(m);
        CAPTURE(m.name);
        CHECK(parameters == doctest::Approx(static_cast<double>(attention_parameters(m) + ffn)).epsilon(1e-12));
    }
}

TEST_CASE("layer: tensor slices share its work") {
    training_layout eight{.layers_per_stage = 1, .micro_batch_tokens = 2048};
    const auto flops = [](const training_layout& l) {
        double sum = 0;
        for (const layer_product& p : layer_products(llama3_405b, l)) {
            sum += p.flops();
        }
        return sum;
    };
    const double whole = flops(eight);
    eight.tensor_slices = 8;
    CHECK(flops(eight) * 8 == doctest::Approx(whole));
    CHECK(layer_attention_flops(llama3_405b, eight) * 8 * 126 ==
          doctest::Approx(2048 * attention_flops_per_token(llama3_405b, 4096, attention_count::causal)));
}

TEST_CASE("layer: bytes of casts by hand") {
    std::vector<layer_product> one{
        {.name = "x", .rows = 256, .columns = 512, .depth = 1024, .input_rows = 256, .output_gradient_rows = 256}};
    CHECK(layer_cast_bytes(one, cast_plan::none, true).sum() == 0);
    CHECK(layer_cast_bytes(one, cast_plan::fused, false).forward == 256 * 1024 * 4);
    CHECK(layer_cast_bytes(one, cast_plan::fused, true).forward == 256 * 1024 * 4 + 512 * 1024 * 4);
    CHECK(layer_cast_bytes(one, cast_plan::fused, false).backward == 256 * 512 * 4);
    CHECK(layer_cast_bytes(one, cast_plan::tiles, false).forward == 256 * 1024 * (3 + 1.0 / 32));
    CHECK(layer_cast_bytes(one, cast_plan::tiles, false).backward ==
          256 * 1024 * (2 + 1.0 / 16) + 2 * 256 * 512 * (3 + 1.0 / 32));
    one[0].narrow = false;
    CHECK(layer_cast_bytes(one, cast_plan::tiles, true).sum() == 0);
}

TEST_CASE("time: a product alone") {
    machine c{.wide_peak = 1e15, .narrow_peak = 2e15, .bandwidth = 1e13};
    const efficiency e;
    // 2 x 1024^3 FLOP at 10^15 and 2 MiB of output at 10^13.
    CHECK(product_seconds(1024, 1024, 1024, 1, 1e15, 1, 2, 2, c, e) ==
          doctest::Approx(2 * 1073741824.0 / 1e15 + 2097152.0 / 1e13).epsilon(1e-12));
    // One row: the weights' bytes.
    CHECK(product_seconds(1, 4096, 4096, 1, 1e15, 1, 2, 2, c, e) ==
          doctest::Approx((4096.0 + 4096.0 * 4096) * 2 / 1e13 + 4096.0 * 2 / 1e13).epsilon(1e-12));
    // Whole waves: 5 x 5 tiles on 24 processors take two of them.
    c.processors = 24;
    c.bandwidth = std::numeric_limits<double>::infinity();
    CHECK(product_seconds(640, 640, 1024, 1, 1e15, 1, 2, 2, c, e) ==
          doctest::Approx(2 * 640.0 * 640 * 1024 / 1e15 * 48 / 25));
}

TEST_CASE("time: limits of a layer") {
    machine c = h800();
    c.processors = 0;
    const efficiency ideal;
    // Endless bandwidth: products take exactly half the time, casts nothing.
    c.bandwidth = std::numeric_limits<double>::infinity();
    c.narrow_peak = 2 * c.wide_peak;
    CHECK(wide_layer(c, ideal).products() / narrow_layer(c, ideal).products() == doctest::Approx(2).epsilon(1e-9));
    CHECK(narrow_layer(c, ideal).casts() == 0);
    // Equal peaks: nothing is gained, and on a real memory casts are a loss.
    c.narrow_peak = c.wide_peak;
    CHECK(wide_layer(c, ideal).sum() == doctest::Approx(narrow_layer(c, ideal).sum()).epsilon(1e-9));
    c.bandwidth = h800().bandwidth;
    CHECK(wide_layer(c, ideal).sum() < narrow_layer(c, ideal).sum());
    // Attention by hand: forward scores and values of 4096 tokens under a causal mask, backward 2.5 times as much.
    const double attention = 4096.0 * 4096 * 128 * (192 + 128);
    CHECK(wide_layer(c, ideal).attention_forward == doctest::Approx(attention / c.wide_peak).epsilon(1e-12));
    CHECK(wide_layer(c, ideal).attention_backward == doctest::Approx(2.5 * attention / c.wide_peak).epsilon(1e-12));
    // Storage in 8 bits with 16-bit products: products as in 16 bits, and casts.
    const layer_seconds stored = layer_time(v3, layout, c, ideal, arithmetic::narrow_storage, cast_plan::storage);
    CHECK(stored.products() == doctest::Approx(wide_layer(c, ideal).products()).epsilon(1e-9));
    CHECK(stored.casts() > 0);
    CHECK(wide_layer(c, ideal).casts() == 0);
}

TEST_CASE("time: more of anything is never slower, a slowdown never faster") {
    const efficiency e{.narrow_products = 0.7, .wide_products = 0.8, .output = 0.6, .memory = 0.8, .casts = 0.4};
    const machine base = h800();
    for (const auto& [name, change] : std::initializer_list<std::pair<const char*, void (*)(machine&)>>{
             {"narrow peak", [](machine& c) { c.narrow_peak *= 1.5; }},
             {"wide peak", [](machine& c) { c.wide_peak *= 1.5; }},
             {"bandwidth", [](machine& c) { c.bandwidth *= 1.5; }}}) {
        CAPTURE(name);
        machine more = base;
        change(more);
        CHECK(narrow_layer(more, e).sum() < narrow_layer(base, e).sum());
        CHECK(wide_layer(more, e).sum() <= wide_layer(base, e).sum());
    }
    efficiency slow = e;
    slow.narrow_slowdown = 1.2;
    CHECK(narrow_layer(base, slow).products() == doctest::Approx(1.2 * narrow_layer(base, e).products()));
    CHECK(wide_layer(base, slow).products() == doctest::Approx(wide_layer(base, e).products()));
}

TEST_CASE("time: units that are not there") {
    machine c = h800();
    c.narrow_peak = 0;
    CHECK_THROWS_AS(narrow_layer(c, {}), std::invalid_argument);
    CHECK_NOTHROW(wide_layer(c, {}));
    CHECK_THROWS_AS(machine_of(device::chip_by_name("910b2"), device::quantity::fp8), std::invalid_argument);
    CHECK(machine_of(device::chip_by_name("910b2"), device::quantity::int8).narrow_peak == 752e12);
    CHECK(machine_of(device::chip_by_name("910a"), device::quantity::int8).wide_peak == 256e12);  // FP16
}

TEST_CASE("step: chunks of DualPipe") {
    const dualpipe_chunks n = chunks_of_dualpipe(layout);
    CHECK(n.pairs == 100.5);  // 97 + r, r = 0 .. 7
    CHECK(n.pairs + n.forward == 120);
    CHECK(n.pairs + n.backward_full + n.backward_without_weights == 120);
    CHECK(n.weights == n.backward_without_weights);
}

TEST_CASE("step: schedules") {
    const stage_seconds s{1, 1, 1, 0.5, 0.5};
    training_layout l = layout;
    const double dualpipe = step_time(l, s, 0).sum();
    l.schedule = pipeline_schedule::one_f_one_b;
    CHECK(step_time(l, s, 0).sum() == doctest::Approx(120 * 4 + 15 * 4));
    const double plain = step_time(l, s, 0).sum();
    l.schedule = pipeline_schedule::zb1p;
    const double zero_bubble = step_time(l, s, 0).sum();
    CHECK(dualpipe < zero_bubble);
    CHECK(zero_bubble < plain);
    CHECK(step_time(l, s, 0.25).sum() == doctest::Approx(zero_bubble + 0.25));
    CHECK(token_rate(deepseek_v3_layout, 19.926) == doctest::Approx(1541.7).epsilon(1e-4));
    // Bubbles of DualPipe's README: (p/2 - 1)(F&B + B - 3W) and (p - 1)(F + B - 2W), traffic beside B where it is exposed.
    CHECK(step_time(layout, s, 0).bubble == doctest::Approx(7 * (3 + 2 - 3)));
    CHECK(step_time(l, s, 0).bubble == doctest::Approx(15 * (1 + 2 + 1 - 2)));
    CHECK(step_time(layout, s, 0).forward == doctest::Approx(19.5 * 1.5));
    CHECK(step_time(layout, s, 0).backward == doctest::Approx(8 * 2.5 + 11.5 * 1.5));
    CHECK(step_time(layout, s, 0).weights == doctest::Approx(11.5));
    // Without layers' work only the traffic is left, and it is exposed once it is longer than the work.
    const stage_seconds slow_links{1, 1, 1, 4, 4};
    CHECK(step_time(layout, slow_links, 0).overlapped == doctest::Approx(100.5 * 8));
}
