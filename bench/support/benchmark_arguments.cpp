// SPDX-License-Identifier: Apache-2.0
#include "support/benchmark_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

namespace narrowfp::bench {
namespace {

// Google Benchmark takes the default of --benchmark_x from the environment variable BENCHMARK_X.
const char* environment_of(std::string_view flag) {
    std::string name(flag.substr(2));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return std::getenv(name.c_str());
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
std::string min_time_flag(std::string_view text, std::string_view seconds_suffix) {
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

// How rows in groups are timed: as often and as long as Google Benchmark would repeat a row.
round_options rounds_for(const std::vector<std::string>& flags) {
    round_options how;
    how.rounds = number_in(flag_value(flags, "--benchmark_repetitions", "9"), "--benchmark_repetitions", 1, 10000);
    std::string time = flag_value(flags, "--benchmark_min_time", "");
    if (time.ends_with('x')) {
        time.pop_back();
        how.repeats = number_in(time, "--benchmark_min_time", 1L, 1'000'000'000L);
    } else if (!time.empty()) {
        how.least_seconds = std::atof(time.c_str());
    }
    return how;
}

// The defaults of timings: nine repetitions, the least that a rank test can use, in random order among all rows (or in
// the rounds of a group), so that a slow minute of the machine falls on all rows alike. Deterministic figures have neither repetitions nor
// aggregates, whose standard deviation of equal figures some versions write as NaN.
void add_defaults(const suite_info& info, std::string_view seconds_suffix, arguments& args) {
    if (info.kind == report::evidence_kind::measured) {
        for (const auto& [flag, value] : {std::pair<std::string, std::string>{"--benchmark_repetitions", "9"},
                                          {"--benchmark_enable_random_interleaving", info.in_rounds ? "false" : "true"},
                                          {"--benchmark_min_time", fmt::format("0.05{}", seconds_suffix)}}) {
            if (!given(args.others, flag) && environment_of(flag) == nullptr) {
                args.others.push_back(fmt::format("{}={}", flag, value));
            }
        }
    } else {
        if (given(args.others, "--benchmark_repetitions")) {
            throw usage_error("the figures are the same in every repetition: --benchmark_repetitions has no use here");
        }
        args.others.emplace_back("--benchmark_repetitions=1");
    }
    if (!given(args.others, "--benchmark_counters_tabular") &&
        environment_of("--benchmark_counters_tabular") == nullptr) {
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

}  // namespace

int processors() {
#if defined(NARROWFP_BENCH_OPENMP)
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
#else
    return 1;
#endif
}

std::string flag_value(const std::vector<std::string>& flags, std::string_view flag, std::string otherwise) {
    if (const char* const environment = environment_of(flag)) {
        otherwise = environment;
    }
    for (const std::string& other : flags) {
        if (is_flag(other, flag) && other.size() > flag.size()) {
            otherwise = other.substr(flag.size() + 1);
        }
    }
    return otherwise;
}

arguments parse_arguments(const suite_info& info, const std::vector<std::string>& all,
                          std::string_view seconds_suffix) {
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
        } else if (all[i] == "--all" && info.has_more) {
            args.options.all = true;
        } else if (is_flag(all[i], "--operands") && info.takes_operands) {
            args.options.operands.emplace_back(value_of(all, i, "--operands"));
        } else if (is_flag(all[i], "--only-row")) {
            args.only_rows.push_back(value_of(all, i, "--only-row"));
        } else if (is_flag(all[i], "--benchmark_min_time")) {
            args.others.push_back(min_time_flag(value_of(all, i, "--benchmark_min_time"), seconds_suffix));
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
    args.rounds = rounds_for(args.others);
    add_defaults(info, seconds_suffix, args);
    return args;
}

}  // namespace narrowfp::bench
