// SPDX-License-Identifier: Apache-2.0
// narrowfp train: the training experiment (bench/train/): what narrow formats cost a training run of a small model.
#include "cli/command.hpp"
#include "support/ranks.hpp"
#include "train/experiment/experiment_records.hpp"
#include "train/experiment/experiment_report.hpp"
#include "train/experiment/recorded.hpp"

#include <narrowfp/base/target.hpp>
#include <narrowfp/report/json.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

namespace narrowfp::cli {

namespace {

namespace train = bench::train;

struct train_arguments {
    bool quick = false;  // the default
    bool full = false;
    std::string design;
    std::vector<std::string> arms;
    std::string size;
    std::optional<std::size_t> steps;
    std::optional<std::uint32_t> seeds;
    std::string corpus;
    std::string output;
    std::string operands;
    int threads = 0;
};

train::experiment_design design_of(const train_arguments& args) {
    train::experiment_design d = !args.design.empty() ? train::design_by_name(args.design)
                                 : args.full          ? train::deciding_design()
                                                      : train::quick_design();
    const std::string mode = d.mode;
    if (d.plan && (!args.size.empty() || args.steps || args.seeds || !args.arms.empty())) {
        throw std::invalid_argument(
            "the design 'deciding' is fixed: --size, --steps, --seeds and --arm go with another design, such as pilot");
    }
    if (!args.size.empty()) {
        d.size = train::size_by_name(args.size);
    }
    d.steps = args.steps.value_or(d.steps);
    d.seeds = args.seeds.value_or(d.seeds);
    if (!args.arms.empty()) {
        d = train::with_arms(d, args.arms);
    }
    const bool changed = !args.size.empty() || args.steps || args.seeds || !args.arms.empty();
    d.mode = changed ? mode + ", changed" : mode;
    return d;
}

void write_report(const std::filesystem::path& folder, const train::experiment_outcome& e,
                  const train::experiment_summary& s, const context& ctx) {
    const report::field_list about = program_context("narrowfp train");
    report::field_list machine = about;
    report::add_field(machine, "target", std::string(name_of(active_target())));
    report::field_list described = machine;
    train::add_design(described, e);
    report::write_results(folder / "results.json", train::experiment_results(e, s, about, ctx.command_line));
    report::write_timings(folder / "timings.json", train::experiment_timings(e, machine));
    report::write_file(folder / "curves.csv", train::curves_csv(e));
    report::write_file(folder / "recorded.txt", train::recorded_training_text(e));
    report::write_file(folder / "report.md", train::experiment_markdown(e, s, described, ctx.command_line));
}

void print_plan(const context& ctx, const train::experiment_design& d, const train::corpus& text, std::size_t threads) {
    if (ctx.quiet) {
        return;
    }
    const auto [fp32, narrow] = train::seconds_per_step(d, text);
    const std::uint32_t seeds = d.plan ? d.least_seeds : d.seeds;  // of a plan at least
    const double runs = static_cast<double>(d.run_arms.size() * seeds * d.steps);
    const double seconds = runs * (fp32 + narrow) / 2 / static_cast<double>(threads);
    print_note(ctx, fmt::format("Text: {}, {} bytes, CRC-32 {:08x}.", text.name,
                                report::format_count(static_cast<std::int64_t>(text.symbols.size())), text.crc32));
    print_note(
        ctx, fmt::format(
                 "Plan: {} runs of {} steps at size {} ({} arms, {} seeds), T1 of {} arms at {} checkpoints{}. A step "
                 "takes {} in FP32 and {} in deepseek_v3 on one thread now: about {} for these runs.",
                 d.run_arms.size() * seeds, d.steps, d.size.name, d.run_arms.size(), seeds, d.fidelity_arms.size(),
                 d.checkpoints.size(), d.fork_arms.empty() ? "" : fmt::format(", T2 of {} arms", d.fork_arms.size()),
                 report::format_duration(fp32), report::format_duration(narrow), report::format_duration(seconds)));
}

// Rank 0 alone prints. The others return what is no outcome.
context context_of(const bench::rank_job& job, context ctx) {
    ctx.quiet = ctx.quiet || !job.is_first();
    return ctx;
}

int run(const train_arguments& args, const context& shared) {
    bench::rank_job job;
    const context ctx = context_of(job, shared);
    const train::experiment_design design = design_of(args);
    if (job.size() > 1 && args.output.empty()) {
        throw std::invalid_argument(
            fmt::format("--output is missing: {} ranks share their finished parts in one folder", job.size()));
    }
    const train::corpus text =
        train::read_corpus(args.corpus.empty() ? train::find_corpus() : std::filesystem::path(args.corpus));
    train::require_enough_text(design, text.training().size());
    for (const std::string& folder : {args.output, args.operands}) {
        if (!folder.empty()) {
            prepare_folder(folder);
        }
    }
    print_plan(ctx, design, text, job.threads(args.threads) * static_cast<std::size_t>(job.size()));
    constexpr std::uint64_t parts = 10'000;
    report::progress progress("train", parts, progress_style(ctx));
    std::uint64_t shown = 0;
    std::mutex mutex;
    train::experiment_options how{
        .threads = args.threads, .output = args.output, .operand_folder = args.operands, .on_progress = {}};
    how.on_progress = [&](std::uint64_t done, std::uint64_t total, std::string_view what) {
        const std::scoped_lock lock(mutex);
        const std::uint64_t now = done * parts / total;
        progress.advance(now > shown ? now - shown : 0, what);
        shown = now > shown ? now : shown;
    };
    const train::experiment_outcome outcome = train::run_experiment(design, text, how, job);
    progress.finish();
    if (!job.is_first()) {
        return 0;
    }
    const train::experiment_summary summary = train::summarise(outcome);
    if (!args.output.empty()) {
        write_report(args.output, outcome, summary, ctx);
    }
    if (ctx.json) {
        print_text(report::to_json(
            train::experiment_results(outcome, summary, program_context("narrowfp train"), ctx.command_line)));
        return 0;
    }
    for (const report::table& t : train::experiment_tables(outcome, summary)) {
        print_table(ctx, t);
        print_text("\n");
    }
    for (const std::string& finding : train::experiment_findings(outcome, summary)) {
        for (const std::string& line : report::wrap("- " + finding, bench::terminal_width(stdout))) {
            print_text(line + "\n");
        }
    }
    for (const std::filesystem::path& file : outcome.operand_files) {
        print_text("Operands: " + file.string() + "\n");
    }
    if (!args.output.empty()) {
        const std::filesystem::path folder = args.output;
        print_text(fmt::format("Report: {}\nResults: {}\n", (folder / "report.md").string(),
                               (folder / "results.json").string()));
    }
    return 0;
}

}  // namespace

void add_train(CLI::App& app, context& ctx) {
    auto args = std::make_shared<train_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "train",
         .summary = "What do narrow formats cost a training run? A small model, every product bit for bit",
         .details =
             "A decoder over the bytes of a text is trained under several arms from the same weights on the same batches. T1 "
             "compares\ngradients and products with FP64, T2 trains short forks, T3 whole runs, paired by seed. --quick takes about "
             "a minute on\ntwo processors and decides nothing (V7 NOT RUN); --full, the deciding design, takes two to five hours "
             "there and is what\n'narrowfp claim --results' judges by. Stop it (exit code 130) and start it again with the "
             "same --output: it goes on.\nRuns stand side by side, one thread each; the number of threads changes no bit. "
             "Built with MPI, 'mpirun -n N narrowfp train\n--output FOLDER' hands the runs to N processes; the files are the "
             "same (docs/many_machines.md).\n\n"
             "Without --corpus: Debian's r-cran-janeaustenr if it is installed, or what bench/train/get_corpus fetched.",
         .examples = "  narrowfp train --quick\n"
                     "  narrowfp train --full --output training\n"
                     "  narrowfp train --design pilot --output pilot\n"
                     "  narrowfp claim --results training/results.json\n"
                     "  narrowfp train --arm mxfp8 --arm te_block --seeds 3 --steps 400\n"
                     "  narrowfp train --quick --dump-operands operands"},
        [args](const context& c) { return run(*args, c); });
    CLI::Option* quick = command.add_flag("--quick", args->quick, "One seed, 150 steps; the default");
    CLI::Option* full =
        command.add_flag("--full", args->full, "The deciding design: 192 to 480 seeds, 400 steps, all tiers")
            ->excludes(quick);
    command
        .add_option(
            "--design", args->design,
            "quick; deciding; pilot (12 seeds, decides nothing); trend-s400, trend-s1600, trend-m400, trend-m1600")
        ->type_name("NAME")
        ->excludes(quick)
        ->excludes(full)
        ->check([](const std::string& name) {
            try {
                train::design_by_name(name);
                return std::string();
            } catch (const std::invalid_argument& error) {
                return std::string(error.what());
            }
        });
    command.add_option("--arm", args->arms, "This arm in all tiers, beside fp32, bf16 and null_noise (repeatable)")
        ->type_name("NAME")
        ->allow_extra_args(false)
        ->check([](const std::string& name) {
            try {
                train::arm_by_name(name);
                return std::string();
            } catch (const std::invalid_argument& error) {
                return std::string(error.what());
            }
        });
    command.add_option("--size", args->size, "tiny, S, M or M+")->type_name("SIZE")->check([](const std::string& name) {
        try {
            train::size_by_name(name);
            return std::string();
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
    });
    command.add_option("--steps", args->steps, "Steps of a run")->type_name("N")->check(CLI::Range(16, 1'000'000));
    command.add_option("--seeds", args->seeds, "Seeds 1 to N")->type_name("N")->check(CLI::Range(1, 1000));
    const auto not_empty = [](const std::string& name) {
        return std::string(name.empty() ? "the name of a file or folder is empty" : "");
    };
    command.add_option("--corpus", args->corpus, "Text to train on: any text file, or an R data file (.rdb)")
        ->type_name("FILE")
        ->check(not_empty);
    command
        .add_option("-o,--output", args->output,
                    "Keep finished parts and write report.md, results.json, timings.json, curves.csv here")
        ->type_name("FOLDER")
        ->check(not_empty);
    command
        .add_option("--dump-operands", args->operands,
                    "Write X, W and dY of all linear layers at T1's checkpoints here (.safetensors)")
        ->type_name("FOLDER")
        ->check(not_empty);
    command.add_option("--threads", args->threads, "Runs side by side in a process; 0 means one per processor")
        ->type_name("N")
        ->check(CLI::Range(0, 1024));
}

}  // namespace narrowfp::cli
