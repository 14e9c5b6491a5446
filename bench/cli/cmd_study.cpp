// SPDX-License-Identifier: Apache-2.0
// narrowfp study: experiments with a fixed design, each with a table, a report and a results file.
// A new study is a design in study/scaling_study.hpp, or a function like run_matmul.
#include "cli/command.hpp"
#include "study/cast_share.hpp"
#include "study/footprint.hpp"
#include "study/matmul_report.hpp"
#include "study/scaling_study.hpp"
#include "support/near_names.hpp"

#include <narrowfp/base/target.hpp>
#include <narrowfp/report/json.hpp>
#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

namespace narrowfp::cli {

namespace {

struct study_arguments {
    std::string name;
    std::string output;
    std::vector<std::string> operands;
    bench::matmul_options options;
    std::uint32_t seed = 1;
    int batches = 16;
};

std::vector<std::string_view> study_names() {
    std::vector<std::string_view> names{"matmul", "footprint", "casts"};
    for (const bench::scaling_design& d : bench::scaling_designs()) {
        names.push_back(d.name);
    }
    return names;
}

report::field_list study_context(bool measured) {
    report::field_list context = program_context("narrowfp study matmul");
    if (measured) {
        report::add_field(context, "target", std::string(name_of(active_target())));
    }
    return context;
}

void write_report(const std::filesystem::path& folder, const bench::matmul_study& study) {
    report::write_results(folder / "results.json", bench::matmul_results(study, study_context(false)));
    report::write_timings(folder / "timings.json", bench::matmul_timings(study_context(true)));
    report::write_file(folder / "report.md", bench::matmul_markdown(study, study_context(true)));
}

int run_matmul(study_arguments& args, context& ctx) {
    if (!args.output.empty()) {
        prepare_folder(args.output);
    }
    args.options.operands.assign(args.operands.begin(), args.operands.end());
    report::progress progress("matmul study", 1000, progress_style(ctx));
    std::uint64_t shown = 0;
    args.options.on_progress = [&](std::uint64_t done, std::uint64_t total, std::string_view what) {
        const std::uint64_t now = done * 1000 / total;
        progress.advance(now - shown, what);
        shown = now;
    };
    const bench::matmul_study study = bench::run_matmul_study(args.options);
    progress.finish();
    if (!args.output.empty()) {
        write_report(args.output, study);
    }
    if (ctx.json) {
        print_text(report::to_json(bench::matmul_results(study, study_context(false))));
        return 0;
    }
    for (const report::table& t : bench::matmul_error_tables(study)) {
        print_table(ctx, t);
        print_text("\n");
    }
    if (const report::table cost = bench::matmul_cost_table(study); !cost.rows.empty()) {
        print_table(ctx, cost);
        print_text("\n");
    }
    print_text("Throughput: NOT RUN: this study times nothing; bench_gemm and bench_gemv do.\n");
    for (const std::string& finding : bench::matmul_findings(study)) {
        print_text("- " + finding + "\n");
    }
    if (study.small) {
        print_text("SMALL RUN: a fraction of the rows and columns; not the figures of the study.\n");
    }
    return 0;
}

// The studies of scaling: one table each.
int run_scaling(const study_arguments& args, const context& ctx) {
    if (!args.options.only.empty()) {
        throw std::invalid_argument("--only selects rows of the study matmul");
    }
    if (args.operands.size() > 1) {
        throw std::invalid_argument("the study " + args.name + " takes one file of --operands, found " +
                                    std::to_string(args.operands.size()));
    }
    std::optional<bench::train::recorded_linear> recorded;
    if (!args.operands.empty()) {
        recorded = bench::train::read_recorded_linear(args.operands.front());
    }
    if (!args.output.empty()) {
        prepare_folder(args.output);
    }
    report::progress progress(args.name + " study", static_cast<std::uint64_t>(args.batches), progress_style(ctx));
    const bench::scaling_study study =
        bench::run_scaling_study(args.name, {.seed = args.seed,
                                             .batches = args.batches,
                                             .small = args.options.small,
                                             .threads = args.options.threads,
                                             .recorded = std::move(recorded),
                                             .on_progress = [&](int, int) { progress.advance(); }});
    progress.finish();
    const report::document results =
        bench::scaling_results(study, program_context("narrowfp study " + args.name), ctx.command_line);
    const report::table table = bench::scaling_table(study);
    const std::vector<std::string> findings = bench::scaling_findings(study);
    if (!args.output.empty()) {
        std::string text = "# " + study.title + "\n\n" + report::to_markdown(table) + "\n";
        for (const std::string& finding : findings) {
            text += "- " + finding + "\n";
        }
        const std::filesystem::path folder = args.output;
        report::write_results(folder / "results.json", results);
        report::write_file(folder / "report.md", text);
    }
    if (ctx.json) {
        print_text(report::to_json(results));
        return 0;
    }
    print_table(ctx, table);
    for (const std::string& finding : findings) {
        for (const std::string& line : report::wrap("- " + finding, bench::terminal_width(stdout))) {
            print_text(line + "\n");
        }
    }
    return 0;
}

// Bytes by formula: nothing is computed with numbers.
int run_footprint(const study_arguments& args, const context& ctx) {
    const report::document results =
        bench::footprint_results(program_context("narrowfp study footprint"), ctx.command_line);
    if (!args.output.empty()) {
        prepare_folder(args.output);
        std::string text = "# Bytes of linear layers in training\n\n";
        for (const report::table& t : bench::footprint_tables()) {
            text += report::to_markdown(t) + "\n";
        }
        const std::filesystem::path folder = args.output;
        report::write_results(folder / "results.json", results);
        report::write_file(folder / "report.md", text);
    }
    if (ctx.json) {
        print_text(report::to_json(results));
        return 0;
    }
    for (const report::table& t : bench::footprint_tables()) {
        print_table(ctx, t);
        print_text("\n");
    }
    return 0;
}

// The only study that measures time; its figures go to timings.json.
int run_casts(const study_arguments& args, const context& ctx) {
    if (!args.output.empty()) {
        prepare_folder(args.output);
    }
    bench::cast_options options{.threads = args.options.threads, .seed = args.seed};
    if (args.options.small) {
        options.size = 128;
        options.repetitions = 2;
    }
    const bench::cast_study study = bench::run_cast_study(options);
    report::field_list fields = program_context("narrowfp study casts");
    report::add_field(fields, "target", std::string(name_of(active_target())));
    const report::document timings = bench::cast_timings(study, fields, ctx.command_line);
    if (!args.output.empty()) {
        const std::filesystem::path folder = args.output;
        report::write_timings(folder / "timings.json", timings);
        report::write_file(folder / "report.md", report::to_markdown(bench::cast_table(study)));
    }
    if (ctx.json) {
        print_text(report::to_json(timings));
        return 0;
    }
    print_table(ctx, bench::cast_table(study));
    for (const std::string& finding : bench::cast_findings(study)) {
        print_text("- " + finding + "\n");
    }
    if (options.size != bench::cast_options{}.size) {
        print_text("SMALL RUN: not the figures of the study.\n");
    }
    return 0;
}

int run_study(study_arguments& args, context& ctx) {
    const std::vector<std::string_view> names = study_names();
    if (std::find(names.begin(), names.end(), args.name) == names.end()) {
        throw std::invalid_argument(bench::unknown_name("study", args.name, names));
    }
    if (args.name == "footprint" || args.name == "casts") {
        if (!args.operands.empty()) {
            throw std::invalid_argument("the study " + args.name +
                                        " takes no --operands: it has no numbers of its own");
        }
        return args.name == "footprint" ? run_footprint(args, ctx) : run_casts(args, ctx);
    }
    return args.name == "matmul" ? run_matmul(args, ctx) : run_scaling(args, ctx);
}

}  // namespace

void add_study(CLI::App& app, context& ctx) {
    auto args = std::make_shared<study_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "study",
         .summary = "Run an experiment and write its report (matmul, and how scales behave)",
         .details =
             "matmul: FP32, BF16, FP16, E4M3 and E5M2 under each scaling recipe and accumulator, on X^T X of real\n"
             "images and on LLM-like operands: error, bytes, and both against FP8. Takes minutes; nothing is timed.\n"
             "mx_rules, near_constant, retile, token_imbalance, outliers, delayed_spikes: what scales do to numbers\n"
             "of known distributions, beside what others found. Seconds each.\n"
             "promotion: what Hopper's FP8 accumulator loses, and what sums in FP32 every N products give back.\n"
             "footprint: every byte of a layer of DeepSeek-V3 in training, in four columns and by recipe.\n"
             "casts: the share of casts and transposes in a layer's three products, measured on this machine.",
         .examples = "  narrowfp study matmul --output report\n"
                     "  narrowfp study matmul --only llm_like.e4m3fn --small\n"
                     "  narrowfp study token_imbalance --operands operands/operands-step0150.safetensors"},
        [args](context& c) { return run_study(*args, c); });
    command.add_option("name", args->name, "Which study")->required()->type_name("STUDY");
    command.add_option("--seed", args->seed, "Of the studies of scales")->type_name("N")->capture_default_str();
    command.add_option("--batches", args->batches, "Independent draws of the studies of scales")
        ->type_name("N")
        ->check(CLI::Range(2, 1024))
        ->capture_default_str();
    command.add_option("-o,--output", args->output, "Write report.md and results.json (matmul: timings.json too) here")
        ->type_name("FOLDER");
    command.add_option("--images", args->options.images, "Images in the idx format, plain or gzipped")
        ->type_name("FILE")
        ->default_str(args->options.images.string());
    command
        .add_option("--operands", args->operands,
                    "Operands of a training run, a file of narrowfp train --dump-operands: matmul adds their products "
                    "(repeatable); mx_rules, retile, token_imbalance and outliers take them instead of random numbers")
        ->type_name("FILE");
    command
        .add_option("--only", args->options.only, "matmul: only rows whose id (DATA.FORMAT.RECIPE) contains this text")
        ->type_name("TEXT");
    command.add_flag("--small", args->options.small, "A fraction of the rows and columns, in seconds; marked as such");
    command.add_option("--threads", args->options.threads, "Threads; 0 means all")
        ->type_name("N")
        ->check(CLI::Range(0, 1024));
}

}  // namespace narrowfp::cli
