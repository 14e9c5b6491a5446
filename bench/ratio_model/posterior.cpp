// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/posterior.hpp"

#include "ratio_model/chain_diagnostics.hpp"
#include "ratio_model/quantile.hpp"
#include "support/parallel.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace narrowfp::bench::ratio_model {
namespace {

std::vector<double> start_of(std::uint32_t chain, random_key key, model_form form, const design& d) {
    const std::span<const parameter_info> infos = parameters_of(form);
    std::vector<double> centre;
    std::vector<double> moved;
    for (std::size_t i = 0; i < infos.size(); ++i) {
        const philox_block words = key.block(purpose::start, 0, static_cast<std::uint32_t>(i));
        centre.push_back(infos[i].centre);
        moved.push_back(infos[i].centre + 0.5 * infos[i].spread * normals(words)[0]);
    }
    return chain > 0 && std::isfinite(log_posterior(form, moved, d)) ? moved : centre;
}

std::vector<parameter_summary> summarize(model_form form, const std::vector<chain>& chains,
                                         const std::vector<parameters>& draws) {
    std::vector<parameter_summary> out;
    for (const parameter_info& info : parameters_of(form)) {
        std::vector<double> values;
        for (const parameters& p : draws) {
            values.push_back(p.*info.place);
        }
        std::sort(values.begin(), values.end());
        const diagnostics found = diagnose(chains, out.size());
        out.push_back({info.name, quantile_of_sorted(values, 0.05), quantile_of_sorted(values, 0.5),
                       quantile_of_sorted(values, 0.95), found.r_hat, found.effective_size});
    }
    return out;
}

}  // namespace

posterior sample_posterior(const design& d, model_form form, const posterior_options& options) {
    std::vector<double> first_steps;
    for (const parameter_info& info : parameters_of(form)) {
        first_steps.push_back(info.first_step);
    }
    const log_density density = [&](std::span<const double> x) { return log_posterior(form, x, d); };
    std::vector<chain> chains(options.chains);
    parallel_for(chains.size(), options.threads, [&](std::size_t i) {
        const auto number = static_cast<std::uint32_t>(i);
        const random_key key{options.key.seed, options.key.stream + number};
        chains[i] = sample_chain(density, start_of(number, key, form, d), first_steps, key, options.chain);
    });
    posterior out{.form = form, .chains = chains.size(), .draws = {}, .summary = {}};
    for (const chain& c : chains) {
        for (std::size_t i = 0; i < c.size(); ++i) {
            out.draws.push_back(from_coordinates(form, c.state(i)));
        }
        out.acceptance += c.acceptance / static_cast<double>(chains.size());
    }
    out.summary = summarize(form, chains, out.draws);
    return out;
}

parameters median_parameters(const posterior& p) {
    parameters out;
    const std::span<const parameter_info> infos = parameters_of(p.form);
    for (std::size_t i = 0; i < infos.size(); ++i) {
        out.*infos[i].place = p.summary[i].median;
    }
    return out;
}

std::uint64_t hash_of(const posterior& p) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const parameters& draw : p.draws) {
        for (const parameter_info& info : parameters_of(p.form)) {
            hash = (hash ^ std::bit_cast<std::uint64_t>(draw.*info.place)) * 0x100000001b3;
        }
    }
    return hash;
}

}  // namespace narrowfp::bench::ratio_model
