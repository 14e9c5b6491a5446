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
#include <map>
#include <mutex>
#include <set>

namespace narrowfp::bench::train {
namespace {

constexpr std::size_t fidelity_steps = 15;  // an arm at one checkpoint takes about as long as this many steps

// Counts steps of all threads and tells the caller.
class step_total {
public:
    step_total(std::uint64_t total, const experiment_options& how) : total_(total), how_(how) {}

    step_counter counter(std::string what) {
        return [this, what = std::move(what)](std::size_t steps) {
            const std::uint64_t done = done_ += steps;
            if (how_.on_progress) {
                how_.on_progress(std::min(done, total_), total_, what);
            }
        };
    }

private:
    std::atomic<std::uint64_t> done_ = 0;
    std::uint64_t total_ = 0;
    const experiment_options& how_;
};

class experiment {
public:
    experiment(const experiment_design& d, const corpus& text, const experiment_options& how)
        : design_(d),
          data_{text.training(), text.validation()},
          how_(how),
          kept_(how.output.empty() ? store() : store(how.output)),
          total_(steps_in_all(), how) {}

    void run(experiment_outcome& out) {
        keep_freed_memory();  // before threads start
        const std::vector<run_request> first = requests(0, 1, design_.run_arms);
        const bool has_fidelity = !all_stored_fidelity() || !how_.operand_folder.empty();
        const bool has_forks = !all_stored_forks();
        std::vector<snapshot> snapshots;
        if (has_fidelity || has_forks) {
            snapshots = run_with_snapshots(first);
        } else {
            run_all(first);
        }
        run_fidelity(out, snapshots);
        run_forks(out, snapshots);
        snapshots.clear();
        remove_snapshots(snapshot_steps(), kept_);
        run_all(extra_requests());
        if (design_.plan) {
            run_looks();
        } else {
            run_all(requests(1, design_.seeds, design_.run_arms));
        }
        collect(out);
    }

private:
    const experiment_design& design_;
    token_streams data_;
    const experiment_options& how_;
    store kept_;
    step_total total_;
    std::mutex results_mutex_;
    std::map<std::string, run_outcome> results_;  // by name

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
            run_all(requests(done, look, tested));
            run_all(requests(done, look, others));
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

