// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/ratio_model.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace narrowfp::bench::ratio_model {
namespace {

// The first Philox stream of each use.
enum class streams : std::uint32_t {
    fit = 0x00000,
    fit_without = 0x10000,
    scores = 0x20000,  // 0x1000 for each form
    scores_without = 0x30000,
    classes = 0x40000,
    families = 0x50000,
    cases = 0x60000,
    shuffled = 0x100000
};

// Counts fits that are done; may be told by several threads.
class progress_count {
public:
    progress_count(const fit_options& options, std::size_t of) : options_(options), of_(of) {}
    void begin(std::string_view part) {
        const std::scoped_lock lock(one_at_a_time_);
        part_ = part;
        tell();
    }
    void add() {
        const std::scoped_lock lock(one_at_a_time_);
        ++done_;
        tell();
    }

private:
    void tell() const {
        if (options_.progress) {
            options_.progress(part_, done_, of_);
        }
    }

    std::mutex one_at_a_time_;
    const fit_options& options_;
    std::size_t of_;
    std::size_t done_ = 0;
    std::string_view part_;
};

random_key key_of(const fit_options& options, streams use, std::uint32_t further = 0) {
    return {options.seed, static_cast<std::uint32_t>(use) + further};
}

posterior fit_to(const std::vector<observation>& units, const fit_options& options, streams use) {
    return sample_posterior(design_of(units), model_form::cost,
                            {.chains = options.chains,
                             .chain = options.fit_chain,
                             .key = key_of(options, use),
                             .threads = options.threads});
}

scoring_options scoring_of(const fit_options& options, const chain_options& chain, random_key key,
                           progress_count& count) {
    return {.chain = chain,
            .draws_per_sample = options.draws_per_sample,
            .key = key,
            .threads = options.threads,
            .fitted = [&count] { count.add(); }};
}

form_scores score_forms(const std::vector<observation>& units, const fit_options& options, streams use,
                        progress_count& count) {
    const auto score = [&](model_form form) {
        const random_key key = key_of(options, use, 0x1000 * static_cast<std::uint32_t>(form));
        return leave_one_source_out(units, form, scoring_of(options, options.score_chain, key, count));
    };
    form_scores out;
    out.constant = score(model_form::constant);
    out.cells = score(model_form::cells);
    out.cost = score(model_form::cost);
    return out;
}

// Fits that report themselves.
std::size_t fits_in_all(const std::vector<observation>& units, const std::vector<observation>& without,
                        const fit_options& options) {
    const std::size_t sources = design_of(units).sources.size();
    return 2 + 3 * sources + 3 * design_of(without).sources.size() + all_left_out.size() +
           options.permutations * 2 * sources;
}

}  // namespace

posterior fit_posterior(const std::vector<evidence::pair>& pairs, const fit_options& options) {
    return fit_to(observations_of(evidence::units_of(pairs)), options, streams::fit);
}

result fit(const std::vector<evidence::pair>& pairs, const std::vector<evidence::pair>& later,
           const fit_options& options) {
    result out;
    out.pairs = static_cast<std::size_t>(
        std::count_if(pairs.begin(), pairs.end(), [](const evidence::pair& p) { return p.include && p.ratio; }));
    out.units = observations_of(evidence::units_of(pairs));
    const std::vector<observation> without = ratio_model::without_vendor_pages(out.units);
    progress_count count(options, fits_in_all(out.units, without, options));
    count.begin("fit");
    out.all = fit_to(out.units, options, streams::fit);
    count.add();
    out.without_vendor_pages = fit_to(without, options, streams::fit_without);
    count.add();
    count.begin("one source left out");
    out.left_out = score_forms(out.units, options, streams::scores, count);
    out.left_out_without_vendor_pages = score_forms(without, options, streams::scores_without, count);
    count.begin("gates");
    std::vector<class_score> classes = leave_out_classes(
        out.units, scoring_of(options, options.score_chain, key_of(options, streams::classes), count));
    out.gates = judge(out.left_out.constant, out.left_out.cost, std::move(classes),
                      score_families(out.all, later, options.draws_per_sample, key_of(options, streams::families)));
    out.covered = coverage_of(out.units);
    out.cases = judge_cases(out.all, out.without_vendor_pages, out.gates, out.covered, options.draws_per_sample,
                            key_of(options, streams::cases));
    if (options.permutations > 0) {
        count.begin("ratios permuted");
        out.shuffled = judge_shuffled(
            out.units, later,
            {.permutations = options.permutations,
             .scoring = scoring_of(options, options.permuted_chain, key_of(options, streams::shuffled), count)});
    }
    return out;
}

}  // namespace narrowfp::bench::ratio_model
