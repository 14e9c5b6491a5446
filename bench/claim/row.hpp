// SPDX-License-Identifier: Apache-2.0
// What a row of the claim gives, and what it is given. A row is an entry of the table in rows.cpp (claim.hpp) and the files of
// its subject, which compute values and present them.
#pragma once

#include "step_model/scenario_range.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::step_model {
class chip_set;
struct subject;
}  // namespace narrowfp::bench::step_model

namespace narrowfp::bench::claim {

using namespace step_model;  // chips, subjects and scenarios

// pass and fail are for self-checks; figure is a row that decides nothing by itself.
enum class verdict : std::uint8_t { supported, not_supported, open, not_run, not_testable, pass, fail, value };

// "SUPPORTED", "NOT SUPPORTED", ...; a figure has no word: "-".
std::string_view word_of(verdict v);

struct self_check {
    std::string what;
    bool held = false;
};

struct row_result {
    verdict word = verdict::not_run;
    std::string value;  // the figure in one line; empty if there is none
    std::string range;
    std::string kinds;   // letters of the figures that are there
    std::string reason;  // why this verdict
    std::vector<report::table> tables;
    std::vector<std::string> notes;
    std::vector<report::record> records;
    std::vector<self_check> checks;  // a failed one is an error of the program
    bool whole = false;              // nothing that the row lists as missing is missing
};

class results_set;

struct row_context {
    int threads = 0;
    bool complete = false;                          // all rows are computed, for a whole report
    bool full = false;                              // everything, however long it takes
    const chip_set* chips = nullptr;                // the library's if null
    const subject* what = nullptr;                  // DeepSeek-V3 if null
    const results_set* results = nullptr;           // of other programs; none if null
    std::vector<std::string> asked_chips{};         // of V1 and V13, in place of H800 and H20
    std::vector<std::filesystem::path> operands{};  // of a training run, for V6
    std::function<void(double fraction, std::string_view what)> on_progress;  // may be empty
};

}  // namespace narrowfp::bench::claim
