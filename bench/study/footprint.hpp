// SPDX-License-Identifier: Apache-2.0
// Every byte of the linear layers of one MoE layer of DeepSeek-V3 on one device, in the four columns and by recipe:
// cost/footprint.hpp summed over the layer's matrices. Counted, not measured; what the optimizer keeps is the same in
// every column. Stock recipes that keep BF16 copies stand beside those whose codes are the parameters.
#pragma once

#include <narrowfp/cost/footprint.hpp>
#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <string>
#include <vector>

namespace narrowfp::bench {

struct counted_layer {
    std::string name;
    cost::linear_shape shape;
    std::uint64_t count = 1;  // matrices of this shape
};

// One micro-batch of 4096 tokens, expert parallelism over 64 devices, 4 routed experts each: a routed expert sees 8 x 4096
// / 4 tokens on average. The shapes are those of the published configuration (cost/model_shape.hpp).
std::vector<counted_layer> deepseek_v3_layers();

std::vector<report::table> footprint_tables();
report::document footprint_results(const report::field_list& context, const std::string& repro);

}  // namespace narrowfp::bench
