// SPDX-License-Identifier: Apache-2.0
// Everything that depends on the version of Google Benchmark is in this file, first.
#include "benchmark_main.hpp"

#include "benchmark_results.hpp"
#include "terminal.hpp"

#include <narrowfp/base/target.hpp>
#include <narrowfp/report/json.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <system_error>
#include <thread>

namespace narrowfp::bench {
namespace {

using report::record_status;

constexpr int check_failed = 1;
constexpr int wrong_use = 2;
constexpr int interrupted = 130;

// -- versions of Google Benchmark: 1.7 and before, 1.8 and after ------------------------------------------------------
template <class State>
constexpr bool skips_with_message = requires(State state) { state.SkipWithMessage(""); };

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
bool has_figures(const Run& run) {
    if constexpr (requires { run.error_occurred; }) {
        return !run.error_occurred;
    } else {
        return static_cast<int>(run.skipped) == 0;  // NotSkipped
    }
}

// -- command line -----------------------------------------------------------------------------------------------------
class usage_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

int processors() {
#if defined(NARROWFP_BENCH_OPENMP)
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
#else
    return 1;
#endif
}

struct arguments {
    suite_options options{1, processors()};
    std::string results;  // file; empty: none
    bool help = false;
    std::vector<std::string> others;  // for Google Benchmark
};

bool is_flag(std::string_view argument, std::string_view name) {
    return argument == name || (argument.starts_with(name) && argument[name.size()] == '=');
}

template <class Number>
Number number_in(std::string_view text, std::string_view flag, Number least, Number most) {
    Number x{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (error != std::errc{} || end != text.data() + text.size() || x < least || x > most) {
        throw usage_error(fmt::format("{} needs a whole number from {} to {}, found '{}'", flag, least, most, text));
    }
    return x;
}

// "--flag=V" or "--flag V"; `at` moves to the last argument used.
std::string value_of(const std::vector<std::string>& all, std::size_t& at, std::string_view flag) {
    if (all[at].size() > flag.size()) {
        return all[at].substr(flag.size() + 1);
    }
    if (at + 1 == all.size()) {
        throw usage_error(fmt::format("{} needs a value", flag));
    }
    return all[++at];
}

// A minimum time in the form that this version of Google Benchmark reads: "0.1" and "0.1s" are both understood.
std::string min_time_flag(std::string_view text) {
    constexpr std::string_view flag = "--benchmark_min_time";
    if (text.ends_with('x') && !seconds_suffix.empty()) {
        const long iterations = number_in(text.substr(0, text.size() - 1), flag, 1L, 1'000'000'000L);
        return fmt::format("{}={}x", flag, iterations);
    }
    const std::string number(text.ends_with('s') ? text.substr(0, text.size() - 1) : text);
    double seconds = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), seconds);
    if (error != std::errc{} || end != number.data() + number.size() || !(seconds > 0 && seconds < 1e6)) {
        throw usage_error(fmt::format("{} needs seconds above 0, such as 0.1, found '{}'", flag, text));
    }
    return fmt::format("{}={}{}", flag, number, seconds_suffix);
}

bool given(const std::vector<std::string>& flags, std::string_view flag) {
    return std::any_of(flags.begin(), flags.end(), [flag](const std::string& f) { return is_flag(f, flag); });
}

// Google Benchmark takes the default of --benchmark_x from the environment variable BENCHMARK_X.
bool given_by_environment(std::string_view flag) {
    std::string name(flag.substr(2));
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return std::getenv(name.c_str()) != nullptr;
}

// The defaults of timings: nine repetitions, the least that a rank test can use, in random order among all rows, so
// that a slow minute of the machine falls on all rows alike. Deterministic figures have neither repetitions nor
// aggregates, whose standard deviation of equal figures some versions write as NaN.
void add_defaults(const suite_info& info, arguments& args) {
    if (info.kind == report::figure_kind::measured) {
        for (const auto& [flag, value] : {std::pair<std::string, std::string>{"--benchmark_repetitions", "9"},
                                          {"--benchmark_enable_random_interleaving", "true"},
                                          {"--benchmark_min_time", fmt::format("0.05{}", seconds_suffix)}}) {
            if (!given(args.others, flag) && !given_by_environment(flag)) {
                args.others.push_back(fmt::format("{}={}", flag, value));
            }
        }
    } else {
        if (given(args.others, "--benchmark_repetitions")) {
            throw usage_error("the figures are the same in every repetition: --benchmark_repetitions has no use here");
        }
        args.others.emplace_back("--benchmark_repetitions=1");
    }
    if (!given(args.others, "--benchmark_counters_tabular") && !given_by_environment("--benchmark_counters_tabular")) {
        args.others.emplace_back("--benchmark_counters_tabular=true");
    }
    for (const char* flag : {"--benchmark_report_aggregates_only", "--benchmark_display_aggregates_only"}) {
        if (args.results.empty()) {
            continue;
        }
        if (given(args.others, flag)) {
            throw usage_error(fmt::format("--results needs every repetition: {} cannot be given with it", flag));
        }
        args.others.push_back(std::string(flag) + "=false");  // wins over the environment
    }
}

// Said before the run, not after it.
void require_folder_of(std::string_view flag, const std::filesystem::path& file) {
    const std::filesystem::path folder = file.parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder)) {
        throw usage_error(fmt::format("{}: there is no folder '{}'", flag, folder.string()));
    }
    if (std::filesystem::is_directory(file)) {
        throw usage_error(fmt::format("{}: '{}' is a folder", flag, file.string()));
    }
}

