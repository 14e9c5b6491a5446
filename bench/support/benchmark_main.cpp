// SPDX-License-Identifier: Apache-2.0
// Everything that depends on the version of Google Benchmark is in this file, first.
#include "support/benchmark_main.hpp"

#include "support/benchmark_arguments.hpp"
#include "support/benchmark_results.hpp"
#include "support/terminal.hpp"

#include <narrowfp/base/target.hpp>
#include <narrowfp/report/json.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <regex>

namespace narrowfp::bench {
namespace {

using report::record_status;

constexpr int check_failed = 1;
constexpr int wrong_use = 2;
constexpr int interrupted = 130;

// -- versions of Google Benchmark: 1.7 and before, 1.8 and after ------------------------------------------------------
template <class State>
constexpr bool skips_with_message = requires(State state) {
    state.SkipWithMessage("");
};

// Since 1.8 a minimum time carries a unit ("0.1s"); before, a unit is an error.
constexpr std::string_view seconds_suffix = skips_with_message<benchmark::State> ? "s" : "";

// Ends a row without a figure. Before 1.8 there is no way to tell a row that cannot run from one that failed.
template <class State>
void skip(State& state, bool failed, const std::string& why) {
    if constexpr (skips_with_message<State>) {
        if (!failed) {
            state.SkipWithMessage(why);
            return;
        }
    }
    state.SkipWithError(why.c_str());
}

template <class Run>
bool has_values(const Run& run) {
    if constexpr (requires { run.error_occurred; }) {
        return !run.error_occurred;
    } else {
        return static_cast<int>(run.skipped) == 0;  // NotSkipped
    }
}

void print_help(const suite_info& info) {
    const bool measured = info.kind == report::evidence_kind::measured;
    fmt::print(
        "usage: {0} [--results FILE] [--seed N] [--threads N]{6}{9} [--benchmark_...]\n\n{1}\n\n"
        "  --results FILE  write the figures in the schema {2}\n"
        "  --seed N        of the random operands (default 1)\n"
        "  --threads N     the most that a row uses (default: all processors, {3} here)\n"
        "{7}{10}"
        "  --help          this text\n\n"
        "Defaults that differ from Google Benchmark's: {4}.\n"
        "Example:\n  {0} --benchmark_filter='{8}' --results {5}\n\n"
        "Exit codes: 0 it ran and every check held; 1 a check failed; 2 wrong use; 130 interrupted.\n\n"
        "Flags of Google Benchmark (--benchmark_min_time also takes a number without a unit):\n",
        info.name, info.summary, report::results_schema, processors(),
        measured ? "9 repetitions in turn or in random order among all rows, at least 0.02 seconds each"
                 : "one run of each row, no repetitions",
        measured ? "timings.json" : "results.json", info.has_more ? " [--all]" : "",
        info.has_more ? "  --all           also rows that take long\n" : "", info.example,
        info.takes_operands ? " [--operands FILE]" : "",
        info.takes_operands
            ? "  --operands FILE also on operands of training, a file of narrowfp train --dump-operands\n"
              "                  (repeatable)\n"
            : "");
    std::fflush(stdout);
    benchmark::PrintDefaultHelp();
    std::fflush(stdout);
}

// -- running ----------------------------------------------------------------------------------------------------------
// Passes what Google Benchmark reports on to its own display and keeps the rates of single repetitions. A console with
// repetitions shows their median and coefficient of variation only; files get everything.
class collecting_reporter : public benchmark::BenchmarkReporter {
public:
    collecting_reporter(benchmark::BenchmarkReporter& display, row_outcomes& outcomes, std::string rate, bool condense)
        : display_(display), outcomes_(outcomes), rate_(std::move(rate)), condense_(condense) {}

    bool ReportContext(const Context& context) override { return display_.ReportContext(context); }

