// SPDX-License-Identifier: Apache-2.0
// The efficiencies of the step-time model: each a constant or a range, derived from
// step_model/calibration/published.hpp or stated as an assumption, with its source. A scenario is one choice from every
// range; what a row prints as its range is the lowest and highest of all corners. A later change of one is listed in
// `changes_of_efficiencies`.
#pragma once

#include "step_model/calibration/published.hpp"

#include <narrowfp/cost/layer_time.hpp>

#include <functional>
#include <string>
#include <vector>

namespace narrowfp::bench::step_model {

// One input of a scenario with its doubt.
struct assumed {
    std::string_view id;  // lower snake case
    std::string_view what;
    double low = 0;
    double centre = 0;
    double high = 0;
    std::string_view source;
};

namespace calibration {

// Share of a chip's processors that products get while 20 of 132 move data (arXiv 2412.19437, 3.2.2).
inline constexpr double traced_compute_share = 112.0 / 132;

// What all scenarios on Hopper share: output, memory, attention, elementwise, casts of DeepSeek's tiles, gaps. The
// share of products and the slowdowns are 1: a scenario sets them.
cost::efficiency hopper();

// DeepSeek's FP8 products alone, from its table (fit), and within the step, over alone, from its profile.
inline constexpr double deepgemm_share = 0.733;
double profile_slowdown();

// Share of bandwidth that casts reach, from a factor with and without them. `wide_rate` is FLOP/s in 16 bits.
double tutorial_cast_share(double kernels, double with_casts, double wide_rate, double bandwidth);
double pfn_cast_share();

// Share of the 16-bit peak of a large cuBLAS product alone.
double cublas_share();

// The ranges.
assumed wide_products();         // share of the 16-bit peak
assumed wide_products_ascend();  // the same on an Ascend
assumed narrow_over_wide();      // share of the 8-bit peak over that of the 16-bit peak, DeepSeek's recipe
assumed cublas_narrow_over_wide();
assumed slowdown();            // in the step over alone
assumed fused_casts_hopper();  // share of bandwidth
assumed fused_casts_blackwell();
assumed links();  // share of a link between nodes

struct efficiency_change {
    std::string_view date;
    std::string_view what;
    std::string_view why;
};
// Changes made after the hold-outs were first compared.
const std::vector<efficiency_change>& changes_of_efficiencies();

}  // namespace calibration

// All corners: every choice of low and high, after the centre. `n` ranges give 1 + 2^n lists of values, in order of the
// ranges.
std::vector<std::vector<double>> corners(const std::vector<assumed>& ranges);

}  // namespace narrowfp::bench::step_model
