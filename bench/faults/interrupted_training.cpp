// SPDX-License-Identifier: Apache-2.0
#include "faults/interrupted_training.hpp"
#include "support/seconds_now.hpp"

#include "faults/training_text.hpp"
#include "support/scratch_folder.hpp"
#include "train/run/trainer.hpp"

#include <narrowfp/cost/failures.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <thread>

namespace narrowfp::bench {

namespace {

// Seconds of a step and of a checkpoint, as a life without kills found them.
struct life_timing {
    double step = 0;
    double save = 0;
};

life_timing timing_in(const std::filesystem::path& folder) {
    std::istringstream text(report::read_file(folder / "timing"));
    life_timing t;
    text >> t.step >> t.save;
    return t;
}

interruption_outcome run_lives(const interruption_options& o, life_options life, const kill_plan& plan,
                               life_timing* timing = nullptr, std::uint64_t* checkpoint_bytes = nullptr) {
    const scratch_folder folder("narrowfp-lives");
    life.folder = folder.path();
    std::vector<std::string> command = o.program;
    for (std::string& argument : life_arguments(life)) {
        command.push_back(std::move(argument));
    }
    interruption_outcome out = run_interrupted({std::move(command), folder.path()}, plan);
    if (timing != nullptr) {
        *timing = timing_in(folder.path());
    }
    if (checkpoint_bytes != nullptr) {
        *checkpoint_bytes = std::filesystem::file_size(folder.path() / "checkpoint");
    }
    return out;
}

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) {
        sum += v;
    }
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// Share of effective time: work over wall time, summed over runs; its standard error by leaving one run out at a time.
void set_share(share_result& r, double work, const std::vector<double>& walls) {
    double all = 0;
    for (const double wall : walls) {
        all += wall;
    }
    const auto n = static_cast<double>(walls.size());
    r.share = work * n / all;
    double squares = 0;
    for (const double wall : walls) {
        const double without = work * (n - 1) / (all - wall);
        squares += (without - r.share) * (without - r.share);
    }
    r.standard_error = std::sqrt(squares * (n - 1) / n);
}

struct kill_rate {
    const char* id;
    double mtbf;  // seconds
    int runs;
};

}  // namespace

std::vector<std::string> life_arguments(const life_options& o) {
    return {"--life",       o.folder.string(),
            "--life-arm",   o.arm,
            "--life-steps", std::to_string(o.steps),
            "--life-every", std::to_string(o.every),
            "--life-save",  report::exact_text(o.save_seconds),
            "--seed",       std::to_string(o.seed)};
}

void run_one_life(const life_options& o) {
    const chain_text text(o.seed);
    train::trainer t({.size = train::size_tiny, .how = train::arm_by_name(o.arm), .seed = o.seed, .steps = o.steps},
                     text.streams(), {.threads = 1});
    const std::filesystem::path checkpoint = o.folder / "checkpoint";
    if (std::filesystem::exists(checkpoint)) {
        t.load(checkpoint);
    }
    std::puts("ready");
    std::fflush(stdout);
    double step_seconds = 0;
    double save_seconds = 0;
    std::size_t steps = 0;
    std::size_t saves = 0;
    while (t.steps_done() < o.steps) {
        const double start = seconds_now();
        t.step();
        step_seconds += seconds_now() - start;
        ++steps;
        if (t.steps_done() % o.every == 0 || t.steps_done() == o.steps) {
            const double before = seconds_now();
            std::this_thread::sleep_for(std::chrono::duration<double>(o.save_seconds));
            t.save(checkpoint);
            save_seconds += seconds_now() - before;
            ++saves;
        }
    }
    report::write_file(o.folder / "timing",
                       report::exact_text(step_seconds / static_cast<double>(std::max<std::size_t>(1, steps))) + " " +
                           report::exact_text(save_seconds / static_cast<double>(std::max<std::size_t>(1, saves))) +
                           "\n");
    report::write_file(o.folder / "result", t.weights_hash() + " " + report::exact_text(double{t.losses().back()}));
}

std::int64_t interruption_study::kills_in_writes() const {
    return std::count_if(kills.begin(), kills.end(), [](const kill_event& k) { return k.in_write; });
}

