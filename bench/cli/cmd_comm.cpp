// SPDX-License-Identifier: Apache-2.0
// narrowfp comm: bytes, errors and times of communication in narrow formats, over MPI.
#include "cli/command.hpp"
#include "comm/launch.hpp"

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/write_file.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace narrowfp::cli {

namespace {

struct comm_arguments {
    bench::launch_options options;
    std::string output;
};

int run(const comm_arguments& args, const context& ctx) {
    if (!args.output.empty()) {
        prepare_folder(args.output);
    }
    report::progress progress("comm", args.options.ranks.size(), progress_style(ctx));
    bool first = true;
    const bench::launch_outcome outcome = bench::launch_suite(args.options, [&](int ranks) {
        progress.advance(first ? 0 : 1, fmt::format("{} ranks", ranks));
        first = false;
    });
    progress.finish();
    const auto document = [&](const std::vector<report::record>& records) {
        report::document doc;
        doc.context = program_context("narrowfp comm");
        report::add_field(doc.context, "mode", args.options.small ? "small" : "full");
        report::add_field(doc.context, "seed", static_cast<std::int64_t>(args.options.seed));
        doc.records = records;
        for (report::record& r : doc.records) {
            r.repro = ctx.command_line;
        }
        return doc;
    };
    const std::vector<report::table> tables = bench::comm_tables(outcome);
    if (!args.output.empty()) {
        std::string text = "# Communication in narrow formats\n\n";
        for (const report::table& t : tables) {
            text += report::to_markdown(t) + "\n";
        }
        const std::filesystem::path folder = args.output;
        report::write_results(folder / "results.json", document(outcome.results));
        report::write_timings(folder / "timings.json", document(outcome.timings));
        report::write_file(folder / "report.md", text);
    }
    if (ctx.json) {
        print_text(report::to_json(document(outcome.results)));
        return outcome.held ? 0 : 1;
    }
    for (const report::table& t : tables) {
        print_table(ctx, t);
        print_text("\n");
    }
    print_text(outcome.held ? "Counted payloads equal the closed forms.\n"
                            : "FAIL: a check of the suite, see above.\n");
    if (args.options.small) {
        print_text("SMALL RUN: fewer numbers, no timed links; not the figures of the suite.\n");
    }
    return outcome.held ? 0 : 1;
}

}  // namespace

void add_comm(CLI::App& app, context& ctx) {
    auto args = std::make_shared<comm_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "comm",
         .summary = "Dispatch, combine and sums over ranks in narrow formats: bytes, errors, slow links",
         .details =
             "Runs the suite bench_comm under Open MPI, over TCP, with each number of ranks on this machine. Needs a build\n"
             "with -DNARROWFP_WITH_MPI=ON (Debian: libopenmpi-dev openmpi-bin). Bytes and errors are those of any\n"
             "network; times are of emulated links and say so.",
         .examples = "  narrowfp comm --output report\n"
                     "  narrowfp comm --ranks 2 --only exchange"},
        [args](const context& c) { return run(*args, c); });
    command.add_option("--ranks", args->options.ranks, "Numbers of processes, one run each (2,4,8)")
        ->type_name("N,N")
        ->delimiter(',');
    command
        .add_option("--only", args->options.only, "Only this part: exchange, reduce, gather, codec, links (repeatable)")
        ->type_name("PART")
        ->allow_extra_args(false);
    command.add_option("--seed", args->options.seed, "Of numbers and routes")->type_name("N")->capture_default_str();
    command.add_flag("--small", args->options.small, "Fewer numbers, no timed links; marked as such");
    command.add_flag("--allow-run-as-root", args->options.allow_run_as_root, "Tell Open MPI that it may run as root");
    command.add_option("-o,--output", args->output, "Write report.md, results.json and timings.json into this folder")
        ->type_name("FOLDER");
}

}  // namespace narrowfp::cli
