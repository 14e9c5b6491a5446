// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/extrapolation.hpp"

#include "support/fixed_math.hpp"

#include <narrowfp/device/chips.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace narrowfp::bench::ratio_model {
namespace {

constexpr std::string_view vendor_of_pairs = "NVIDIA";
constexpr speed_range other_vendors_speed{1.6, 1.95};
constexpr double other_vendors_deviation = 0.15;
constexpr double far_chip_deviation = 0.05;
constexpr double far_chip_share = 0.5;  // of the reference's FLOP per byte; below it, the chip is far

// Chips whose peak is disputed: a figure among those of the catalogue.
struct settled_peak {
    std::string_view chip;
    double peak;  // TFLOP/s
    std::string_view source;
};

constexpr std::array<settled_peak, 2> settled_peaks{
    {{"910b3", 304, "middle of 295 (CANN platform_config, cores x clock) and 313 (Ascend msmodeling, name of the bin)"},
     {"910c", 752, "Ascend msmodeling and arXiv 2506.12708; others: 708 (cores x clock), 800 (keynote)"}}};

// Peak of 16-bit products: BF16, or FP16 on a chip without it.
device::datum peak_of(const device::chip& c) {
    const std::optional<device::datum> bf16 = device::find_datum(c, device::quantity::bf16);
    device::datum out =
        device::require_datum(c, bf16 && bf16->value > 0 ? device::quantity::bf16 : device::quantity::fp16);
    for (const settled_peak& s : settled_peaks) {
        if (s.chip == c.name) {
            out.value = s.peak;
            out.source = s.source;
        }
    }
    return out;
}

// The vendor of a chip of the pairs.
std::string vendor_of(std::string_view chip) {
    constexpr std::array<std::string_view, 6> nvidia{"Hopper", "Blackwell", "Blackwell RTX", "Ada", "Ampere", "Volta"};
    const std::string_view family = evidence::chip_family(chip);
    return std::string(std::find(nvidia.begin(), nvidia.end(), family) == nvidia.end() ? family : vendor_of_pairs);
}

// FLOP per byte of a chip of the pairs; nothing if the catalogue does not know it.
std::optional<double> catalogued_flop_per_byte(std::string_view chip) {
    std::string name(chip);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto found = std::find_if(device::all_chips.begin(), device::all_chips.end(),
                                    [&](const device::chip& c) { return c.name == name; });
    return found == device::all_chips.end() ? std::nullopt : std::optional(asked_chip_of(*found).flop_per_byte());
}

double uniform(double low, double high, double unit) { return low + (high - low) * unit; }

}  // namespace

asked_chip asked_chip_of(const device::chip& c) {
    const device::datum peak = peak_of(c);
    const device::datum memory = device::require_datum(c, device::quantity::bandwidth);
    const std::optional<device::datum> fp8 = device::find_datum(c, device::quantity::fp8);
    asked_chip out{.name = std::string(c.full_name),
                   .vendor = std::string(c.vendor),
                   .family = std::string(evidence::chip_family(c.full_name)),
                   .peak = peak.value,
                   .memory = memory.value,
                   .source = fmt::format("peak: {}; bandwidth: {}", peak.source, memory.source),
                   .speed = {},
                   .extra_deviation = 0,
                   .hypothetical = !fp8 || fp8->value <= 0};
    if (c.vendor != vendor_of_pairs) {
        out.speed = other_vendors_speed;
        out.extra_deviation = other_vendors_deviation;
    } else if (out.flop_per_byte() < far_chip_share * reference_peak / reference_memory) {
        out.extra_deviation = far_chip_deviation;
    }
    return out;
}

double scaled_elementwise(const asked_chip& c, const kind_of_model& k) {
    return elementwise_of(k.sizes) * (reference_memory / c.memory) * (c.peak / reference_peak);
}

double lowest_factor(const asked_chip& c) { return std::min(1.0, c.peak / reference_peak); }

ratio_draws extrapolate(const posterior& p, const asked_chip& c, const kind_of_model& k, std::uint32_t draws_per_sample,
                        random_key key) {
    observation o;
    o.elementwise = scaled_elementwise(c, k);
    o.attention = attention_of(k.sizes);
    o.moe = k.moe;
    o.recipe = k.recipe;
    const double log_lowest = fixed_log(lowest_factor(c));
    ratio_draws out;
    std::uint64_t draw = 0;
    for (const parameters& sample : p.draws) {
        for (std::uint32_t n = 0; n < draws_per_sample; ++n, ++draw) {
            const philox_block words = key.block(purpose::extrapolation, draw, 0);
            const std::array<double, 4> four = normals(key.block(purpose::extrapolation, draw, 1));
            const double factor = fixed_exp(uniform(log_lowest, 0, unit_number(words[0])));
            parameters there = sample;
            there.alpha *= factor;
            there.gamma *= factor;
            if (c.speed) {
                there.s = uniform(c.speed->low, c.speed->high, unit_number(words[1]));
            }
            const double mean = mean_log_ratio(p.form, there, o);
            const double t = t_factor(words[2], words[3]);
            out.typical.push_back(mean);
            out.centre.push_back(mean + c.extra_deviation * four[2]);
            out.scale.push_back(std::sqrt(sample.tau * sample.tau + sample.sigma * sample.sigma));
            out.stack.push_back(out.centre.back() + t * out.scale.back() * four[0]);
        }
    }
    return out;
}

probability probability_above(const ratio_draws& draws, double ratio, std::size_t parts) {
    const double threshold = fixed_log(ratio);
    const std::size_t length = draws.centre.size() / parts;
    std::vector<double> of_part(parts, 0.0);
    for (std::size_t i = 0; i < length * parts; ++i) {
        of_part[i / length] +=
            t4_distribution((draws.centre[i] - threshold) / draws.scale[i]) / static_cast<double>(length);
    }
    const auto n = static_cast<double>(parts);
    probability out;
    for (const double share : of_part) {
        out.value += share / n;
    }
    double squares = 0;
    for (const double share : of_part) {
        squares += (share - out.value) * (share - out.value);
    }
    out.error = parts > 1 ? std::sqrt(squares / (n * (n - 1))) : 0;
    return out;
}

pair_coverage coverage_of(std::span<const observation> observations) {
    pair_coverage out;
    for (const observation& o : observations) {
        const std::string vendor = vendor_of(o.chip);
        if (std::find(out.vendors.begin(), out.vendors.end(), vendor) == out.vendors.end()) {
            out.vendors.push_back(vendor);
        }
        if (const std::optional<double> found = catalogued_flop_per_byte(o.chip)) {
            out.lowest = out.highest == 0 ? *found : std::min(out.lowest, *found);
            out.highest = std::max(out.highest, *found);
        }
    }
    return out;
}

std::vector<std::string> extrapolation_limits(const asked_chip& c, const pair_coverage& covered) {
    std::vector<std::string> out;
    if (c.flop_per_byte() < covered.lowest || c.flop_per_byte() > covered.highest) {
        out.push_back(fmt::format("{:.0f} FLOP per byte; chips with pairs have {:.0f} to {:.0f}", c.flop_per_byte(),
                                  covered.lowest, covered.highest));
    }
    if (std::find(covered.vendors.begin(), covered.vendors.end(), c.vendor) == covered.vendors.end()) {
        out.push_back(fmt::format("no pairs on chips of {}", c.vendor));
    }
    return out;
}

}  // namespace narrowfp::bench::ratio_model
