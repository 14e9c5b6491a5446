// SPDX-License-Identifier: Apache-2.0
// The step of a model on a chip in the four hardware cases, over all scenarios: every corner of the assumed ranges
// (step_model/calibration/efficiencies.hpp) on every variant of the chip's disputed figures. On the chip that
// DeepSeek-V3 was trained on its published step is an anchor: what the model does not explain of it stays the same in
// every format.
#pragma once

#include "step_model/calibration/efficiencies.hpp"
#include "step_model/scenario_range.hpp"
#include "step_model/subject.hpp"

#include <narrowfp/cost/memory_fit.hpp>

#include <functional>

namespace narrowfp::bench::step_model {

// A chip with one choice of its disputed figures.
struct chip_variant {
    std::string label;   // "bf16 353.9, memory 68.7"; empty if nothing is disputed
    cost::machine base;  // narrow_peak 0
    double fp8_peak = 0;
    double int8_peak = 0;
};

// Throws std::invalid_argument if a figure that is needed is not known. `hypothetical_fp8`: units at twice the 16-bit
// peak.
std::vector<chip_variant> variants_of(const device::chip& c, bool hypothetical_fp8 = false);

// What the chip multiplies and stores: the four columns in which every cost is shown.
enum class hardware_case : std::uint8_t { fp8_units, fp8_storage, int8, wide };
inline constexpr std::array all_hardware_cases{hardware_case::fp8_units, hardware_case::fp8_storage,
                                               hardware_case::int8, hardware_case::wide};
// As ids of records spell it.
constexpr std::string_view id_of(hardware_case c) {
    constexpr std::array<std::string_view, 4> ids{"fp8_units", "fp8_storage_16bit_multiply", "int8", "16bit_only"};
    return ids[static_cast<std::size_t>(c)];
}

// As tables head the columns.
constexpr std::string_view name_of(hardware_case c) {
    constexpr std::array<std::string_view, 4> names{"fp8 units", "fp8 storage, 16-bit multiply", "int8", "16-bit only"};
    return names[static_cast<std::size_t>(c)];
}

// Seconds of a device for each token. A case is NaN where the chip has no such unit.
struct case_seconds {
    std::array<double, 4> seconds{};
    double operator[](hardware_case c) const { return seconds[static_cast<std::size_t>(c)]; }
};

// By how much products slow down within a step, over their time alone. `tied`: 16-bit products by the same factor as 8-bit
// ones, on every chip. It is the choice of all rows, because what slows them (other kernels and traffic that share memory
// and caches, clocks under the power limit) belongs to the chip and the step, not to the width of an operand. Only FP8
// products were measured within a step (DeepSeek's profile), and the hold-outs of S3 are predicted with tied factors.
// `apart`: 16-bit products have a factor of their own, from none to that of the profile. It shows what the choice does: a
// step in 16 bits then gains at the low end what no measurement shows.
enum class product_slowdown : std::uint8_t { tied, apart };

// One scenario: the machine and efficiencies of a corner, and what of the step no model explains.
struct step_scenario {
    const chip_variant* variant = nullptr;
    std::vector<double> values;  // of the ranges, in their order
    cost::efficiency shares;
    double other = 0;  // seconds of a device for each token, in every case
};

class step_scenarios {
public:
    // Throws as variants_of.
    step_scenarios(const subject& what, const device::chip& chip, bool hypothetical_fp8 = false,
                   product_slowdown slowdown = product_slowdown::tied);

    const std::vector<assumed>& ranges() const { return ranges_; }
    const std::vector<step_scenario>& all() const { return scenarios_; }  // the first is the centre
    bool anchored() const { return anchored_; }

    const device::chip& chip() const { return *chip_; }
    const subject& what() const { return *what_; }
    cost::machine machine_in(const step_scenario& s, hardware_case c) const;
    cost::layer_seconds layer_in(const step_scenario& s, hardware_case c) const;
    cost::stage_seconds stage_in(const step_scenario& s, hardware_case c) const;
    cost::step_parts step_in(const step_scenario& s, hardware_case c) const;
    // Memory unlimited.
    case_seconds seconds_in(const step_scenario& s) const;
    // What fits into the memory: the cheapest schedule, nothing if none fits. `usable`: share of the memory.
    std::optional<cost::schedule_choice> fit_in(const step_scenario& s, hardware_case c, double usable,
                                                double offload_exposed) const;

    // The scenario with these values of the ranges; nothing if it contradicts the published step that anchors it.
    std::optional<step_scenario> scenario_with(const chip_variant& v, const std::vector<double>& values) const;
    const std::vector<chip_variant>& variants() const { return variants_; }

    // Low and high of something over all scenarios.
    scenario_range range_of(const std::function<double(const step_scenario&)>& f) const;

private:
    const subject* what_;
    const device::chip* chip_;
    bool anchored_ = false;
    product_slowdown slowdown_;
    std::vector<chip_variant> variants_;
    std::vector<assumed> ranges_;
    std::vector<step_scenario> scenarios_;
};

cost::linear_formats formats_of(hardware_case c);
cost::arithmetic arithmetic_of(hardware_case c);
cost::cast_plan casts_of(hardware_case c);

// Share of DeepSeek-V3's published step that the model does not explain.
double unexplained_share();

}  // namespace narrowfp::bench::step_model