arguments parse(const suite_info& info, const std::vector<std::string>& all) {
    arguments args;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i] == "--help" || all[i] == "-h") {
            args.help = true;
        } else if (is_flag(all[i], "--results")) {
            args.results = value_of(all, i, "--results");
        } else if (is_flag(all[i], "--seed")) {
            args.options.seed = number_in<std::uint32_t>(value_of(all, i, "--seed"), "--seed", 0, 0xFFFFFFFF);
        } else if (is_flag(all[i], "--threads")) {
            args.options.threads = number_in(value_of(all, i, "--threads"), "--threads", 1, 1024);
        } else if (is_flag(all[i], "--benchmark_min_time")) {
            args.others.push_back(min_time_flag(value_of(all, i, "--benchmark_min_time")));
        } else {
            args.others.push_back(all[i]);
        }
    }
    require_folder_of("--results", args.results);
    for (const std::string& other : args.others) {
        constexpr std::string_view flag = "--benchmark_out";
        if (is_flag(other, flag) && other.size() > flag.size()) {
            require_folder_of(flag, other.substr(flag.size() + 1));
        }
    }
    add_defaults(info, args);
    return args;
}

void print_help(const suite_info& info) {
    const bool measured = info.kind == report::figure_kind::measured;
    fmt::print("usage: {0} [--results FILE] [--seed N] [--threads N] [--benchmark_...]\n\n{1}\n\n"
               "  --results FILE  write the figures in the schema {2}\n"
               "  --seed N        of the random operands (default 1)\n"
               "  --threads N     the most that a row uses (default: all processors, {3} here)\n"
               "  --help          this text\n\n"
               "Defaults that differ from Google Benchmark's: {4}.\n"
               "Example:\n  {0} --benchmark_filter='recipe:deepseek_v3' --results {5}\n\n"
               "Exit codes: 0 it ran and every check held; 1 a check failed; 2 wrong use; 130 interrupted.\n\n"
               "Flags of Google Benchmark (--benchmark_min_time also takes a number without a unit):\n",
               info.name, info.summary, report::results_schema, processors(),
               measured ? "9 repetitions in random order among all rows, at least 0.05 seconds each"
                        : "one run of each row, no repetitions",
               measured ? "timings.json" : "results.json");
    std::fflush(stdout);
    benchmark::PrintDefaultHelp();
    std::fflush(stdout);
}

// -- running ----------------------------------------------------------------------------------------------------------
constexpr const char* rate_counter = "macs_per_s";

// Passes what Google Benchmark reports on to its own display and keeps the rates of single repetitions. A console with
// repetitions shows their median and coefficient of variation only; files get everything.
class collecting_reporter : public benchmark::BenchmarkReporter {
public:
    collecting_reporter(benchmark::BenchmarkReporter& display, row_outcomes& outcomes, bool condense)
        : display_(display), outcomes_(outcomes), condense_(condense) {}

