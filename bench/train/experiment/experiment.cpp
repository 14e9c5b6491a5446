// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/experiment.hpp"

#include "support/freed_memory.hpp"
#include "support/parallel.hpp"
#include "train/experiment/fidelity.hpp"
#include "train/experiment/forks.hpp"
#include "train/experiment/paired_statistics.hpp"
#include "train/experiment/runs.hpp"
#include "train/run/operand_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>

namespace narrowfp::bench::train {
namespace {

constexpr std::size_t fidelity_steps = 15;  // an arm at one checkpoint takes about as long as this many steps

// Counts steps of all threads and ranks, and tells the caller on rank 0. Several ranks add theirs once a second, and
// more than 100 ranks together 100 times a second, so that rank 0 has time for those that ask for work.
class step_total {
public:
    step_total(std::uint64_t total, const experiment_options& how, rank_job& job)
        : total_(total), how_(how), job_(job), interval_(job.size() > 1 ? std::max(1.0, job.size() / 100.0) : 0) {}

    step_counter counter(std::string what) {
        return [this, what = std::move(what)](std::size_t steps) {
            not_told_ += steps;
            tell(what);
        };
    }

    void tell(std::string_view what) {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock || seconds_now() < last_ + interval_) {
            return;
        }
        last_ = seconds_now();
        const std::uint64_t done = job_.add_done(not_told_.exchange(0));
        if (job_.is_first() && how_.on_progress) {
            how_.on_progress(std::min(done, total_), total_, what);
        }
    }

private:
    std::atomic<std::uint64_t> not_told_ = 0;
    std::uint64_t total_ = 0;
    const experiment_options& how_;
    rank_job& job_;
    double interval_ = 0;
    double last_ = 0;
    std::mutex mutex_;
};

class experiment {
public:
    experiment(const experiment_design& d, const corpus& text, const experiment_options& how, rank_job& job)
        : design_(d),
          data_{text.training(), text.validation()},
          how_(how),
          job_(job),
          threads_(static_cast<int>(job.threads(how.threads))),
          kept_(how.output.empty() ? store() : store(how.output)),
          total_(steps_in_all(), how, job) {}

    void run(experiment_outcome& out) {
        keep_freed_memory();  // before threads start
        // No rank stores a part of T1 or T2 before all have taken part in the first loop, so all see the same here.
        const bool copies_needed = !all_stored<arm_fidelity>(fidelity_tier, design_.fidelity_arms) ||
                                   !how_.operand_folder.empty() ||
                                   !all_stored<arm_forks>(forks_tier, design_.fork_arms);
        run_all(requests(0, 1, design_.run_arms), copies_needed);
        run_fidelity(out);
        run_forks(out);
        references_.clear();
        snapshots_.clear();
        if (job_.is_first()) {
            remove_snapshots(snapshot_steps(), kept_);
        }
        run_all(extra_requests());
        if (design_.plan) {
            run_looks();
        } else {
            run_all(requests(1, design_.seeds, design_.run_arms));
        }
        out.ranks = job_.size();
        out.times = job_.times();
        if (job_.is_first()) {
            collect(out);
        }
    }

private:
    static constexpr std::string_view fidelity_tier = "fidelity";
    static constexpr std::string_view forks_tier = "forks";

    const experiment_design& design_;
    token_streams data_;
    const experiment_options& how_;
    rank_job& job_;
    int threads_ = 1;
    store kept_;
    step_total total_;
    std::mutex results_mutex_;
    std::set<std::string> made_;                  // names of the runs of all ranks
    std::map<std::string, run_outcome> results_;  // of these, by name, what this rank computed or read
    // What T1 and T2 start from, made when this rank is handed its first part of them.
    std::once_flag snapshots_once_;
    std::vector<snapshot> snapshots_;
    std::once_flag references_once_;
    std::vector<fidelity_reference> references_;
    std::once_flag losses_once_;
    std::vector<double> losses_before_;  // of forks

