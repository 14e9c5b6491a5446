// SPDX-License-Identifier: Apache-2.0
// narrowfp claim: what lacking FP8 costs, row by row, with what certainty, and what has not been run. The rows are in
// bench/claim/; a new one needs nothing here.
#include "claim/claim_page.hpp"
#include "claim/claim_report.hpp"
#include "claim/recorded_check.hpp"
#include "claim/results_set.hpp"
#include "cli/command.hpp"
#include "evidence/pair.hpp"
#include "step_model/chip_set.hpp"
#include "step_model/subject.hpp"
#include "support/machine_facts.hpp"
#include "train/run/operand_files.hpp"

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/write_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <random>

namespace narrowfp::cli {

namespace {

namespace claim = bench::claim;

struct claim_arguments {
    bool quick = false;  // the default mode
    bool full = false;
    std::string chips;
    std::string model;
    std::vector<std::string> what_if;
    std::vector<std::string> results;
    std::vector<std::string> operands;
    std::string pairs;
    std::optional<std::uint64_t> draw;
    std::string output;
    claim::claim_options options;
};

constexpr std::size_t widest_text = 100;  // where standard output is no terminal

report::field_list claim_context(const claim::claim_outcome& outcome, bool full) {
    report::field_list context = program_context("narrowfp claim");
    report::add_field(context, "mode", full ? "full" : "quick");
    for (std::size_t n = 0; n < outcome.changes.size(); ++n) {
        report::add_field(context, "change_" + std::to_string(n + 1), outcome.changes[n]);
    }
    return context;
}

// The command of the page: files by their last name, so that no place of this machine stands there.
std::string command_of(const claim_arguments& args) {
    std::string text = args.full ? "narrowfp claim --full" : "narrowfp claim";
    const auto add = [&](const char* option, const std::string& value) {
        text += fmt::format(" {} {}", option, value);
    };
    const auto add_file = [&](const char* option, const std::string& file) {
        if (!file.empty()) {
            add(option, std::filesystem::path(file).filename().string());
        }
    };
    for (const std::string& row : args.options.only) {
        add("--only", row);
    }
    for (const std::string& chip : args.options.asked_chips) {
        add("--chip", chip);
    }
    for (const std::string& change : args.what_if) {
        add("--set", change);
    }
    add_file("--chips", args.chips);
    add_file("--model", args.model);
    add_file("--pairs", args.pairs);
    for (const std::string& file : args.results) {
        add_file("--results", file);
    }
    for (const std::string& file : args.operands) {
        add_file("--operands", file);
    }
    return text + " --output FOLDER";
}

// All files or none: their texts exist before the first is written, and what was written is taken back if one fails.
void write_report(const claim_arguments& args, const claim::claim_outcome& outcome, const claim::results_set& given) {
    const std::filesystem::path folder = args.output;
    const claim::page_facts about{claim_context(outcome, args.full), bench::machine_facts(), command_of(args)};
    const std::array<std::pair<const char*, std::string>, 2> texts{
        {{"report.md", claim::claim_markdown(outcome, about)},
         {"report.html", claim::claim_html(outcome, about, &given)}}};
    const report::document results = claim::claim_results(outcome, about.context);
    report::check(results);
    std::vector<std::pair<std::filesystem::path, std::optional<std::string>>> before;
    try {
        for (const auto& [name, text] : texts) {
            const std::filesystem::path file = folder / name;
            std::optional<std::string> old;
            if (std::filesystem::exists(file)) {
                old = report::read_file(file);
            }
            report::write_file(file, text);
            before.emplace_back(file, std::move(old));
        }
        if (outcome.recorded) {
            report::write_timings(folder / "timings.json", {about.context, {claim::timing_of(*outcome.recorded)}});
        }
        report::write_results(folder / "results.json", results);
    } catch (...) {
        for (const auto& [file, old] : before) {
            if (old) {
                report::write_file(file, *old);
            } else {
                std::filesystem::remove(file);
            }
        }
        throw;
    }
}

report::table_style text_style(const context& ctx) {
    const std::size_t width = bench::terminal_width(stdout);
    return {
        .width = width == 0 ? widest_text : width, .unicode = false, .colour = bench::use_colour(ctx.colour, stdout)};
}

// The recorded training runs of this program, unless the user gave results of the experiment or no row asked for reads
// them: their figures go to `results`, and one is being repeated. A record that does not fit its hash is a check that
// failed.
std::future<claim::recorded_check> start_recorded_check(const claim_arguments& args, claim::results_set& results) {
    const std::vector<std::string> ids = claim::rows_named(args.options.only);
    const std::vector<claim::row_info> rows = claim::all_rows();
    const bool asked = std::any_of(rows.begin(), rows.end(), [&](const claim::row_info& row) {
        return row.rests_on_training && (ids.empty() || std::find(ids.begin(), ids.end(), row.id) != ids.end());
    });
    if (!asked || !results.under("train.").empty()) {
        return {};
    }
    const auto ready = [](claim::recorded_check c) {
        std::promise<claim::recorded_check> p;
        p.set_value(std::move(c));
        return p.get_future();
    };
    bench::train::recorded_training recorded;
    try {
        recorded = bench::train::shipped_training();
    } catch (const std::runtime_error& error) {
        return ready({.differences = {error.what()}});
    }
    if (recorded.runs.empty()) {
        return {};
    }
    results.add(claim::records_of(recorded));
    const std::uint64_t draw = args.draw.value_or(std::random_device{}());
    return std::async(std::launch::async,
                      [recorded = std::move(recorded), draw] { return claim::repeat_one_run(recorded, draw); });
}

int run(const claim_arguments& args, const context& ctx) {
    claim::rows_named(args.options.only);
    claim::chip_set chips;
    if (!args.chips.empty()) {
        chips.read(args.chips);
    }
    for (const std::string& change : args.what_if) {
        chips.set(change);
    }
    claim::subject what;
    if (!args.model.empty()) {
        claim::read_subject(args.model, what);
    }
    claim::results_set results;
    for (const std::string& file : args.results) {
        results.read(file);
    }
    for (const std::string& file : args.operands) {
        bench::train::read_operands(file);  // what is wrong with it is said before anything runs
    }
    claim::claim_options options = args.options;
    if (!args.pairs.empty()) {
        options.pairs = bench::evidence::read_user_pairs(args.pairs);
    }
    for (const std::string& name : args.options.asked_chips) {
        device::require_datum(chips.by_name(name), device::quantity::fp8);  // V1 asks for its FP8 units
    }
    if (!args.output.empty()) {
        prepare_folder(args.output);
    }
    std::future<claim::recorded_check> recorded = start_recorded_check(args, results);
    constexpr std::uint64_t steps = 1000;
    report::progress progress("claim", steps, progress_style(ctx));
    std::uint64_t shown = 0;
    options.full = args.full;
    options.chips = &chips;
    options.what = &what;
    options.results = &results;
    options.operands.assign(args.operands.begin(), args.operands.end());
    options.on_progress = [&](double fraction, std::string_view stage) {
        const auto now = static_cast<std::uint64_t>(std::floor(fraction * static_cast<double>(steps)));
        progress.advance(now > shown ? now - shown : 0, stage);
        shown = now > shown ? now : shown;
    };
    claim::claim_outcome outcome = claim::run_claim(options);
    if (recorded.valid()) {
        outcome.recorded = recorded.get();
    }
    progress.finish();
    if (!args.output.empty()) {
        write_report(args, outcome, results);
    }
    if (ctx.json) {
        print_text(report::to_json(claim::claim_results(outcome, claim_context(outcome, args.full))));
    } else if (ctx.quiet) {
        print_text(claim::claim_lines(outcome));
    } else {
        print_text(claim::claim_text(outcome, text_style(ctx)));
        if (!args.output.empty()) {
            const std::filesystem::path folder = args.output;
            print_text(fmt::format("Report: {}\nThe same as text: {}\nResults: {}\n", (folder / "report.html").string(),
                                   (folder / "report.md").string(), (folder / "results.json").string()));
        }
    }
    return outcome.own_checks_held() ? 0 : 1;
}

}  // namespace

void add_claim(CLI::App& app, context& ctx) {
    auto args = std::make_shared<claim_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "claim",
         .summary = "What does lacking FP8 cost? The answers, row by row",
         .details =
             "Ends with one line for each question. Words go from SUPPORTED over LEANS SUPPORTED, OPEN and LEANS AGAINST to NOT\n"
             "SUPPORTED; they have no influence on the exit code, which is 1 only if an identity (S1) or a check of bits or bytes\n"
             "fails. --set, --chips and --model ask what if; calibration and hold-outs always use the library's chips. --pairs\n"
             "adds your own measurements to the picture and the tables, never to a gate or a word. Meanwhile one of the recorded\n"
             "training runs, drawn at random, is trained again and must come out equal. Takes about a minute.",
         .examples = "  narrowfp claim --output report\n"
                     "  narrowfp claim --only V6\n"
                     "  narrowfp claim --only V1 --set h20.bf16=200 --set h20.fp8=400\n"
                     "  narrowfp claim --only V1 --chip h100 --model model.json\n"
                     "  narrowfp claim --pairs mine.csv --output report\n"
                     "  narrowfp claim --only gemm-error --json"},
        [args](const context& c) { return run(*args, c); });
    CLI::Option* quick = command.add_flag(
        "--quick", args->quick, "Fit schedules to memory only at the centre and both ends of each range (default)");
    command.add_flag("--full", args->full, "Fits the steps of V1 and V12a into memory in every scenario")
        ->excludes(quick);
    command.add_option("--only", args->options.only, "Only this row, by id or name (repeatable), with all its tables")
        ->type_name("ROW")
        ->allow_extra_args(false);
    command
        .add_option("--chip", args->options.asked_chips, "Chips of V1 and V13 in place of h800 and h20 (repeatable)")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command.add_option("--set", args->what_if, "What if a chip's figure were this, as h20.bf16=200 (repeatable)")
        ->type_name("CHIP.QUANTITY=NUMBER")
        ->allow_extra_args(false);
    command.add_option("--chips", args->chips, "Chips from a JSON file, beside or in place of the known ones")
        ->type_name("FILE");
    command.add_option("--model", args->model, "Model and layout from a JSON file in place of DeepSeek-V3")
        ->type_name("FILE");
    command
        .add_option("--results", args->results,
                    "Results file (narrowfp-results/1) that rows take figures from (repeatable)")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command
        .add_option("--pairs", args->pairs,
                    "Your own pairs of 16-bit and FP8 training, a CSV file as for narrowfp evidence score")
        ->type_name("FILE");
    command
        .add_option("--operands", args->operands,
                    "Operands of a training run for V6, a file of narrowfp train --dump-operands (repeatable)")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command.add_option("-o,--output", args->output, "Write report.html, report.md and results.json into this folder")
        ->type_name("FOLDER")
        ->check([](const std::string& folder) {
            return std::string(folder.empty() ? "the name of a folder is empty" : "");
        });
    command.add_option("--draw", args->draw, "Which recorded training run is repeated, any number; default: at random")
        ->type_name("N");
    command.add_option("--threads", args->options.threads, "Threads; 0 means all")
        ->type_name("N")
        ->check(CLI::Range(0, 1024));
}

}  // namespace narrowfp::cli