    void ReportRuns(const std::vector<Run>& runs) override {
        std::vector<Run> shown;
        for (const Run& run : runs) {
            const bool single = run.run_type == Run::RT_Iteration;
            const auto rate = run.counters.find(rate_);
            const auto outcome = outcomes_.find(run.run_name.function_name);
            if (single && has_values(run) && rate != run.counters.end() && outcome != outcomes_.end()) {
                outcome->second.rates.push_back(rate->second.value);
            }
            const bool repeated = single && run.repetitions > 1;
            const bool hidden = repeated ? has_values(run) || run.repetition_index > 0
                                         : !single && run.aggregate_name != "median" && run.aggregate_name != "cv";
            if (!condense_ || !hidden) {
                shown.push_back(run);
            }
        }
        if (!shown.empty()) {
            display_.ReportRuns(shown);
        }
    }

    void Finalize() override { display_.Finalize(); }

private:
    benchmark::BenchmarkReporter& display_;
    row_outcomes& outcomes_;
    std::string rate_;  // name of the counter
    bool condense_;
};

// The rows that a filter selects. Google Benchmark matches more than our part of a name; a row that is missed here is
// timed alone.
class row_filter {
public:
    explicit row_filter(std::string expression) : inverse_(expression.starts_with('-')) {
        if (inverse_) {
            expression.erase(0, 1);
        }
        all_ = expression.empty() || expression == "all" || expression == ".";
        try {
            expression_ = std::regex(expression, std::regex::extended);
        } catch (const std::regex_error&) {
            all_ = true;  // Google Benchmark says what is wrong
        }
    }

    bool selects(const std::string& name) const {
        return all_ || std::regex_search(name + "/iterations:1/manual_time", expression_) != inverse_;
    }

private:
    std::regex expression_;
    bool inverse_;
    bool all_;
};

class suite_runner {
public:
    suite_runner(const suite_info& info, suite_content& content, const arguments& args)
        : info_(info), content_(content), args_(args), filter_(flag_value(args.others, "--benchmark_filter", "")) {}

    void register_rows() {
        for (const auto& row : content_.rows) {
            suite_row* const the_row = row.get();
            auto* registered =
                benchmark::RegisterBenchmark(row->name().c_str(), [this, the_row](benchmark::State& state) {
                    the_row->group().empty() ? run(state, *the_row) : report(state, *the_row);
                });
            registered->Unit(benchmark::kMillisecond);
            if (!row->group().empty()) {
                registered->Iterations(1)->UseManualTime();
            } else if (info_.kind == report::evidence_kind::measured) {
                registered->MeasureProcessCPUTime()->UseRealTime();  // OpenMP threads work for the main thread
            } else {
                registered->Iterations(1);
            }
        }
    }

    row_outcomes& outcomes() { return outcomes_; }

    bool any_failed() const {
        return std::any_of(outcomes_.begin(), outcomes_.end(),
                           [](const auto& entry) { return entry.second.status == record_status::failed; });
    }

private:
    // A row of a group: hands Google Benchmark one of the times measured in rounds.
    void report(benchmark::State& state, suite_row& row) {
        auto measured = measured_.find(row.name());
        if (measured == measured_.end()) {
            measure_group_of(row);
            measured = measured_.find(row.name());
        }
        row_outcome& outcome = measured->second;
        outcomes_.try_emplace(row.name(), row_outcome{outcome.status, outcome.note, {}, outcome.label, row.group()});
        if (outcome.status != record_status::ok) {
            skip(state, outcome.status == record_status::failed, outcome.note);
            return;
        }
        const double rate = outcome.rates[reported_[row.name()]++ % outcome.rates.size()];
        for (auto _ : state) {
            state.SetIterationTime(row.macs() / rate);
        }
        finish(state, row, outcome.label);
    }

