// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/shuffled.hpp"

#include "support/parallel.hpp"

#include <algorithm>
#include <utility>

namespace narrowfp::bench::ratio_model {
namespace {

bool fails(const gate& g) { return !g.passed; }

// One permutation, on one thread.
std::vector<gate> judge_one(const std::vector<observation>& observations, const std::vector<evidence::pair>& later,
                            scoring_options scoring) {
    scoring.threads = 1;
    const scores constant = leave_one_source_out(observations, model_form::constant, scoring);
    scoring.key.stream += 1024;
    const scores cost = leave_one_source_out(observations, model_form::cost, scoring);
    scoring.key.stream += 1024;
    const posterior fit = sample_posterior(design_of(observations), model_form::cost,
                                           {.chains = 1, .chain = scoring.chain, .key = scoring.key});
    return judge(constant, cost, {}, score_families(fit, later, scoring.draws_per_sample, scoring.key)).gates;
}

}  // namespace

std::size_t shuffled_report::failed() const {
    return static_cast<std::size_t>(std::count_if(gates.begin(), gates.end(), [](const std::vector<gate>& all) {
        return std::any_of(all.begin(), all.end(), fails);
    }));
}

std::size_t shuffled_report::failed(std::string_view id) const {
    return static_cast<std::size_t>(std::count_if(gates.begin(), gates.end(), [id](const std::vector<gate>& all) {
        return std::any_of(all.begin(), all.end(), [id](const gate& g) { return g.id == id && fails(g); });
    }));
}

std::vector<observation> permuted(std::vector<observation> observations, random_key key) {
    for (std::size_t i = observations.size(); i > 1; --i) {  // Fisher and Yates
        const double unit = unit_number(key.block(purpose::permutation, i)[0]);
        const auto other = static_cast<std::size_t>(unit * static_cast<double>(i));
        std::swap(observations[i - 1].log_ratio, observations[other].log_ratio);
    }
    return observations;
}

shuffled_report judge_shuffled(const std::vector<observation>& observations, const std::vector<evidence::pair>& later,
                               const shuffled_options& options) {
    shuffled_report out;
    out.gates.resize(options.permutations);
    parallel_for(out.gates.size(), options.scoring.threads, [&](std::size_t i) {
        scoring_options scoring = options.scoring;
        scoring.key.stream += static_cast<std::uint32_t>(4096 * i);
        out.gates[i] = judge_one(permuted(observations, scoring.key), later, scoring);
    });
    return out;
}

}  // namespace narrowfp::bench::ratio_model