    const run_outcome* result(const run_request& r) const {
        const auto found = results_.find(name_of(design_, r));
        return found == results_.end() ? nullptr : &found->second;
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
    std::string configuration(const std::string& tier, const std::string& arm_name) const {
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

    bool all_stored_fidelity() const {
        return std::all_of(design_.fidelity_arms.begin(), design_.fidelity_arms.end(), [&](const std::string& name) {
            return kept_.find<arm_fidelity>("fidelity-" + name, configuration("fidelity", name)).has_value();
        });
    }
    bool all_stored_forks() const {
        return std::all_of(design_.fork_arms.begin(), design_.fork_arms.end(), [&](const std::string& name) {
            return kept_.find<arm_forks>("forks-" + name, configuration("forks", name)).has_value();
        });
    }

    void add_result(std::string name, run_outcome r) {
        const std::scoped_lock lock(results_mutex_);
        results_.emplace(std::move(name), std::move(r));
    }

    void run_all(const std::vector<run_request>& requests) {
        parallel_for(requests.size(), how_.threads, [&](std::size_t n) {
            const std::string name = name_of(design_, requests[n]);
            add_result(name, perform_run(design_, requests[n], data_, kept_, total_.counter("T3 " + name)));
        });
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

    // The same, and copies of the FP32 run of seed 1 for T1 and T2.
    std::vector<snapshot> run_with_snapshots(const std::vector<run_request>& requests) {
        std::vector<snapshot> out;
        parallel_for(requests.size(), how_.threads, [&](std::size_t n) {
            const std::string name = name_of(design_, requests[n]);
            const bool reference = requests[n].arm == "fp32";
            const step_counter count = total_.counter("T3 " + name);
            if (reference) {
                snapshot_run run = take_snapshots(design_, snapshot_steps(), data_, kept_, count);
                out = std::move(run.snapshots);
                add_result(name, std::move(run.outcome));
            } else {
                add_result(name, perform_run(design_, requests[n], data_, kept_, count));
            }
        });
        return out;
    }

    static const snapshot& at(const std::vector<snapshot>& all, std::size_t step) {
        return *std::find_if(all.begin(), all.end(), [&](const snapshot& s) { return s.step == step; });
    }

    void run_fidelity(experiment_outcome& out, const std::vector<snapshot>& snapshots) {
        const std::size_t points = design_.checkpoints.size();
        std::vector<fidelity_reference> references;
        if (!snapshots.empty()) {
            references.resize(points);
            parallel_for(points, how_.threads, [&](std::size_t n) {
                references[n] =
                    make_reference(design_, at(snapshots, design_.checkpoint_step(design_.checkpoints[n])), data_);
            });
        }
        if (!how_.operand_folder.empty()) {
            for (const fidelity_reference& r : references) {
                out.operand_files.push_back(how_.operand_folder /
                                            fmt::format("operands-step{:04}.safetensors", r.step));
                const operand_origin origin{
                    fmt::format("fp32, seed {}, size {}", design_.first_seed, design_.size.name), r.step,
                    design_.steps};
                write_operands(out.operand_files.back(), origin, r.operands);
            }
        }
        out.fidelity.resize(design_.fidelity_arms.size());
        parallel_for(out.fidelity.size(), how_.threads, [&](std::size_t n) {
            const std::string& name = design_.fidelity_arms[n];
            const step_counter count = total_.counter("T1 " + name);
            const std::string key = configuration("fidelity", name);
            if (auto known = kept_.find<arm_fidelity>("fidelity-" + name, key)) {
                out.fidelity[n] = std::move(*known);
                count(fidelity_steps * points);
                return;
            }
            arm_fidelity all{.arm = name};
            for (const fidelity_reference& r : references) {
                arm_fidelity one = measure_fidelity(arm_by_name(name), at(snapshots, r.step), r);
                all.gradients.insert(all.gradients.end(), one.gradients.begin(), one.gradients.end());
                all.products.insert(all.products.end(), one.products.begin(), one.products.end());
                all.events.x += one.events.x;
                all.events.w += one.events.w;
                all.events.dy += one.events.dy;
                count(fidelity_steps);
            }
            kept_.put("fidelity-" + name, key, all);
            out.fidelity[n] = std::move(all);
        });
    }

    void run_forks(experiment_outcome& out, const std::vector<snapshot>& snapshots) {
        out.forks.resize(design_.fork_arms.size());
        if (design_.fork_arms.empty()) {
            return;
        }
        std::vector<double> before(design_.forks);
        if (!snapshots.empty()) {
            parallel_for(design_.forks, how_.threads, [&](std::size_t k) {
                before[k] = at(snapshots, design_.fork_start(k)).state.evaluate(evaluation::fp32);
            });
        }
        parallel_for(out.forks.size(), how_.threads, [&](std::size_t n) {
            const std::string& name = design_.fork_arms[n];
            const step_counter count = total_.counter("T2 " + name);
            const std::string key = configuration("forks", name);
            if (auto known = kept_.find<arm_forks>("forks-" + name, key)) {
                out.forks[n] = std::move(*known);
                count((design_.fork_steps() + evaluation_steps) * design_.forks);
                return;
            }
            arm_forks all{.arm = name};
            for (std::size_t k = 0; k < design_.forks; ++k) {
                all.forks.push_back(
                    run_fork(design_, arm_by_name(name), at(snapshots, design_.fork_start(k)), before[k], count));
            }
            kept_.put("forks-" + name, key, all);
            out.forks[n] = std::move(all);
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

experiment_outcome run_experiment(const experiment_design& d, const corpus& text, const experiment_options& how) {
    require_enough_text(d, text.training().size());
    require_streams(d.size, {text.training(), text.validation()});
    experiment_outcome out{.design = d,
                           .text_name = text.name,
                           .text_bytes = text.symbols.size(),
                           .vocabulary = text.vocabulary,
                           .merged_bytes = text.merged,
                           .text_crc32 = text.crc32};
    experiment(d, text, how).run(out);
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
