// SPDX-License-Identifier: Apache-2.0
// Studies of block scales: the rule for the exponent of MX scales, blocks of nearly equal values, and tiling again.
#include "study/scaling_data.hpp"

#include <fmt/format.h>

namespace narrowfp::bench {

namespace {

constexpr std::size_t mx_block = 32;

// -- scale rules ------------------------------------------------------------------------------------------------------
quantization mx(const any_format& element, scale_rule rule) {
    return {.element = element,
            .blocks = granularity::block(1, mx_block),
            .scale = {.method = scale_method::power_of_two, .rule = rule}};
}

struct block_events {
    double above = 0;    // share of blocks whose largest element lies beyond the largest code
    double clipped = 0;  // share of blocks with a saturated element
    double worst = 0;    // largest error of an element over the amax of its block
};

// `rounding_limit`: magnitudes beyond it round past the largest code (464 for E4M3).
block_events blocks_of(const matrix<float>& x, const matrix<float>& y, const quantization& q, float rounding_limit) {
    const float largest = max_finite(q.element);
    block_events out;
    std::size_t blocks = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t from = 0; from < x.cols(); from += mx_block) {
            float amax = 0;
            float error = 0;
            for (std::size_t j = from; j < std::min(from + mx_block, x.cols()); ++j) {
                amax = std::fmax(amax, std::fabs(x(i, j)));
                error = std::fmax(error, std::fabs(x(i, j) - y(i, j)));
            }
            if (amax == 0) {
                continue;  // nothing can go wrong in it
            }
            blocks += 1;
            const float scaled = std::ldexp(amax, -power_of_two_exponent(amax, q.element, q.scale.rule));
            out.above += scaled > largest;
            out.clipped += scaled > rounding_limit;
            out.worst = std::fmax(out.worst, static_cast<double>(error) / static_cast<double>(amax));
        }
    }
    out.above /= static_cast<double>(blocks);
    out.clipped /= static_cast<double>(blocks);
    return out;
}

std::vector<sample> mx_rules_batch(const scaling_options& o, std::uint32_t batch) {
    const matrix<float> x = activations(count_of(o, 1024), 1024, o, batch, 0);
    std::vector<sample> all;
    for (const auto& [rule, name] : scale_rule_names) {
        const std::string n(name);
        const quantization q = mx(e4m3fn, rule);
        const matrix<float> y = restored(x.view(), q, o);
        const block_events e = blocks_of(x, y, q, 464.0f);  // (448 + 480) / 2
        all.push_back(percent(n + ".above", n + ": block maxima above 448", e.above));
        all.push_back(percent(n + ".clipped", n + ": block maxima that clip (above 464)", e.clipped));
        all.push_back(percent(n + ".worst", n + ": worst error of an element, of the block's amax", e.worst));
        all.push_back(percent(n + ".error", n + ": relative error", relative_error(y.view(), x.view())));
    }
    const matrix<float> y = restored(x.view(), fp32_blocks(e4m3fn, granularity::block(1, mx_block)), o);
    all.push_back(percent("fp32.error", "FP32 scale amax / 448: relative error", relative_error(y.view(), x.view())));
    for (const auto& [rule, name] : scale_rule_names) {
        const matrix<float> four = restored(x.view(), mx(e2m1fn, rule), o);
        all.push_back(percent("e2m1fn." + std::string(name), "E2M1, " + std::string(name) + ": relative error",
                              relative_error(four.view(), x.view())));
    }
    return all;
}

std::vector<expectation> mx_rules_expected() {
    return {{"floor.above", 17.1, 0.05}, {"floor.clipped", 13.7, 0.05}, {"floor.error", 2.94, 0.005},
            {"rceil.above", 0.0, 0.0},   {"rceil.clipped", 0.0, 0.0},   {"rceil.error", 2.66, 0.005},
            {"fp32.error", 2.40, 0.005}};
}

// Probability that the largest of 32 normal magnitudes lies between `low` times a power of two and twice that power.
double share_near_next_binade(double low) {
    const auto below = [](double x) { return std::pow(std::erf(x / std::sqrt(2.0)), static_cast<double>(mx_block)); };
    double share = 0;
    for (int k = -8; k <= 4; ++k) {
        share += below(std::ldexp(2.0, k)) - below(std::ldexp(low, k));
    }
    return share;
}

std::vector<std::string> mx_rules_notes() {
    return {
        fmt::format("From the distribution of the largest of 32 normal magnitudes floor puts {:.2f} % of the "
                    "maxima above 448 and "
                    "clips {:.2f} % of them.",
                    100 * share_near_next_binade(448.0 / 256), 100 * share_near_next_binade(464.0 / 256)),
        "arXiv 2506.08027 reports that pre-training with the floor rule of OCP MX 1.0 can diverge and that "
        "rounding the "
        "scale up does not; here is why: of normal numbers floor clips the largest of about one block in seven, by up to an "
        "eighth.",
        "No training is run here: that clipping causes the divergence is the paper's finding, not ours."};
}

