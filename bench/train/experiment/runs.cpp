// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/runs.hpp"

#include "support/build_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <stdexcept>

namespace narrowfp::bench::train {
namespace {

constexpr std::size_t steps_between_checkpoints = 50;

// What a run collects on its way that its checkpoints do not hold: it is computed again from the beginning unless this
// part is stored beside the checkpoint.
struct progress_part {
    std::size_t step = 0;
    operand_events events;
    std::uint64_t skipped_steps = 0;
    double loss_scale = 1;
    std::uint64_t kept_bytes = 0;
    double seconds = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(progress_part, step, events, skipped_steps, loss_scale, kept_bytes, seconds)

class stopwatch {
public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void add(progress_part& p, const step_result& s) {
    p.step = s.step + 1;
    p.events.x += s.x_events;
    p.events.w += s.w_events;
    p.events.dy += s.dy_events;
    p.skipped_steps += s.skipped;
    p.loss_scale = s.loss_scale;
    p.kept_bytes = s.kept_bytes;
}

run_outcome finish(const trainer& run, const run_request& r, const progress_part& p, double seconds) {
    run_outcome out{.arm = r.arm,
                    .seed = r.seed,
                    .rate = r.rate,
                    .steps = run.steps_done(),
                    .losses = {run.losses().begin(), run.losses().end()},
                    .events = p.events,
                    .skipped_steps = p.skipped_steps,
                    .loss_scale = p.loss_scale,
                    .kept_bytes = p.kept_bytes,
                    .weights = run.weights_hash(),
                    .commit = commit_text(),
                    .seconds = seconds};
    const double own = run.evaluate(evaluation::own);
    const double wide = run.evaluate(evaluation::fp32);
    const auto first_bad =
        std::find_if_not(out.losses.begin(), out.losses.end(), [](float x) { return std::isfinite(x); });
    out.diverged = !std::isfinite(own) || !std::isfinite(wide);
    out.losses.erase(first_bad, out.losses.end());
    out.loss = out.diverged ? 0 : own;
    out.loss_fp32 = out.diverged ? 0 : wide;
    return out;
}

}  // namespace

run_configuration configuration_of(const experiment_design& d, const run_request& r) {
    return {.size = d.size,
            .how = arm_by_name(r.arm),
            .seed = r.seed,
            .noise_key = r.seed,
            .steps = d.steps,
            .peak_rate = r.rate};
}

std::string name_of(const experiment_design& d, const run_request& r) {
    return fmt::format("{}-seed{:02}{}", r.arm, r.seed, r.rate == d.rate ? "" : fmt::format("-rate{}", r.rate));
}

run_outcome perform_run(const experiment_design& d, const run_request& r, const token_streams& data, const store& kept,
                        const step_counter& count) {
    const run_configuration how = configuration_of(d, r);
    const std::string name = name_of(d, r);
    const std::string configuration = configuration_text(how, data);
    if (auto known = kept.find<run_outcome>(name, configuration)) {
        count(d.steps + evaluation_steps);
        return *known;
    }
    trainer run(how, data, one_thread);
    progress_part so_far;
    if (auto part = kept.find<progress_part>(name + ".running", configuration)) {
        const auto file = kept.checkpoint(name + "-step" + std::to_string(part->step));
        if (std::filesystem::exists(file)) {
            run.load(file);
            so_far = *part;
            count(so_far.step);
        }
    }
    const stopwatch watch;
    const double before = so_far.seconds;
    while (run.steps_done() < d.steps) {
        add(so_far, run.step());
        count(1);
        if (kept.keeps() && so_far.step % steps_between_checkpoints == 0 && so_far.step < d.steps) {
            so_far.seconds = before + watch.seconds();
            run.save(kept.checkpoint(name + "-step" + std::to_string(so_far.step)));
            kept.put(name + ".running", configuration, so_far);
            std::error_code ignored;
            std::filesystem::remove(
                kept.checkpoint(name + "-step" + std::to_string(so_far.step - steps_between_checkpoints)), ignored);
        }
    }
    const run_outcome out = finish(run, r, so_far, before + watch.seconds());
    count(evaluation_steps);
    kept.put(name, configuration, out);
    kept.remove_running(name);
    return out;
}

namespace {

std::string snapshot_name(std::size_t step) { return fmt::format("snapshot-step{}", step); }

// The snapshots and the outcome of a run that an experiment before this one finished; nothing if a part is missing.
std::optional<snapshot_run> stored_snapshots(const experiment_design& d, const run_request& r,
                                             const std::vector<std::size_t>& steps, const token_streams& data,
                                             const store& kept) {
    const run_configuration how = configuration_of(d, r);
    auto outcome = kept.find<run_outcome>(name_of(d, r), configuration_text(how, data));
    if (!outcome) {
        return std::nullopt;
    }
    snapshot_run out{.outcome = std::move(*outcome)};
    for (const std::size_t step : steps) {
        if (!std::filesystem::exists(kept.checkpoint(snapshot_name(step)))) {
            return std::nullopt;
        }
        trainer at(how, data, one_thread);
        at.load(kept.checkpoint(snapshot_name(step)));
        out.snapshots.push_back({step, std::move(at)});
    }
    return out;
}

}  // namespace

snapshot_run take_snapshots(const experiment_design& d, const std::vector<std::size_t>& steps,
                            const token_streams& data, const store& kept, const step_counter& count) {
    const run_request r{.arm = "fp32", .seed = d.first_seed, .rate = d.rate};
    if (auto known = stored_snapshots(d, r, steps, data, kept)) {
        count(d.steps + evaluation_steps);
        return std::move(*known);
    }
    const run_configuration how = configuration_of(d, r);
    trainer run(how, data, one_thread);
    progress_part so_far;
    snapshot_run out;
    const stopwatch watch;
    const auto go_to = [&](std::size_t step) {
        while (run.steps_done() < step) {
            add(so_far, run.step());
            count(1);
        }
    };
    for (const std::size_t step : steps) {
        go_to(step);
        out.snapshots.push_back({step, run.fork(how.how)});
        if (kept.keeps()) {
            run.save(kept.checkpoint(snapshot_name(step)));
        }
    }
    go_to(d.steps);
    out.outcome = finish(run, r, so_far, watch.seconds());
    count(evaluation_steps);
    const std::string name = name_of(d, r);
    const std::string configuration = configuration_text(how, data);
    if (const auto known = kept.find<run_outcome>(name, configuration);
        known && known->weights != out.outcome.weights) {
        throw std::runtime_error("'" + name +
                                 "' was stored with other weights than this program computes: choose another " +
                                 "--output, or remove the folder");
    }
    kept.put(name, configuration, out.outcome);
    return out;
}

void remove_snapshots(const std::vector<std::size_t>& steps, const store& kept) {
    std::error_code ignored;
    for (const std::size_t step : steps) {
        if (kept.keeps()) {
            std::filesystem::remove(kept.checkpoint(snapshot_name(step)), ignored);
        }
    }
}

}  // namespace narrowfp::bench::train
