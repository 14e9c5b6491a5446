// SPDX-License-Identifier: Apache-2.0
// The command line of a suite: its own options, and those of Google Benchmark with the defaults of the suites. Internal to
// benchmark_main.cpp.
#pragma once

#include "support/benchmark_rounds.hpp"

#include <stdexcept>

namespace narrowfp::bench {

class usage_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Threads that this build can use here.
int processors();

struct arguments {
    suite_options options{.seed = 1, .threads = processors()};
    std::string results;  // file; empty: none
    bool help = false;
    round_options rounds;                // of rows in groups
    std::vector<std::string> only_rows;  // in a child process: these alone, without Google Benchmark
    std::vector<std::string> others;     // for Google Benchmark
};

// Whether an argument is this flag, with or without a value.
inline bool is_flag(std::string_view argument, std::string_view name) {
    return argument == name || (argument.starts_with(name) && argument[name.size()] == '=');
}

// The value of a flag, the last one given, or of its environment variable; else `otherwise`.
std::string flag_value(const std::vector<std::string>& flags, std::string_view flag, std::string otherwise);

// Throws usage_error. `seconds_suffix`: what a minimum time ends with in this version of Google Benchmark.
arguments parse_arguments(const suite_info& info, const std::vector<std::string>& all, std::string_view seconds_suffix);

}  // namespace narrowfp::bench