    void measure_group_of(const suite_row& first) {
        std::vector<suite_row*> rows;
        for (const auto& row : content_.rows) {
            if (row->group() == first.group() && (row.get() == &first || filter_.selects(row->name())) &&
                !measured_.contains(row->name())) {
                rows.push_back(row.get());
            }
        }
        const bool elsewhere = !first.target().empty() && first.target() != name_of(active_target());
        std::vector<row_outcome> outcomes;
        if (!elsewhere) {
            outcomes = time_in_rounds(rows, args_.rounds);
        } else if (const std::string reason = why_not(first.target()); !reason.empty()) {
            outcomes.assign(rows.size(), row_outcome{record_status::not_run, reason, {}, {}, {}});
        } else {
            outcomes = time_in_child(rows, first.target(), arguments_of_child(rows));
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            measured_.emplace(rows[i]->name(), std::move(outcomes[i]));
        }
    }

    static std::string why_not(const std::string& name) {
        const auto known = std::find_if(all_targets.begin(), all_targets.end(),
                                        [&](const target_info& info) { return info.name == name; });
        if (known == all_targets.end()) {
            return "unknown target " + name;
        }
        const std::string why = why_refused(*known);
        return why.empty() ? "" : "target " + name + ": " + why;
    }

    std::vector<std::string> arguments_of_child(const std::vector<suite_row*>& rows) const {
        std::vector<std::string> out{fmt::format("--seed={}", args_.options.seed),
                                     fmt::format("--threads={}", args_.options.threads)};
        if (args_.options.all) {
            out.emplace_back("--all");
        }
        for (const std::string& other : args_.others) {
            if (is_flag(other, "--benchmark_repetitions") || is_flag(other, "--benchmark_min_time")) {
                out.push_back(other);
            }
        }
        for (const suite_row* row : rows) {
            out.push_back("--only-row=" + row->name());
        }
        return out;
    }

    // Google Benchmark calls this several times for each repetition; the row is prepared in the first call.
    void run(benchmark::State& state, suite_row& row) {
        const auto [entry, first] = outcomes_.try_emplace(row.name());
        row_outcome& outcome = entry->second;
        if (first) {
            prepare_row(row, outcome);
        }
        if (outcome.status != record_status::ok) {
            skip(state, outcome.status == record_status::failed, outcome.note);
            return;
        }
        for (auto _ : state) {
            row.compute();
            benchmark::ClobberMemory();
        }
        if (std::string wrong = row.check(); !wrong.empty()) {
            outcome = {record_status::failed, "a repeated product differs: " + wrong, {}, outcome.label, {}};
            skip(state, true, outcome.note);
            return;
        }
        finish(state, row, outcome.label);
    }

    // Label, rate and figures of a row that was timed.
    void finish(benchmark::State& state, const suite_row& row, const std::string& label) {
        state.SetLabel(label);
        if (info_.kind == report::evidence_kind::measured) {
            state.counters[info_.rate.counter] =
                benchmark::Counter(row.macs(), benchmark::Counter::kIsIterationInvariantRate);
        }
        for (const row_value& f : row.values()) {
            state.counters[f.name] = std::isfinite(f.counter) ? f.counter : 0.0;
        }
    }

