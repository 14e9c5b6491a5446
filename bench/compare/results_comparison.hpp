// SPDX-License-Identifier: Apache-2.0
// Two results files side by side, figure by figure, matched by id. Deterministic figures (emulated, modelled,
// published) are equal bit for bit or changed; measured ones have a ratio and are never called changed, because they
// differ in every run. Words (names, methods, notes) are counted and not judged. Reading files is report/json.hpp.
#pragma once

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench {

// A field of a figure, or of the context, as each file has it.
struct changed_field {
    std::string id;    // of the figure; the key of a field of the context
    std::string what;  // "value", "low", "high", "unit", "status", "kind", "parameters"; "context"
    std::string a;     // exact text; "-" where there is none
    std::string b;
    std::optional<double> relative;  // (b - a) / |a|, where both are numbers and a is not 0
};

// Said of times and rates, by their unit, where both files have a range: one measurement alone cannot be judged. Ranges
// that overlap are "within the spread".
enum class speed { faster, slower, within_spread, no_word };

// A measured figure that both files have with a value that is not 0 in A.
struct measured_ratio {
    std::string id;
    std::string unit;
    double a = 0;
    double b = 0;
    double ratio = 0;           // b / a
    std::optional<double> low;  // of the ratio, from the extremes of both
    std::optional<double> high;
    speed word = speed::no_word;  // of B
};

struct results_comparison {
    std::size_t compared = 0;  // deterministic figures in both files
    std::size_t equal = 0;     // of these
    std::size_t reworded = 0;  // figures in both files whose words differ
    std::vector<changed_field> changed;
    std::vector<measured_ratio> ratios;
    std::vector<std::string> no_ratio;  // measured in both, without a value in one of them
    std::vector<std::string> only_a;
    std::vector<std::string> only_b;
    std::vector<changed_field> context;  // of the documents; a key that one does not have shows "-"
    bool other_data = false;             // seed or hash of the data differ: other figures are no change of behaviour
};

// Order of A, then of B. Cost: n log n.
results_comparison compare_results(const report::document& a, const report::document& b);

report::table context_changes(const results_comparison& c);
// At most `most` rows (0: all); the title says how many there are.
report::table changed_table(const results_comparison& c, std::size_t most);
report::table ratio_table(const results_comparison& c, std::size_t most);

// The geometric mean of the ratios of one unit; none without a positive ratio.
std::optional<double> mean_ratio(const results_comparison& c, const std::string& unit);

std::string word_of(speed s);

}  // namespace narrowfp::bench
