// SPDX-License-Identifier: Apache-2.0
// Small studies of scaling: what a choice of scales does to numbers of a known distribution, beside what others found.
// Each figure is the mean over independent batches with its standard error. "Agrees" means: within half a unit of the last
// digit that was stated, plus three standard errors; the sampling error of what was stated is unknown, so a figure that
// misses this may still agree to two digits, which is said too. Numbers are random; some studies also take the operands of a
// training run instead, to which no stated figure belongs.
// A new study is a function here and a row of `scaling_designs`.
#pragma once

#include "train/run/recorded_products.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

struct scaling_options {
    std::uint32_t seed = 1;
    int batches = 16;
    bool small = false;  // a sixteenth of the numbers: for tests, not for figures
    int threads = 0;
    std::optional<train::recorded_linear> recorded{};  // instead of random numbers
    std::function<void(int done, int total)> on_progress;
};

// A figure of a batch. The same id in every batch.
struct sample {
    std::string id;    // "floor.clipped"
    std::string what;  // for people
    std::string unit;  // "%", "dB", "1"
    double value = 0;
};

// What was found before, as it was stated: 17.1 with a half unit of 0.05.
struct expectation {
    std::string id;
    double value = 0;
    double half_unit = 0;
};

struct scaling_finding {
    std::string id;
    std::string what;
    std::string unit;
    double mean = 0;
    double standard_error = 0;  // over batches
    std::optional<expectation> expected;

    // "yes", "to 2 digits" or "no"; empty without an expected value.
    std::string_view agreement() const;
};

struct scaling_study {
    std::string name;
    std::string title;
    std::string data;    // what the numbers are
    std::string source;  // of the expected figures
    std::vector<scaling_finding> findings;
    std::vector<std::string> notes;
    int batches = 0;
    std::uint32_t seed = 0;
    bool small = false;
    std::string recorded{};  // operands: the name of their file; empty: random numbers
};

// How a study is made: samples of one batch, and what is expected of them.
struct scaling_design {
    std::string_view name;
    std::string_view title;
    std::string_view data;
    std::string_view source;
    std::vector<sample> (*batch)(const scaling_options&, std::uint32_t batch);
    std::vector<expectation> (*expected)();
    std::vector<std::string> (*notes)();
    // What of a recorded linear layer stands for the numbers: "X"; empty: the study takes none.
    std::string_view recorded{};
    // Whether batches of recorded numbers differ, by what is drawn beside them; else there is one.
    bool draws_on_recorded = false;
};

const std::vector<scaling_design>& scaling_designs();

// Throws std::invalid_argument for an unknown name, and for recorded operands where the study takes none.
scaling_study run_scaling_study(std::string_view name, const scaling_options& options);

report::table scaling_table(const scaling_study& study);
// "3 of 4 stated figures agree; not: ..." and the notes.
std::vector<std::string> scaling_findings(const scaling_study& study);
report::document scaling_results(const scaling_study& study, const report::field_list& context,
                                 const std::string& repro);

// -- the studies ------------------------------------------------------------------------------------------------------
scaling_design mx_rules_design();
scaling_design near_constant_design();
scaling_design retile_design();
scaling_design token_imbalance_design();
scaling_design outliers_design();
scaling_design delayed_spikes_design();
scaling_design promotion_design();

}  // namespace narrowfp::bench
