// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/gates.hpp"

#include "support/fixed_math.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench::ratio_model {
namespace {

gate coverage_gate(const scores& cost) {
    const double share = cost.coverage_by_source;
    return {"G2", "share of units inside their 80 % interval, one source left out, sources weighing alike", share,
            fmt::format("{:.2f} to {:.2f}", bars.coverage_low, bars.coverage_high),
            share >= bars.coverage_low && share <= bars.coverage_high};
}

gate crps_gate(const scores& constant, const scores& cost) {
    const double share = cost.crps / constant.crps;
    return {"G3", "CRPS of ln R over the constant model's", share, fmt::format("at most {:.2f}", bars.crps_share),
            share <= bars.crps_share};
}

gate width_gate(const scores& cost) {
    const double width = fixed_exp(cost.median_width);
    return {"G4", "upper over lower end of the median 80 % interval of R", width,
            fmt::format("at most {:.2f}", bars.width), width <= bars.width};
}

std::optional<gate> families_gate(const std::vector<family_score>& families) {
    std::size_t blind = 0;
    std::size_t inside = 0;
    for (const family_score& f : families) {
        if (f.number > 0 && f.number <= bars.families) {
            ++blind;
            inside += f.inside() ? 1U : 0U;
        }
    }
    if (blind < bars.families) {
        return std::nullopt;
    }
    return gate{
        "G6", fmt::format("of the first {} families collected after the model was frozen, inside", bars.families),
        static_cast<double>(inside), fmt::format("at least {}", bars.families_inside), inside >= bars.families_inside};
}

}  // namespace

double pass_share(double coverage) {
    if (!(coverage >= 0 && coverage <= 1)) {
        throw std::invalid_argument(fmt::format("coverage is {}; expected a share from 0 to 1", coverage));
    }
    double total = 0;
    double ways = 1;  // of choosing k of n, exact
    for (std::size_t k = bars.families; k >= bars.families_inside; --k) {
        double probability = ways;
        for (std::size_t i = 0; i < bars.families; ++i) {
            probability *= i < k ? coverage : 1 - coverage;
        }
        total += probability;
        ways = ways * static_cast<double>(k) / static_cast<double>(bars.families - k + 1);
    }
    return total;
}

std::optional<bool> gate_report::later_families_passed() const {
    const auto found = std::find_if(gates.begin(), gates.end(), [](const gate& g) { return g.id == "G6"; });
    return found == gates.end() ? std::nullopt : std::optional(found->passed);
}

bool gate_report::sources_passed() const {
    return std::all_of(gates.begin(), gates.end(), [](const gate& g) { return g.id == "G6" || g.passed; });
}

const class_score* gate_report::capped(left_out c) const {
    const auto found = std::find_if(classes.begin(), classes.end(), [c](const class_score& s) {
        return s.which == c && s.coverage < bars.class_coverage;
    });
    return found == classes.end() ? nullptr : &*found;
}

gate_report judge(const scores& constant, const scores& cost, std::vector<class_score> classes,
                  std::vector<family_score> families) {
    gate_report out{.gates = {coverage_gate(cost), crps_gate(constant, cost), width_gate(cost)},
                    .classes = std::move(classes),
                    .families = std::move(families),
                    .pass_chances = {}};
    if (std::optional<gate> g = families_gate(out.families)) {
        out.gates.push_back(*std::move(g));
    }
    for (const double coverage : std::array{0.50, 0.65, 0.80}) {
        out.pass_chances.push_back({coverage, pass_share(coverage)});
    }
    return out;
}

}  // namespace narrowfp::bench::ratio_model
