// SPDX-License-Identifier: Apache-2.0
// How much of a linear layer's time on this machine goes into casts and transposes, in fprop, dgrad and wgrad: the layer
// of gemm/linear.hpp under deepseek_v3, part by part. This CPU stores FP8 and multiplies it as BF16 dot products where it
// has them, so it is a chip with FP8 storage and no FP8 units; times are of this library on it, not of an accelerator.
#pragma once

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct cast_options {
    std::size_t size = 2048;  // tokens, inputs and outputs
    int repetitions = 5;
    int threads = 0;
    std::uint32_t seed = 1;
};

// Medians over the repetitions, in seconds.
struct product_parts {
    std::string name;      // "fprop"
    double quantize = 0;   // from wide numbers to codes
    double restore = 0;    // back, where stored codes are tiled again
    double transpose = 0;  // of codes
    double multiply = 0;
    double casts() const { return quantize + restore + transpose; }
    double share() const { return casts() / (casts() + multiply); }
};

struct cast_study {
    cast_options options;
    std::array<product_parts, 3> products;
    product_parts all;  // their sum
};

cast_study run_cast_study(const cast_options& options);

report::table cast_table(const cast_study& study);
std::vector<std::string> cast_findings(const cast_study& study);
report::document cast_timings(const cast_study& study, const report::field_list& context, const std::string& repro);

}  // namespace narrowfp::bench