    const suite_info& info_;
    suite_content& content_;
    const arguments& args_;
    row_filter filter_;
    row_outcomes outcomes_;
    row_outcomes measured_;  // of rows in groups; outcomes_ gets what Google Benchmark reports of them
    std::map<std::string, std::size_t, std::less<>> reported_;
};

// In a child process: times these rows and writes what came of it.
void run_rows(const suite_content& content, const arguments& args) {
    std::vector<suite_row*> rows;
    for (const auto& row : content.rows) {
        if (std::find(args.only_rows.begin(), args.only_rows.end(), row->name()) != args.only_rows.end()) {
            rows.push_back(row.get());
        }
    }
    write_outcomes(rows, time_in_rounds(rows, args.rounds));
}

// Google Benchmark prints its usage and ends with 0 when it cannot read the value of one of its flags.
void refuse_flag_value() {
    std::fprintf(stderr, "a flag of Google Benchmark, or a variable BENCHMARK_..., has a wrong value; see --help\n");
    std::exit(wrong_use);
}

void initialize(const suite_info& info, const arguments& args) {
    std::vector<std::string> texts{std::string(info.name)};
    texts.insert(texts.end(), args.others.begin(), args.others.end());
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    int count = static_cast<int>(texts.size());
    benchmark::Initialize(&count, pointers.data(), refuse_flag_value);
    benchmark::BenchmarkReporter::Context::executable_name = info.name.data();
    if (count > 1) {
        throw usage_error(fmt::format("unknown argument or wrong value '{}'; see {} --help", pointers[1], info.name));
    }
}

// The last value of --benchmark_format, or that of the environment.
bool displays_on_console(const arguments& args) {
    constexpr std::string_view flag = "--benchmark_format";
    const char* const environment = std::getenv("BENCHMARK_FORMAT");
    std::string format = environment != nullptr ? environment : "console";
    for (const std::string& other : args.others) {
        if (is_flag(other, flag) && other.size() > flag.size()) {
            format = other.substr(flag.size() + 1);
        }
    }
    return format == "console";
}

int run(int argc, char** argv, const suite_info& info) {
    const arguments args = parse_arguments(info, std::vector<std::string>(argv + 1, argv + argc), seconds_suffix);
    if (args.help) {
        print_help(info);
        return 0;
    }
    active_target();  // refuses a wrong NARROWFP_TARGET
    if (!args.only_rows.empty()) {
        run_rows(info.make(args.options), args);
        return 0;
    }
    initialize(info, args);
    suite_content content = info.make(args.options);
    for (const report::field& f : context_of(info, args.options, content, true)) {
        benchmark::AddCustomContext(f.key, text_of(f.value));
    }
    suite_runner runner(info, content, args);
    runner.register_rows();
    const bool console = displays_on_console(args);
    const bool measured = info.kind == report::evidence_kind::measured;
    auto display = benchmark::CreateDefaultDisplayReporter();  // a pointer, in newer versions an owning one
    collecting_reporter reporter(*display, runner.outcomes(), info.rate.counter, console && measured);
    if (benchmark::RunSpecifiedBenchmarks(&reporter) == 0) {
        throw usage_error(fmt::format("no row matches the filter '{}'", benchmark::GetBenchmarkFilter()));
    }
    benchmark::Shutdown();
    if (runner.outcomes().empty()) {
        return 0;  // --benchmark_list_tests
    }
    if (console && measured) {
        const report::table_style style{
            .width = terminal_width(stdout), .unicode = false, .colour = use_colour(colour_policy::automatic, stdout)};
        const std::string text = to_text(rate_table(info, content, runner.outcomes()), style);
        std::fputs(("\n" + text).c_str(), stdout);
        if (!content.goals.empty()) {
            std::fputs(("\n" + to_text(goal_table(content, runner.outcomes()), style)).c_str(), stdout);
        }
    }
    if (!args.results.empty()) {
        const report::document doc = suite_document(info, content, runner.outcomes(),
                                                    context_of(info, args.options, content, measured), args.options);
        (measured ? report::write_timings : report::write_results)(args.results, doc);
    }
    if (runner.any_failed()) {
        std::fprintf(stderr, "%s: a check failed; the rows concerned have no figures\n", info.name.data());
        return check_failed;
    }
    return 0;
}

extern "C" void on_interrupt(int) { ::_exit(interrupted); }

}  // namespace

std::string name_of_row(std::string_view prefix, const report::field_list& parameters) {
    std::string name(prefix);
    for (const report::field& f : parameters) {
        const std::string value = text_of(f.value);
        if (value.find_first_of("/: ") != std::string::npos) {
            throw std::invalid_argument(fmt::format("parameter {} of a row is '{}'", f.key, value));
        }
        name += fmt::format("/{}:{}", f.key, value);
    }
    return name;
}

int run_suite(int argc, char** argv, const suite_info& info) {
    std::signal(SIGINT, on_interrupt);
    try {
        return run(argc, argv, info);
    } catch (const std::exception& error) {
        std::fflush(stdout);
        std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(info.name.size()), info.name.data(), error.what());
        return wrong_use;
    }
}

}  // namespace narrowfp::bench