    // Seed by seed over these arms, so that a stopped experiment has whole pairs. Seeds by their place in the design.
    std::vector<run_request> requests(std::size_t from, std::size_t to, const std::vector<std::string>& arms) const {
        std::vector<run_request> out;
        for (std::size_t n = from; n < to; ++n) {
            for (const std::string& name : arms) {
                out.push_back({name, design_.seed_at(n), design_.rate});
            }
        }
        return out;
    }

    bool is_primary(const std::string& arm) const {
        const auto& primary = design_.primary_arms;
        return std::find(primary.begin(), primary.end(), arm) != primary.end();
    }

    // From look to look, for the primary arms that have not stopped and what they are compared with. Up to the least number
    // of seeds nothing stops. Of a look, the primary gaps come first, so that a stopped experiment has as many as it can.
    void run_looks() {
        std::size_t done = 1;
        for (const std::size_t look : design_.plan->looks) {
            std::vector<std::string> tested;
            std::vector<std::string> others;
            for (const std::string& name : design_.run_arms) {
                if (!is_primary(name)) {
                    (name == "bf16" ? tested : others).push_back(name);
                } else if (look <= design_.least_seeds || !stopped(name, done)) {
                    tested.push_back(name);
                }
            }
            if (std::none_of(tested.begin(), tested.end(), [&](const auto& name) { return is_primary(name); })) {
                return;
            }
            std::vector<run_request> all = requests(done, look, tested);
            const std::vector<run_request> rest = requests(done, look, others);
            all.insert(all.end(), rest.begin(), rest.end());
            run_all(all);  // in one loop, so that no rank waits between the two
            done = look;
        }
    }

    // Whether a primary arm's test has stopped within the first `seeds` seeds. A run that diverged leaves a shorter list,
    // so the test goes on.
    bool stopped(const std::string& arm, std::size_t seeds) {
        std::vector<double> gaps;
        for (std::size_t n = 0; n < seeds; ++n) {
            const run_outcome* run = result({arm, design_.seed_at(n), design_.rate});
            const run_outcome* base = result({"bf16", design_.seed_at(n), design_.rate});
            if (run != nullptr && base != nullptr && !run->diverged && !base->diverged) {
                gaps.push_back(relative_gap_percent(run->loss, base->loss));
            }
        }
        return judge(gaps, *design_.plan).stopped;
    }

    // The outcome of a run that this or another rank made.
    const run_outcome* result(const run_request& r) {
        const std::string name = name_of(design_, r);
        if (!made_.contains(name)) {
            return nullptr;
        }
        if (!results_.contains(name)) {
            add_result(name,
                       kept_.wait_for<run_outcome>(name, configuration_text(configuration_of(design_, r), data_)));
        }
        return &results_.at(name);
    }

    std::uint64_t steps_in_all() const {
        const std::uint64_t run = design_.steps + evaluation_steps;
        return run * (design_.run_arms.size() * design_.seeds + extra_requests().size()) +
               fidelity_steps * design_.fidelity_arms.size() * design_.checkpoints.size() +
               (design_.fork_steps() + evaluation_steps) * design_.forks * design_.fork_arms.size();
    }

    std::vector<run_request> extra_requests() const {
        std::vector<run_request> out;
        if (design_.perturbed) {
            out.push_back({"null_eps", design_.first_seed, design_.rate});
        }
        for (const double rate : {3e-4, 3e-3}) {
            if (design_.learning_rates) {
                out.push_back({"fp32", design_.first_seed, rate});
            }
        }
        return out;
    }

    // What T1's and T2's parts depend on beside their arm.
    std::string configuration(std::string_view tier, const std::string& arm_name) const {
        std::string points;
        for (const double part : design_.checkpoints) {
            points += fmt::format("{} ", design_.checkpoint_step(part));
        }
        return fmt::format(
            "{} checkpoints {}batches {} forks {}x{}\n{}\n{}", tier, points, design_.batches, design_.forks,
            design_.fork_steps(),
            configuration_text(configuration_of(design_, {"fp32", design_.first_seed, design_.rate}), data_),
            configuration_text(configuration_of(design_, {arm_name, design_.first_seed, design_.rate}), data_));
    }

