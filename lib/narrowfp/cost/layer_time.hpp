// SPDX-License-Identifier: Apache-2.0
// How long the work of a layer takes on a chip: each product by its shape and format, attention, casts and elementwise
// kernels at their share of a peak or of the memory's bandwidth. Efficiencies are inputs; where each comes from stands
// with the calibration data (bench/step_model/calibration/). Nothing here measures anything.
#pragma once

#include <narrowfp/cost/layer_work.hpp>
#include <narrowfp/device/chip.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::cost {

// A chip as the model sees it: FLOP/s, B/s, B.
struct machine {
    double wide_peak = 0;    // 16-bit products
    double narrow_peak = 0;  // 8-bit products; 0: no such unit
    double bandwidth = 0;    // of memory
    double memory = 0;
    double scale_up = 0;
    double scale_out = 0;
    double host_link = 0;   // 0: not known
    double processors = 0;  // 0: not known, products are not rounded up to whole waves
};

// With the preferred figures of a chip; BF16, or FP16 where it has no BF16. `narrow` names the 8-bit unit. Throws
// std::invalid_argument if the chip has no such unit or a figure that is needed is not known.
inline machine machine_of(const device::chip& c, device::quantity narrow) {
    using device::quantity;
    const auto optional = [&](quantity q) {
        const auto f = device::find_datum(c, q);
        return f ? f->value : 0.0;
    };
    const bool has_bf16 = optional(quantity::bf16) > 0;
    return {.wide_peak = device::require_datum(c, has_bf16 ? quantity::bf16 : quantity::fp16).value * 1e12,
            .narrow_peak = device::require_datum(c, narrow).value * 1e12,
            .bandwidth = device::require_datum(c, quantity::bandwidth).value * 1e12,
            .memory = device::require_datum(c, quantity::memory).value * 1e9,
            .scale_up = device::require_datum(c, quantity::scale_up).value * 1e9,
            .scale_out = optional(quantity::scale_out) * 1e9,
            .host_link = optional(quantity::host_link) * 1e9,
            .processors = optional(quantity::processors)};
}

struct efficiency {
    double narrow_products = 1;    // of the 8-bit peak, a large product alone on the chip, without its output
    double wide_products = 1;      // of the 16-bit peak
    double output = 1;             // of bandwidth, results leaving a product, not overlapped with it
    double memory = 1;             // of bandwidth, a product that waits for memory
    double casts = 1;              // of bandwidth
    double elementwise = 1;        // of bandwidth
    double attention_forward = 1;  // of the 16-bit peak
    double attention_backward = 1;
    double narrow_slowdown = 1;  // time of 8-bit products within a step over their time alone
    double wide_slowdown = 1;
    double compute_share = 1;  // of the processors; the others move data
    double links = 1;          // of a link's bandwidth
    double gap = 0;            // seconds between kernels
};

// narrow_units: 8-bit operands in 8-bit units. narrow_storage: 8-bit codes are stored and sent, 16-bit units multiply.
enum class arithmetic : std::uint8_t { narrow_units, narrow_storage, wide };

// Seconds of rows x depth by depth x columns, alone. Tiles of 128 x 128 fill the processors in whole waves; the output
// leaves after them; a product is never faster than its bytes. With the constants of DeepGEMM's H800 table it is
// within 6 % of all ten shapes.
inline double product_seconds(double rows, double columns, double depth, double groups, double peak, double share,
                              double operand_bytes, double output_bytes, const machine& c, const efficiency& e) {
    constexpr double tile = 128;
    const double flops = 2 * rows * columns * depth;
    double wave = 1;
    if (c.processors > 0) {
        const double tiles = groups * std::ceil(rows / groups / tile) * std::ceil(columns / tile);
        const double filled = std::max(1.0, std::floor(c.processors * e.compute_share));
        // Of a partly filled tile the empty part is idle time too.
        wave = std::ceil(tiles / filled) * filled * (tile * tile) / (rows * columns);
        wave = rows / groups < tile ? 1 : wave;  // narrower tiles exist for few rows
    }
    const double output = rows * columns * output_bytes;
    const double computing = flops / (peak * share * e.compute_share) * wave + output / (e.output * c.bandwidth);
    const double operands = (rows * depth + groups * depth * columns) * operand_bytes;
    return std::max(computing, (operands + output) / (e.memory * c.bandwidth));
}

