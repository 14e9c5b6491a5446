// SPDX-License-Identifier: Apache-2.0
// Figures of V11: which factor is the largest in the step from training on an Ascend in 16 bits to training on an NVIDIA
// chip in FP8, in achieved FLOP/s of a device (never tokens/s of different models). A factor is what changing it does
// while the others stay, so it depends on what was changed before: every order is a case of its own.
#pragma once

#include "claim/row.hpp"
#include "claim/scenario_distribution.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

// What differs between the two ends: the chip's peaks (16-bit products and memory), the format, what software reaches of
// them, the links.
enum class hardware_factor : std::uint8_t { peak, format, efficiency, links };
inline constexpr std::array<std::string_view, 4> factor_names{"peak", "format", "efficiency", "links"};

// FLOP/s of a device for each set of factors already changed: bit n is factor n.
using achieved_rates = std::array<double, 16>;

struct factor_order {
    std::array<hardware_factor, 4> order{};
    std::array<double, 4> factor{};  // by hardware_factor, not by place

    // The factor with the largest absolute logarithm.
    hardware_factor largest() const;
};

// All 24 orders.
std::vector<factor_order> all_orders(const achieved_rates& rates);

struct factor_figures {
    double low = 0;
    double median = 0;
    double high = 0;
    std::int64_t largest = 0;  // cases in which it is the largest of the four
};

struct attribution_tally {
    std::array<factor_figures, 4> factors;
    std::int64_t cases = 0;
    scenario_range total{};  // of all four together

    const factor_figures& operator[](hardware_factor f) const { return factors[static_cast<std::size_t>(f)]; }
    double share_largest(hardware_factor f) const {
        return cases > 0 ? static_cast<double>((*this)[f].largest) / static_cast<double>(cases) : 0;
    }
};

// Over all orders of all these rates.
attribution_tally tally_of(const std::vector<achieved_rates>& rates);

struct attribution {
    std::vector<double> shares_of_peak;        // that the Ascend end reaches, published
    std::vector<std::int64_t> sequences;       // tokens
    attribution_tally to_h20;                  // modelled H20
    std::optional<attribution_tally> to_h800;  // cross-check: H800 at its published rate; DeepSeek-V3 only
    double h800_rate = 0;                      // that rate, FLOP/s of a device
    std::vector<factor_order> orders;          // of one case: usual 910B, first share and sequence, H20 at the centre
};

attribution compute_attribution(const row_context& how);

row_result present_attribution(const attribution& figures);

}  // namespace narrowfp::bench::claim