interruption_study run_interruption_study(const interruption_options& o) {
    interruption_study study;
    const std::size_t wanted_kills = o.small ? 6 : 50;
    const std::int64_t wanted_in_writes = o.small ? 2 : 10;
    life_options life;
    life.steps = o.small ? 60 : 300;
    life.every = 5;
    life.seed = o.seed;
    // Without a kill: the expected result, and what a step and a checkpoint take here.
    life_timing timing;
    study.expected = run_lives(o, life, {.most_kills = 0}, &timing, &study.checkpoint_bytes).result;
    study.step_seconds = timing.step;
    study.save_seconds = timing.save;
    // Random kills, every second one aimed at a write, over as many runs as it takes.
    const double whole = static_cast<double>(life.steps) * timing.step;
    constexpr std::int64_t most_runs = 60;
    while (study.runs < most_runs &&
           (study.kills.size() < wanted_kills || study.kills_in_writes() < wanted_in_writes)) {
        const interruption_outcome run = run_lives(o, life,
                                                   {.mean_seconds = 0.05 + whole / 4,
                                                    .seed = o.seed,
                                                    .first = static_cast<std::uint64_t>(study.runs) * 1000,
                                                    .aim_at_writes = true,
                                                    .most_kills = 12});
        study.equal = study.equal && run.result == study.expected;
        study.kills.insert(study.kills.end(), run.kills.begin(), run.kills.end());
        ++study.runs;
        if (o.on_progress) {
            o.on_progress(0.5 *
                          std::min(1.0, static_cast<double>(study.kills.size()) / static_cast<double>(wanted_kills)));
        }
    }
    // Effective share. A second stands for an hour: 17 ms of saving and 170 ms of restarting are a minute and ten.
    constexpr double save_seconds = 1.0 / 60;
    constexpr double restart_seconds = 10.0 / 60;
    const std::vector<kill_rate> rates =
        o.small ? std::vector<kill_rate>{{"usual", 1, 2}}
                : std::vector<kill_rate>{{"often", 0.5, 6}, {"usual", 1, 8}, {"seldom", 3, 10}};
    double done = 0;
    for (const kill_rate& rate : rates) {
        share_result r{.id = rate.id, .mtbf = rate.mtbf};
        life_options paced = life;
        paced.save_seconds = save_seconds;
        r.every = static_cast<std::size_t>(std::max(
            1.0, std::round(cost::daly_interval(rate.mtbf, save_seconds + timing.save) / std::max(1e-6, timing.step))));
        paced.every = r.every;
        paced.steps = static_cast<std::size_t>(std::ceil((o.small ? 0.5 : 2.0) / std::max(1e-6, timing.step)));
        life_timing measured;
        const std::string expected = run_lives(o, paced, {.most_kills = 0}, &measured).result;
        std::vector<double> walls;
        std::vector<double> restarts;
        for (int n = 0; n < rate.runs; ++n) {
            const interruption_outcome run = run_lives(o, paced,
                                                       {.mean_seconds = rate.mtbf,
                                                        .seed = o.seed,
                                                        .first = 100000 + static_cast<std::uint64_t>(n) * 1000,
                                                        .restart_seconds = restart_seconds});
            study.equal = study.equal && run.result == expected;
            r.kills += static_cast<std::int64_t>(run.kills.size());
            walls.push_back(run.wall_seconds - run.restart_times.front());  // the first start is no failure's
            restarts.insert(restarts.end(), run.restart_times.begin() + 1, run.restart_times.end());
            done += 1.0 / (static_cast<double>(rates.size()) * rate.runs);
            if (o.on_progress) {
                o.on_progress(0.5 + 0.5 * std::min(1.0, done));
            }
        }
        r.runs = rate.runs;
        r.interval = static_cast<double>(r.every) * measured.step;
        r.checkpoint = measured.save;
        r.restart = restarts.empty() ? restart_seconds : mean_of(restarts);
        set_share(r, static_cast<double>(paced.steps) * measured.step, walls);
        r.formula = cost::effective_share(r.mtbf, {r.checkpoint, r.restart}, r.interval);
        study.shares.push_back(r);
    }
    return study;
}

}  // namespace narrowfp::bench
