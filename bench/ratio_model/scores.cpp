// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/scores.hpp"

#include "evidence/unit.hpp"
#include "support/parallel.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench::ratio_model {
namespace {

using flags = std::vector<bool>;

// Fits to the observations that are not marked and predicts the marked ones as one new source.
std::vector<unit_score> predict_marked(const std::vector<observation>& all, const flags& marked, model_form form,
                                       std::uint32_t number, const scoring_options& options) {
    std::vector<observation> kept;
    std::vector<observation> tested;
    for (std::size_t i = 0; i < all.size(); ++i) {
        (marked[i] ? tested : kept).push_back(all[i]);
    }
    const random_key key{options.key.seed, options.key.stream + number};
    const posterior fit =
        sample_posterior(design_of(std::move(kept)), form, {.chains = 1, .chain = options.chain, .key = key});
    std::vector<std::vector<double>> draws =
        predict_source(fit, tested, {.draws_per_sample = options.draws_per_sample, .key = key});
    std::vector<unit_score> out;
    for (std::size_t i = 0; i < tested.size(); ++i) {
        const double measured = tested[i].log_ratio;
        out.push_back({tested[i].name, tested[i].source, measured, middle_of(draws[i]), crps_of(draws[i], measured)});
    }
    return out;
}

// Runs predict_marked for several sets of marks in parallel.
std::vector<std::vector<unit_score>> predict_all(const std::vector<observation>& all, const std::vector<flags>& sets,
                                                 model_form form, const scoring_options& options) {
    std::vector<std::vector<unit_score>> out(sets.size());
    parallel_for(sets.size(), options.threads, [&](std::size_t n) {
        out[n] = predict_marked(all, sets[n], form, static_cast<std::uint32_t>(n), options);
        if (options.fitted) {
            options.fitted();
        }
    });
    return out;
}

// Mean over sources of each source's share of units inside.
double coverage_by_source(const std::vector<unit_score>& units, std::size_t& sources) {
    double sum = 0;
    sources = 0;
    for (std::size_t first = 0; first < units.size();) {
        std::size_t end = first;
        std::size_t inside = 0;
        for (; end < units.size() && units[end].source == units[first].source; ++end) {
            inside += units[end].inside() ? 1U : 0U;
        }
        sum += static_cast<double>(inside) / static_cast<double>(end - first);
        ++sources;
        first = end;
    }
    return sum / static_cast<double>(sources);
}

}  // namespace

scores summarize(model_form form, std::vector<unit_score> units) {
    if (units.empty()) {
        throw std::invalid_argument("scores need at least one predicted unit");
    }
    scores out{.form = form, .units = std::move(units)};
    const auto n = static_cast<double>(out.units.size());
    std::vector<double> errors;
    std::vector<double> widths;
    double inside = 0;
    for (const unit_score& u : out.units) {
        inside += u.inside() ? 1 : 0;
        out.crps += u.crps / n;
        errors.push_back(std::fabs(u.measured - u.predicted.median));
        widths.push_back(u.predicted.high - u.predicted.low);
    }
    out.coverage_by_units = inside / n;
    out.coverage_by_source = coverage_by_source(out.units, out.sources);
    out.median_error = median_of(std::move(errors));
    out.median_width = median_of(std::move(widths));
    return out;
}

scores leave_one_source_out(const std::vector<observation>& observations, model_form form,
                            const scoring_options& options) {
    const design d = design_of(observations);
    if (d.sources.size() < 2) {
        throw std::invalid_argument("leaving out one source at a time needs at least two sources, found one: '" +
                                    d.units.front().source + "'");
    }
    std::vector<flags> sets;
    for (const design::group& g : d.sources) {
        flags marked(d.units.size(), false);
        std::fill_n(marked.begin() + static_cast<std::ptrdiff_t>(g.first), g.count, true);
        sets.push_back(std::move(marked));
    }
    std::vector<unit_score> units;
    for (std::vector<unit_score>& of_source : predict_all(d.units, sets, form, options)) {
        units.insert(units.end(), of_source.begin(), of_source.end());
    }
    return summarize(form, std::move(units));
}

std::string_view name_of(left_out c) {
    switch (c) {
        case left_out::hopper: return "Hopper";
        case left_out::blackwell: return "Blackwell";
        case left_out::amd: return "AMD";
        case left_out::moe: return "MoE";
    }
    return "?";
}

bool belongs(const observation& o, left_out c) {
    return c == left_out::moe ? o.moe : evidence::chip_family(o.chip) == name_of(c);
}

std::vector<class_score> leave_out_classes(const std::vector<observation>& observations,
                                           const scoring_options& options) {
    std::vector<flags> sets;
    std::vector<class_score> out;
    for (const left_out c : all_left_out) {
        flags marked;
        std::size_t count = 0;
        for (const observation& o : observations) {
            marked.push_back(belongs(o, c));
            count += marked.back() ? 1U : 0U;
        }
        if (count > 0 && count < observations.size()) {
            sets.push_back(std::move(marked));
            out.push_back({.which = c, .units = count});
        }
    }
    const auto predicted = predict_all(observations, sets, model_form::cost, options);
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::vector<double> errors;
        double inside = 0;
        for (const unit_score& u : predicted[i]) {
            inside += u.inside() ? 1 : 0;
            errors.push_back(u.measured - u.predicted.median);
        }
        out[i].coverage = inside / static_cast<double>(out[i].units);
        out[i].bias = median_of(std::move(errors));
    }
    return out;
}

}  // namespace narrowfp::bench::ratio_model