// -- nearly equal values ----------------------------------------------------------------------------------------------
// Gains of a normalisation layer: a common value that drifts, with a relative spread of 1 %.
std::vector<sample> near_constant_batch(const scaling_options& o, std::uint32_t batch) {
    const std::size_t rows = count_of(o, 256);
    const matrix<float> noise = normal_matrix(rows, 1024, o, batch, 0);
    std::vector<sample> all;
    for (const double gain : {1.0, 1.25, 1.5, 1.7, 1.8, 1.9}) {
        matrix<float> x(noise.rows(), noise.cols());
        for (std::size_t n = 0; n < x.size(); ++n) {
            x.data()[n] = static_cast<float>(gain * (1 + 0.01 * noise.data()[n]));
        }
        for (const scale_rule rule : {scale_rule::floor, scale_rule::rceil}) {
            const quantized_matrix q = quantize(x.view(), mx(e4m3fn, rule), {.threads = o.threads});
            const matrix<float> y = dequantize(q, {.threads = o.threads});
            std::size_t last = 0;
            double shift = 0;
            double total = 0;
            for (std::size_t n = 0; n < x.size(); ++n) {
                last += (q.codes().get(n) & 0x7F) == 0x7E;  // 448
                shift += double{y.data()[n]} - double{x.data()[n]};
                total += double{x.data()[n]};
            }
            const std::string id = fmt::format("{}.{}", gain, name_of(rule));
            const std::string what = fmt::format("gains about {}, {}", gain, name_of(rule));
            all.push_back(percent(id + ".last", what + ": elements in the last bin",
                                  static_cast<double>(last) / static_cast<double>(x.size())));
            all.push_back(percent(id + ".clipped", what + ": elements that clip",
                                  static_cast<double>(q.events().saturated) / static_cast<double>(x.size())));
            all.push_back(percent(id + ".bias", what + ": bias of the mean", shift / total));
        }
    }
    return all;
}

std::vector<expectation> nothing_expected() { return {}; }

std::vector<std::string> near_constant_notes() {
    return {
        "arXiv 2506.20752 traces loss blow-ups to quantised normalisation gains whose blocks fall into the last bin at "
        "once; it states no share that these numbers could meet.",
        "Between 1.75 and 2 times a power of two all elements of a block clip together under floor, and the layer is "
        "scaled "
        "down by a bias that no averaging removes. Rounded up, nothing clips; the bias is that of rounding alone."};
}

// -- tiling again -----------------------------------------------------------------------------------------------------
std::vector<sample> retile_batch(const scaling_options& o, std::uint32_t batch) {
    const matrix<float> x = activations(count_of(o, 2048), 1024, o, batch, 0);
    const granularity along_row = granularity::block(1, 128);
    const granularity along_col = granularity::block(128, 1);
    std::vector<sample> all;
    for (const bool power : {false, true}) {
        quantization first = fp32_blocks(e4m3fn, along_row);
        first.scale.round_to_power = power;
        quantization second = first;
        second.blocks = along_col;
        const matrix<float> once = restored(x.view(), first, o);
        const matrix<float> twice = restored(once.view(), second, o);
        const matrix<float> direct = restored(x.view(), second, o);
        std::size_t changed = 0;
        for (std::size_t n = 0; n < once.size(); ++n) {
            changed += once.data()[n] != twice.data()[n];
        }
        const std::string id = power ? "power" : "fp32";
        const std::string what = power ? "powers of two" : "FP32 scales";
        all.push_back(percent(id + ".once", what + ", 1x128: relative error", relative_error(once.view(), x.view())));
        all.push_back(
            percent(id + ".twice", what + ", 1x128 then 128x1 (B, C)", relative_error(twice.view(), x.view())));
        all.push_back(percent(id + ".second", what + ", what the second pass alone changes",
                              relative_error(twice.view(), once.view())));
        all.push_back(percent(id + ".changed", what + ", elements that the second pass changes",
                              static_cast<double>(changed) / static_cast<double>(x.size())));
        all.push_back(
            percent(id + ".direct", what + ", 128x1 from the source (A)", relative_error(direct.view(), x.view())));
    }
    return all;
}

std::vector<expectation> retile_expected() {
    return {{"fp32.once", 2.58, 0.005},  {"fp32.twice", 3.16, 0.005},  {"fp32.second", 1.83, 0.005},
            {"power.once", 2.67, 0.005}, {"power.twice", 2.67, 0.005}, {"power.second", 0.0, 0.0}};
}

std::vector<std::string> retile_notes() {
    return {
        "(A) quantises both tilings from the wide tensor, (B) restores FP32-scaled codes and quantises again, (C) does "
        "so "
        "with power-of-two scales. Under C the second pass changes only what becomes subnormal in its new block, a few "
        "elements in a million of N(0, 1), which is why DeepSeek-V3 (arXiv 2412.19437, 3.3.2) uses powers of two where a "
        "tensor is tiled again.",
        "With FP32 scales the second pass rounds anew: on N(0, 1) the error grows by the square root of two. The stated 3.16 % "
        "would need a second rounding smaller than the first, which those data do not show."};
}

}  // namespace

scaling_design mx_rules_design() {
    return {"mx_rules",
            "MX scale rules: E4M3 in blocks of 32",
            "N(0, 1), 2^20 numbers a batch",
            emulation,
            mx_rules_batch,
            mx_rules_expected,
            mx_rules_notes,
            "X"};
}
scaling_design near_constant_design() {
    return {"near_constant",
            "Blocks of nearly equal values: norm gains in MXFP8",
            "g (1 + 0.01 N(0, 1)), 2^18 numbers a batch",
            "no figure is stated for these data",
            near_constant_batch,
            nothing_expected,
            near_constant_notes};
}
scaling_design retile_design() {
    return {"retile",
            "Tiling again: 1x128, then 128x1, E4M3",
            "N(0, 1), 2^21 numbers a batch",
            emulation,
            retile_batch,
            retile_expected,
            retile_notes,
            "X"};
}

}  // namespace narrowfp::bench