    bool ReportContext(const Context& context) override { return display_.ReportContext(context); }

    void ReportRuns(const std::vector<Run>& runs) override {
        std::vector<Run> shown;
        for (const Run& run : runs) {
            const bool single = run.run_type == Run::RT_Iteration;
            const auto rate = run.counters.find(rate_counter);
            const auto outcome = outcomes_.find(run.run_name.function_name);
            if (single && has_figures(run) && rate != run.counters.end() && outcome != outcomes_.end()) {
                outcome->second.rates.push_back(rate->second.value);
            }
            const bool repeated = single && run.repetitions > 1;
            const bool hidden = repeated ? has_figures(run) || run.repetition_index > 0
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
    bool condense_;
};

class suite_runner {
public:
    suite_runner(const suite_info& info, suite_content& content) : info_(info), content_(content) {}

    void register_rows() {
        for (const auto& row : content_.rows) {
            suite_row* const the_row = row.get();
            auto* registered = benchmark::RegisterBenchmark(
                row->name().c_str(), [this, the_row](benchmark::State& state) { run(state, *the_row); });
            registered->Unit(benchmark::kMillisecond);
            if (info_.kind == report::figure_kind::measured) {
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
    // Google Benchmark calls this several times for each repetition; the row is prepared in the first call.
    void run(benchmark::State& state, suite_row& row) {
        const auto [entry, first] = outcomes_.try_emplace(row.name());
        row_outcome& outcome = entry->second;
        if (first) {
            prepare(row, outcome);
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
            outcome = {record_status::failed, "a repeated product differs: " + wrong, {}};
            skip(state, true, outcome.note);
            return;
        }
        state.SetLabel(row.label());
        if (info_.kind == report::figure_kind::measured) {
            state.counters[rate_counter] =
                benchmark::Counter(row.macs(), benchmark::Counter::kIsIterationInvariantRate);
        }
        for (const figure& f : row.figures()) {
            state.counters[f.name] = std::isfinite(f.counter) ? f.counter : 0.0;
        }
    }

    static void prepare(suite_row& row, row_outcome& outcome) {
        try {
            row.prepare();
            outcome.note = row.check();
            if (!outcome.note.empty()) {
                outcome.status = record_status::failed;
            }
        } catch (const not_available& why) {
            outcome = {record_status::not_run, why.what(), {}};
        } catch (const std::exception& error) {
            outcome = {record_status::failed, error.what(), {}};
        }
    }

    const suite_info& info_;
    suite_content& content_;
    row_outcomes outcomes_;
};

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
    const arguments args = parse(info, std::vector<std::string>(argv + 1, argv + argc));
    if (args.help) {
        print_help(info);
        return 0;
    }
    active_target();  // refuses a wrong NARROWFP_TARGET
    initialize(info, args);
    suite_content content = info.make(args.options);
    for (const report::field& f : context_of(info, args.options, content, true)) {
        benchmark::AddCustomContext(f.key, text_of(f.value));
    }
    suite_runner runner(info, content);
    runner.register_rows();
    const bool console = displays_on_console(args);
    const bool measured = info.kind == report::figure_kind::measured;
    auto display = benchmark::CreateDefaultDisplayReporter();  // a pointer, in newer versions an owning one
    collecting_reporter reporter(*display, runner.outcomes(), console && measured);
    if (benchmark::RunSpecifiedBenchmarks(&reporter) == 0) {
        throw usage_error(fmt::format("no row matches the filter '{}'", benchmark::GetBenchmarkFilter()));
    }
    benchmark::Shutdown();
    if (runner.outcomes().empty()) {
        return 0;  // --benchmark_list_tests
    }
    if (console && measured) {
        const std::string text = to_text(rate_table(info, content, runner.outcomes()),
                                         {.width = terminal_width(stdout),
                                          .unicode = false,
                                          .colour = use_colour(colour_policy::automatic, stdout)});
        std::fputs(("\n" + text).c_str(), stdout);
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
