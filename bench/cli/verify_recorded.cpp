// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_recorded.hpp"

#include "support/near_names.hpp"
#include "support/parallel.hpp"
#include "train/experiment/recorded.hpp"
#include "train/run/corpus.hpp"

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

namespace train = bench::train;

struct recorded_arguments {
    bool all = false;
    std::optional<double> share;
    std::vector<std::string> only;
    std::optional<std::uint64_t> draw;
    std::string file;
    std::string corpus;
    int threads = 0;
};

// Positions of runs, ascending: those of these names, else as many as asked for, drawn without replacement.
std::vector<std::size_t> chosen_runs(const recorded_arguments& args, const std::vector<train::recorded_run>& runs,
                                     std::uint64_t draw) {
    std::vector<std::size_t> out;
    if (!args.only.empty()) {
        std::vector<std::string> names;
        std::transform(runs.begin(), runs.end(), std::back_inserter(names), [](const auto& r) { return r.name(); });
        const std::vector<std::string_view> known(names.begin(), names.end());
        for (const std::string& wanted : args.only) {
            const auto found = std::find(names.begin(), names.end(), wanted);
            if (found == names.end()) {
                throw std::invalid_argument(bench::unknown_name("recorded run", wanted, known));
            }
            out.push_back(static_cast<std::size_t>(found - names.begin()));
        }
        std::sort(out.begin(), out.end());
        out.erase(std::unique(out.begin(), out.end()), out.end());
        return out;
    }
    out.resize(runs.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    if (!args.all) {
        std::mt19937_64 random(draw);
        std::shuffle(out.begin(), out.end(), random);
        const double wanted = std::ceil(args.share.value_or(0) * static_cast<double>(runs.size()));
        out.resize(std::min(runs.size(), std::max<std::size_t>(1, static_cast<std::size_t>(wanted))));
        std::sort(out.begin(), out.end());
    }
    return out;
}

struct repetition {
    const train::recorded_run* run = nullptr;
    train::repeated_run found;
};

std::vector<repetition> repeat_runs(const std::vector<train::recorded_run>& runs,
                                    const std::vector<std::size_t>& chosen, const train::corpus& text,
                                    const recorded_arguments& args, const context& ctx) {
    std::vector<repetition> out(chosen.size());
    report::progress progress("verify recorded", chosen.size(), progress_style(ctx));
    std::mutex mutex;
    bench::parallel_for(chosen.size(), args.threads, [&](std::size_t n) {
        const train::recorded_run& run = runs[chosen[n]];
        out[n] = {&run, train::repeat(run, text)};
        const std::scoped_lock lock(mutex);
        progress.advance(1, run.name());
    });
    progress.finish();
    return out;
}

report::table table_of(const std::vector<repetition>& all) {
    report::table t;
    t.title = "Recorded training runs, trained again";
    t.columns = {
        {"run"}, {"loss", report::alignment::right}, {"weights"}, {"here"}, {"time", report::alignment::right}};
    for (const repetition& r : all) {
        const bool equal = r.found.equal();
        t.add_row({r.run->name(),
                   report::format_number(r.run->outcome.loss, 6),
                   r.run->outcome.weights.substr(0, 12),
                   {equal ? std::string("equal") : fmt::format("{}", fmt::join(r.found.differences, "; ")),
                    equal ? report::tint::good : report::tint::bad},
                   report::format_duration(r.found.seconds)});
    }
    t.notes = {
        "Compared: every step's loss, every count, the losses of validation, the weights. Time: of this emulation."};
    return t;
}

report::document document_of(const context& ctx, const train::recorded_training& recorded,
                             const std::vector<repetition>& all) {
    report::document doc{program_context("narrowfp verify recorded"), {}};
    report::record count;
    count.id = "verify.recorded.runs";
    count.name = "recorded training runs whose hashes fit";
    count.kind = report::evidence_kind::recorded;
    count.unit = "runs";
    count.value = static_cast<std::int64_t>(recorded.runs.size());
    count.repro = ctx.command_line;
    doc.records.push_back(std::move(count));
    for (const repetition& r : all) {
        report::record one;
        one.id = fmt::format("verify.recorded.{}.steps{}.{}.seed{}.rate{}", r.run->size, r.run->steps,
                             r.run->outcome.arm, r.run->outcome.seed, r.run->outcome.rate);
        one.name = "recorded run " + r.run->name() + ", trained again";
        one.value = std::string(r.found.equal() ? "equal" : "different");
        one.repro = ctx.command_line;
        doc.records.push_back(std::move(one));
    }
    return doc;
}

// The text of the recorded runs; the reason why there is none otherwise. A file that the user named must be right.
std::optional<train::corpus> text_of_runs(const recorded_arguments& args, const train::recorded_training& recorded,
                                          std::string& why_not) {
    train::corpus text;
    if (!args.corpus.empty()) {
        text = train::read_corpus(args.corpus);
    } else {
        try {
            text = train::read_corpus(train::find_corpus());
        } catch (const std::runtime_error& error) {
            why_not = error.what();
            return std::nullopt;
        }
    }
    if (!train::same_text(recorded, text)) {
        throw std::invalid_argument(fmt::format("'{}' has the CRC-32 {:08x}; the recorded runs read a text with {}",
                                                text.name, text.crc32, recorded.text_crc32));
    }
    return text;
}

int run_recorded(const recorded_arguments& args, const context& ctx) {
    train::recorded_training recorded;
    const std::string own = args.file.empty() ? std::string() : report::read_file(args.file);
    try {
        recorded = args.file.empty() ? train::shipped_training() : train::read_recorded_training(own, args.file);
    } catch (const std::runtime_error& error) {  // a check that failed, no wrong use
        print_text(std::string(error.what()) + "\n");
        return 1;
    }
    const std::string counts =
        fmt::format("{} runs, {} arms' gradients and {} arms' forks: all hashes fit{}", recorded.runs.size(),
                    recorded.fidelity.size(), recorded.forks.size(),
                    recorded.other_version == 0
                        ? ""
                        : fmt::format("; {} records of another version of the arithmetic", recorded.other_version));
    std::vector<repetition> again;
    std::string why_not;
    std::uint64_t draw = 0;
    if (!recorded.runs.empty()) {
        draw = args.draw.value_or(std::random_device{}());
        const std::vector<std::size_t> chosen = chosen_runs(args, recorded.runs, draw);
        if (const std::optional<train::corpus> text = text_of_runs(args, recorded, why_not)) {
            again = repeat_runs(recorded.runs, chosen, *text, args, ctx);
        }
    }
    const auto equal = static_cast<std::size_t>(
        std::count_if(again.begin(), again.end(), [](const repetition& r) { return r.found.equal(); }));
    const int code = equal == again.size() ? 0 : 1;
    if (ctx.json) {
        print_text(report::to_json(document_of(ctx, recorded, again)));
        return code;
    }
    print_text(counts + "\n");
    if (again.empty()) {
        print_text("not repeated here: " + (why_not.empty() ? std::string("no run is recorded") : why_not) + "\n");
        return code;
    }
    if (!ctx.quiet) {
        print_table(ctx, table_of(again));
    }
    print_text(fmt::format("{} of {} repeated runs equal, bit for bit{}\n", equal, again.size(),
                           args.all || !args.only.empty() ? "" : fmt::format(" (--draw {})", draw)));
    return code;
}

}  // namespace