    static std::string part_name(std::string_view tier, const std::string& arm) {
        return fmt::format("{}-{}", tier, arm);
    }

    template <class Part>
    bool all_stored(std::string_view tier, const std::vector<std::string>& arms) const {
        return std::all_of(arms.begin(), arms.end(), [&](const std::string& name) {
            return kept_.find<Part>(part_name(tier, name), configuration(tier, name)).has_value();
        });
    }

    void add_result(std::string name, run_outcome r) {
        const std::scoped_lock lock(results_mutex_);
        results_.emplace(std::move(name), std::move(r));
    }

    void for_each(std::size_t count, const std::function<void(std::size_t)>& body) {
        job_.for_each(count, threads_, body, [&] { total_.tell("waiting for the other ranks"); });
    }

    // `with_copies`: copies of the FP32 run for T1 and T2 are kept.
    void run_all(const std::vector<run_request>& requests, bool with_copies = false) {
        for_each(requests.size(), [&](std::size_t n) {
            const std::string name = name_of(design_, requests[n]);
            const step_counter count = total_.counter("T3 " + name);
            if (with_copies && requests[n].arm == "fp32") {
                snapshot_run run = take_snapshots(design_, snapshot_steps(), data_, kept_, count);
                snapshots_ = std::move(run.snapshots);
                add_result(name, std::move(run.outcome));
            } else {
                add_result(name, perform_run(design_, requests[n], data_, kept_, count));
            }
        });
        for (const run_request& r : requests) {
            made_.insert(name_of(design_, r));
        }
    }

    std::vector<std::size_t> snapshot_steps() const {
        std::set<std::size_t> steps;
        for (const double part : design_.checkpoints) {
            steps.insert(design_.checkpoint_step(part));
        }
        for (std::size_t k = 0; !design_.fork_arms.empty() && k < design_.forks; ++k) {
            steps.insert(design_.fork_start(k));
        }
        return {steps.begin(), steps.end()};
    }

    // The copy of the FP32 run at a step. A rank that did not make that run reads its stored checkpoints.
    const snapshot& copy_at(std::size_t step) {
        std::call_once(snapshots_once_, [&] {
            if (snapshots_.empty()) {
                snapshots_ = take_snapshots(design_, snapshot_steps(), data_, kept_, [](std::size_t) {}).snapshots;
            }
        });
        return *std::find_if(snapshots_.begin(), snapshots_.end(), [&](const snapshot& s) { return s.step == step; });
    }

    const std::vector<fidelity_reference>& references() {
        std::call_once(references_once_, [&] {
            references_.resize(design_.checkpoints.size());
            parallel_for(references_.size(), threads_, [&](std::size_t n) {
                references_[n] =
                    make_reference(design_, copy_at(design_.checkpoint_step(design_.checkpoints[n])), data_);
            });
        });
        return references_;
    }

    // The FP32 loss at the start of a fork.
    double loss_before(std::size_t fork) {
        std::call_once(losses_once_, [&] {
            losses_before_.resize(design_.forks);
            parallel_for(design_.forks, threads_, [&](std::size_t k) {
                losses_before_[k] = copy_at(design_.fork_start(k)).state.evaluate(evaluation::fp32);
            });
        });
        return losses_before_[fork];
    }

    // A part for each arm: from the store, or computed by compute(arm, counter of steps) and stored. Rank 0 returns those of
    // all ranks. A stored part counts as `steps`.
    template <class Part, class Compute>
    std::vector<Part> run_arms(std::string_view title, std::string_view tier, const std::vector<std::string>& arms,
                               std::size_t steps, const Compute& compute) {
        std::vector<std::optional<Part>> parts(arms.size());
        for_each(arms.size(), [&](std::size_t n) {
            const step_counter count = total_.counter(fmt::format("{} {}", title, arms[n]));
            const std::string name = part_name(tier, arms[n]);
            const std::string key = configuration(tier, arms[n]);
            parts[n] = kept_.find<Part>(name, key);
            if (parts[n]) {
                count(steps);
                return;
            }
            parts[n] = compute(arms[n], count);
            kept_.put(name, key, *parts[n]);
        });
        std::vector<Part> out;
        for (std::size_t n = 0; job_.is_first() && n < arms.size(); ++n) {
            out.push_back(parts[n] ? std::move(*parts[n])
                                   : kept_.wait_for<Part>(part_name(tier, arms[n]), configuration(tier, arms[n])));
        }
        return out;
    }