// Seconds of one layer and micro-batch on one device.
struct layer_seconds {
    double forward_products = 0;
    double input_gradients = 0;
    double weight_gradients = 0;
    double repeated_products = 0;
    double wide_products = 0;  // the router's, forward and backward
    double attention_forward = 0;
    double attention_backward = 0;
    double casts_forward = 0;
    double casts_backward = 0;
    double elementwise_forward = 0;
    double elementwise_backward = 0;
    double gaps = 0;

    double products() const { return forward_products + input_gradients + weight_gradients + repeated_products; }
    double attention() const { return attention_forward + attention_backward; }
    double casts() const { return casts_forward + casts_backward; }
    double elementwise() const { return elementwise_forward + elementwise_backward; }
    double forward() const {
        return forward_products + wide_products / 3 + attention_forward + casts_forward + elementwise_forward +
               gaps / 3;
    }
    double backward_without_weights() const {
        return input_gradients + repeated_products + wide_products / 3 + attention_backward + casts_backward +
               elementwise_backward + gaps / 3;
    }
    double weights() const { return weight_gradients + wide_products / 3 + gaps / 3; }
    double sum() const { return forward() + backward_without_weights() + weights(); }
};

// Throws std::invalid_argument for narrow_units on a machine without them.
inline layer_seconds layer_time(const model_shape& m, const training_layout& l, const machine& c, const efficiency& e,
                                arithmetic a, cast_plan plan, bool cast_weights = false) {
    if (a == arithmetic::narrow_units && c.narrow_peak <= 0) {
        throw std::invalid_argument("8-bit units are asked for on a chip that has none");
    }
    constexpr double wide_bytes = 2;
    constexpr double accumulated_bytes = 8;  // an FP32 gradient is read and written
    const bool narrow = a == arithmetic::narrow_units;
    layer_seconds s;
    const std::vector<layer_product> products = layer_products(m, l);
    for (const layer_product& p : products) {
        const bool in_8_bits = narrow && p.narrow;
        const double peak = in_8_bits ? c.narrow_peak : c.wide_peak;
        const double share = in_8_bits ? e.narrow_products : e.wide_products;
        const double operand = in_8_bits ? 1 : 2;
        const double slowdown = in_8_bits ? e.narrow_slowdown : e.wide_slowdown;
        const auto seconds = [&](double rows, double columns, double depth, double bytes) {
            return slowdown * product_seconds(rows, columns, depth, p.groups, peak, share, operand, bytes, c, e);
        };
        const double forward = seconds(p.rows, p.columns, p.depth, wide_bytes);
        const double input = seconds(p.rows, p.depth, p.columns, wide_bytes);
        // Each expert's weight gradient sums over its own rows.
        const double weight = seconds(p.columns * p.groups, p.depth, p.rows / p.groups, accumulated_bytes);
        if (!p.narrow) {
            s.wide_products += forward + input + weight;
            continue;
        }
        s.forward_products += forward;
        s.input_gradients += input;
        s.weight_gradients += weight;
        s.repeated_products += p.repeated ? forward : 0;
    }
    constexpr double backward_flops = 2.5;  // of attention's forward pass: five products against two
    const double flops = layer_attention_flops(m, l);
    s.attention_forward = flops / (e.attention_forward * c.wide_peak);
    s.attention_backward = backward_flops * flops / (e.attention_backward * c.wide_peak);
    const pass_bytes casts = layer_cast_bytes(products, a == arithmetic::wide ? cast_plan::none : plan, cast_weights);
    s.casts_forward = casts.forward / (e.casts * c.bandwidth);
    s.casts_backward = casts.backward / (e.casts * c.bandwidth);
    const pass_bytes elementwise = layer_elementwise_bytes(m, l);
    s.elementwise_forward = elementwise.forward / (e.elementwise * c.bandwidth);
    s.elementwise_backward = elementwise.backward / (e.elementwise * c.bandwidth);
    s.gaps = e.gap * layer_kernels(products, a == arithmetic::wide ? cast_plan::none : plan);
    return s;
}

}  // namespace narrowfp::cost