recorded_command add_verify_recorded(CLI::App& verify, context& ctx) {
    auto args = std::make_shared<recorded_arguments>();
    recorded_command out;
    out.run = [args](const context& c) { return run_recorded(*args, c); };
    CLI::App& command = add_command(
        verify, ctx,
        {.name = "recorded",
         .summary = "Compare recorded training runs with their hashes, and some of them with runs made anew",
         .details =
             "Checks the hash of every record. Then it repeats one recorded run, drawn at random, and compares every bit; --share, --only\n"
             "and --all repeat more. A run takes half a minute on one thread, all runs take hours. If the text that they were trained on is\n"
             "missing (bench/train/get_corpus fetches it), only hashes are checked. Exit code 1: a hash does not fit, or a repeated run\n"
             "differs from its record; else 0.",
         .examples = "  narrowfp verify recorded\n"
                     "  narrowfp verify recorded --share 0.05\n"
                     "  narrowfp verify recorded --only deepseek_v3/117"},
        out.run);
    CLI::Option* all = command.add_flag("--all", args->all, "Repeat every run");
    CLI::Option* share = command.add_option("--share", args->share, "Repeat this share of the runs, at least one")
                             ->type_name("X")
                             ->check(CLI::Range(0.0, 1.0))
                             ->excludes(all);
    command.add_option("--only", args->only, "Repeat this run (repeatable)")
        ->type_name("ARM/SEED")
        ->allow_extra_args(false)
        ->excludes(all)
        ->excludes(share);
    command.add_option("--draw", args->draw, "Which runs are drawn, any number; default: at random")->type_name("N");
    command
        .add_option("--file", args->file,
                    "Records of your own, recorded.txt of narrowfp train --output, in place of the project's")
        ->type_name("FILE");
    command.add_option("--corpus", args->corpus, "The text, where it is not found by itself")->type_name("FILE");
    command.add_option("--threads", args->threads, "Runs side by side; 0 means all processors")
        ->type_name("N")
        ->check(CLI::Range(0, 1024));
    out.app = &command;
    return out;
}

}  // namespace narrowfp::cli
