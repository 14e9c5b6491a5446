// SPDX-License-Identifier: Apache-2.0
// What the Google Benchmark suites share. A suite makes rows, each one piece of work such as a matrix product: its
// parameters, from which its name follows (gemm/impl:narrowfp/a:e4m3fn/...), the work, a check of the result, and
// figures. run_suite does the rest: command line, context, verification before and after timing, counters, --results in
// the schema narrowfp-results/1, exit code. A result that fails its check is never timed and never a number.
//
// Rows of one group are timed in rounds (benchmark_rounds.hpp) when the first of them is reached, and Google Benchmark
// reports those times; their ratios are medians of the ratios of single rounds. A group may ask for another target than
// that of the process; it is then measured in a child process.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/report/record.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::bench {

// Thrown by suite_row::prepare: the row cannot run on this machine; the text says why. The row is skipped, not failed.
class not_available : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One deterministic figure of a row: a counter and a record.
struct row_value {
    std::string name;  // of the counter
    std::string unit;
    report::record_value value;
    double counter = 0;  // finite, also where the record has no value
    report::record_status status = report::record_status::ok;
    std::string note;
};

// A row whose rate stands below a ratio: this row's rate / the rate of the row `base`.
struct ratio_to {
    std::string label;  // "bf16"
    std::string base;   // name of a row of the suite
};

// What a suite is expected to reach: a ratio of two of its rows, `must` at least, `aim` if possible. Missing one is
// printed and recorded; it is not a failed check, because time depends on the machine and what else it does.
struct speed_goal {
    std::string id;    // of the record: "<suite prefix>/goal:<id>"
    std::string text;  // for people
    std::string above;
    std::string below;
    double must = 0;  // 0: the ratio is only shown
    double aim = 0;
    bool of_times = false;       // time(above) / time(below), which must not exceed; else rate(above) / rate(below)
    std::string record_id = {};  // instead of the one above
};

// The name of a row: "gemm/m:64/n:64" for the prefix "gemm" and parameters m and n. Throws std::invalid_argument for a
// text parameter with '/', ':' or a blank in it.
std::string name_of_row(std::string_view prefix, const report::field_list& parameters);

class suite_row {
public:
    suite_row(std::string_view prefix, report::field_list parameters)
        : parameters_(std::move(parameters)), name_(name_of_row(prefix, parameters_)) {}
    virtual ~suite_row() = default;
    suite_row(const suite_row&) = delete;
    suite_row& operator=(const suite_row&) = delete;

    const std::string& name() const { return name_; }
    const report::field_list& parameters() const { return parameters_; }

    // Makes the operands and one result to be checked. Called once, before the first timing. Throws not_available.
    virtual void prepare() = 0;
    // The product that is timed, into the row's own result.
    virtual void compute() = 0;
    // Empty if the last result is right, else one line that says what is wrong. Called outside the timed loop.
    virtual std::string check() const = 0;
    // Deterministic figures, always the same ones in the same order; available after prepare. None for a timing.
    virtual std::vector<row_value> values() const { return {}; }
    // One line for people, printed beside the row; available after prepare.
    virtual std::string label() const = 0;
    // How the result was checked, for a record.
    virtual std::string checked_against() const = 0;
    // Multiply-adds of one product, or what else the rate of the suite counts.
    virtual double macs() const = 0;
    // Of suites of kind measured: rows that are timed together. Empty: with all rows, as Google Benchmark does it.
    virtual std::string group() const { return {}; }
    // Target (base/target.hpp) that the row's group needs; empty: the one in use.
    virtual std::string target() const { return {}; }
    // Called when the row's group was timed: gives back what prepare made. label stays.
    virtual void release() {}

    std::vector<ratio_to> ratios;  // written after the rate, in this order

private:
    report::field_list parameters_;
    std::string name_;
};

struct suite_options {
    std::uint32_t seed = 1;
    int threads = 1;                                // the most that a row may use
    bool all = false;                               // also rows that take long
    std::vector<std::filesystem::path> operands{};  // files of real operands
};

struct suite_content {
    std::vector<std::unique_ptr<suite_row>> rows;
    std::uint32_t data_crc32 = 0;  // of all operands before quantisation, or of the first of a kind
    std::vector<speed_goal> goals;
    report::field_list context;  // more of it
};

// A column of the table of rates: a parameter of the rows, or the label of a ratio.
struct table_key {
    std::string_view key;
    std::string_view title;
    bool number = false;
};
inline constexpr std::array<table_key, 10> product_columns{{{"impl", "program"},
                                                            {"a", "A"},
                                                            {"b", "B"},
                                                            {"recipe", "recipe"},
                                                            {"acc", "accumulator"},
                                                            {"target", "target"},
                                                            {"m", "m", true},
                                                            {"n", "n", true},
                                                            {"k", "k", true},
                                                            {"threads", "threads", true}}};
inline constexpr std::array<table_key, 2> product_ratios{{{"bf16", "vs BF16"}, {"f32", "vs FP32"}}};

// What the rate of a suite counts and how it is shown.
struct rate_text {
    const char* counter = "macs_per_s";
    std::string_view unit = "MAC/s";
    std::string_view title = "GFLOP/s";
    double shown = 2e-9;  // number in the table for a rate of 1
    std::span<const table_key> columns = product_columns;
    std::span<const table_key> ratios = product_ratios;
};

struct suite_info {
    std::string_view name;     // of the program
    std::string_view summary;  // for --help, ends with a full stop
    // measured: the rate of each row is timed (counter macs_per_s unless `rate` says otherwise). emulated: figures are computed; each row runs once.
    report::evidence_kind kind;
    std::string_view reference;  // what deterministic figures are compared with
    suite_content (*make)(const suite_options&);
    std::string_view note = {};                       // below the table of rates
    bool in_rounds = false;                           // whether all rows are in groups
    bool has_more = false;                            // whether --all makes more rows
    bool takes_operands = false;                      // whether --operands makes more rows
    std::string_view example = "recipe:deepseek_v3";  // a filter
    rate_text rate = {};
};

// The main function of a suite. Returns 0 if it ran and every check held, 1 if a check failed, 2 for wrong use, bad
// input or a file that cannot be written.
int run_suite(int argc, char** argv, const suite_info& info);

}  // namespace narrowfp::bench