    void write_operand_files(experiment_outcome& out) {
        for (const fidelity_reference& r : references()) {
            out.operand_files.push_back(how_.operand_folder / fmt::format("operands-step{:04}.safetensors", r.step));
            const operand_origin origin{fmt::format("fp32, seed {}, size {}", design_.first_seed, design_.size.name),
                                        r.step, design_.steps};
            write_operands(out.operand_files.back(), origin, r.operands);
        }
    }

    arm_fidelity fidelity_of(const std::string& name, const step_counter& count) {
        arm_fidelity all{.arm = name};
        for (const fidelity_reference& r : references()) {
            arm_fidelity one = measure_fidelity(arm_by_name(name), copy_at(r.step), r);
            all.gradients.insert(all.gradients.end(), one.gradients.begin(), one.gradients.end());
            all.products.insert(all.products.end(), one.products.begin(), one.products.end());
            all.events.x += one.events.x;
            all.events.w += one.events.w;
            all.events.dy += one.events.dy;
            count(fidelity_steps);
        }
        return all;
    }

    void run_fidelity(experiment_outcome& out) {
        if (!how_.operand_folder.empty() && job_.is_first()) {
            write_operand_files(out);
        }
        out.fidelity = run_arms<arm_fidelity>(
            "T1", fidelity_tier, design_.fidelity_arms, fidelity_steps * design_.checkpoints.size(),
            [&](const std::string& name, const step_counter& count) { return fidelity_of(name, count); });
    }

    void run_forks(experiment_outcome& out) {
        out.forks = run_arms<arm_forks>(
            "T2", forks_tier, design_.fork_arms, (design_.fork_steps() + evaluation_steps) * design_.forks,
            [&](const std::string& name, const step_counter& count) {
                arm_forks all{.arm = name};
                for (std::size_t k = 0; k < design_.forks; ++k) {
                    all.forks.push_back(
                        run_fork(design_, arm_by_name(name), copy_at(design_.fork_start(k)), loss_before(k), count));
                }
                return all;
            });
    }

    void collect(experiment_outcome& out) {
        for (const std::string& name : design_.run_arms) {
            for (std::size_t n = 0; n < design_.seeds; ++n) {
                if (const run_outcome* r = result({name, design_.seed_at(n), design_.rate})) {
                    out.runs.push_back(*r);
                }
            }
        }
        for (const run_request& r : extra_requests()) {
            (r.arm == "fp32" ? out.rates : out.perturbed).push_back(*result(r));
        }
    }
};

}  // namespace

experiment_outcome run_experiment(const experiment_design& d, const corpus& text, const experiment_options& how,
                                  rank_job& job) {
    require_enough_text(d, text.training().size());
    require_streams(d.size, {text.training(), text.validation()});
    experiment_outcome out{.design = d,
                           .text_name = text.name,
                           .text_bytes = text.symbols.size(),
                           .vocabulary = text.vocabulary,
                           .merged_bytes = text.merged,
                           .text_crc32 = text.crc32};
    experiment(d, text, how, job).run(out);
    return out;
}

std::pair<double, double> seconds_per_step(const experiment_design& d, const corpus& text) {
    const auto measure = [&](const char* name) {
        constexpr int steps = 4;  // after a first one
        trainer run(configuration_of(d, {name, 1, d.rate}), {text.training(), text.validation()}, {.threads = 1});
        run.step();
        const auto start = std::chrono::steady_clock::now();
        for (int n = 0; n < steps; ++n) {
            run.step();
        }
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / steps;
    };
    return {measure("fp32"), measure("deepseek_v3")};
}

}  // namespace narrowfp::bench::train
