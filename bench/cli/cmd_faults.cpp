// SPDX-License-Identifier: Apache-2.0
// narrowfp faults: what a flipped bit does and how it is noticed; a training run that is killed and resumed. Each life
// of that run (faults/interrupted_training.hpp) is a child process of this program; only such a child has the options
// of a life.
#include "cli/command.hpp"
#include "faults/faults_study.hpp"

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/write_file.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace narrowfp::cli {

namespace {

struct fault_arguments {
    bench::fault_options options;
    bench::life_options life;
    std::string output;
};

constexpr std::uint64_t progress_steps = 1000;

// Holds the id of the process that starts lives. A process whose parent has that id is a life and accepts its options.
constexpr const char* starter_variable = "NARROWFP_FAULTS_STARTED_BY";

bool is_life() {
    const char* starter = std::getenv(starter_variable);
    return starter != nullptr && starter == std::to_string(::getppid());
}

// The program and arguments that start a life, before those of the life itself.
std::vector<std::string> life_program() {
    ::setenv(starter_variable, std::to_string(::getpid()).c_str(), 1);
    return {std::filesystem::read_symlink("/proc/self/exe").string(), "faults"};
}

void add_life_options(CLI::App& command, bench::life_options& life) {
    command.add_option("--life", life.folder)->required();
    command.add_option("--life-arm", life.arm);
    command.add_option("--life-steps", life.steps);
    command.add_option("--life-every", life.every)->check(CLI::PositiveNumber);
    command.add_option("--life-save", life.save_seconds);
}

int run(fault_arguments& args, const context& ctx) {
    if (!args.life.folder.empty()) {
        args.life.seed = args.options.seed;
        bench::run_one_life(args.life);
        return 0;
    }
    args.options.life_program = life_program();
    if (!args.output.empty()) {
        prepare_folder(args.output);
    }
    report::progress progress("faults", progress_steps, progress_style(ctx));
    std::uint64_t shown = 0;
    args.options.on_progress = [&](double fraction, std::string_view what) {
        const auto now = static_cast<std::uint64_t>(std::floor(fraction * static_cast<double>(progress_steps)));
        progress.advance(now - shown, what);
        shown = now;
    };
    const bench::fault_study study = bench::run_fault_study(args.options);
    progress.finish();
    report::field_list fields = program_context("narrowfp faults");
    report::add_field(fields, "mode", args.options.small ? "small" : "full");
    const report::document results = bench::fault_results(study, fields, ctx.command_line);
    const report::document timings = bench::fault_timings(study, fields, ctx.command_line);
    const std::vector<report::table> tables = bench::fault_tables(study);
    if (!args.output.empty()) {
        std::string text = "# Unstable chips\n\n";
        for (const report::table& t : tables) {
            text += report::to_markdown(t) + "\n";
        }
        for (const bench::fault_check& c : study.checks) {
            text += fmt::format("- {}: {}\n", c.held ? "PASS" : "FAIL", c.what);
        }
        const std::filesystem::path folder = args.output;
        report::write_results(folder / "results.json", results);
        report::write_timings(folder / "timings.json", timings);
        report::write_file(folder / "report.md", text);
    }
    if (ctx.json) {
        print_text(report::to_json(results));
        return study.checks_held() ? 0 : 1;
    }
    for (const report::table& t : tables) {
        print_table(ctx, t);
        print_text("\n");
    }
    std::size_t held = 0;
    for (const bench::fault_check& c : study.checks) {
        held += c.held;
        if (!c.held) {
            print_text(fmt::format("FAIL: {}\n", c.what));
        }
    }
    print_text(fmt::format("{} of {} checks held.\n", held, study.checks.size()));
    if (args.options.small) {
        print_text("SMALL RUN: not the figures of the study.\n");
    }
    return study.checks_held() ? 0 : 1;
}

}  // namespace

void add_faults(CLI::App& app, context& ctx) {
    auto args = std::make_shared<fault_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "faults",
         .summary = "Unstable chips: what a flipped bit does, how it is noticed, runs that are killed and resumed",
         .details =
             "payload: bits of stored numbers, beside the law that they follow; scales; master: FP32 weights seen\n"
             "through their working copy; checksums: detection in a product, with its threshold per format;\n"
             "training: flips in a training run; interruptions: the run killed at random times and resumed.\n"
             "Single flips, every bit alike: a simplification of real faults, whose rate is not asked.",
         .examples = "  narrowfp faults --output report\n"
                     "  narrowfp faults --only payload"},
        [args](context& c) { return run(*args, c); });
    command
        .add_option("--only", args->options.only,
                    "Only this part: payload, scales, master, checksums, training, interruptions (repeatable)")
        ->type_name("PART")
        ->allow_extra_args(false);
    command.add_option("--seed", args->options.seed, "Of numbers and flips")->type_name("N")->capture_default_str();
    command.add_flag("--small", args->options.small, "A sixteenth of the tiles and faults, few kills; marked as such");
    command.add_option("-o,--output", args->output, "Write report.md, results.json and timings.json into this folder")
        ->type_name("FOLDER");
    command.add_option("--threads", args->options.threads, "Threads; 0 means all")
        ->type_name("N")
        ->check(CLI::Range(0, 1024));
    if (is_life()) {
        add_life_options(command, args->life);
    }
}

}  // namespace narrowfp::cli
