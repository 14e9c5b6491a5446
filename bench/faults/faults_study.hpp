// SPDX-License-Identifier: Apache-2.0
// The study of unstable chips that `narrowfp faults` runs, part by part, and what it prints and writes. A part is what a
// flipped bit does in one place (payload, scales, master), how it is noticed (checksums), what it does to a training run
// (training), or a training run that is killed and resumed (interruptions). Nothing here says how often chips fail.
#pragma once

#include "faults/checksum.hpp"
#include "faults/flip_law.hpp"
#include "faults/flip_sample.hpp"
#include "faults/interrupted_training.hpp"
#include "faults/training_faults.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

inline constexpr std::array<std::string_view, 6> fault_parts{"payload",   "scales",   "master",
                                                             "checksums", "training", "interruptions"};

struct fault_options {
    std::vector<std::string> only;  // parts; all if empty
    bool small = false;             // a sixteenth of the tiles and faults: for tests, not for figures
    std::uint32_t seed = 1;
    int threads = 0;
    // Program and arguments that live one life of a training run; without it there are no interruptions.
    std::vector<std::string> life_program{};
    std::function<void(double fraction, std::string_view what)> on_progress{};

    bool asked(std::string_view part) const;
};

struct payload_result {
    stored_format format;
    payload_flips sample;
    std::optional<flip_law> law;  // formats of up to 16 bits
};

struct fault_check {
    std::string what;
    bool held = false;
};

struct fault_study {
    fault_options options;
    std::vector<payload_result> payload{};
    std::vector<std::pair<stored_format, scale_flips>> scales{};
    std::vector<std::pair<stored_format, master_flips>> master{};
    std::vector<checksum_outcome> checksums{};
    std::vector<arm_faults> training{};
    std::optional<interruption_study> interruptions{};
    std::vector<fault_check> checks{};

    bool checks_held() const;
};

// Throws std::invalid_argument for an unknown part, before any work.
fault_study run_fault_study(const fault_options& options);

// A sample and a law agree within this many standard errors.
inline constexpr double agreement_errors = 5;
bool agrees(const sampled_share& sample, double law);

std::vector<report::table> fault_tables(const fault_study& study);
report::document fault_results(const fault_study& study, const report::field_list& context, const std::string& repro);
// Of the interruptions; no records without them.
report::document fault_timings(const fault_study& study, const report::field_list& context, const std::string& repro);

// What every record of the study begins with: its id after "faults.", the seed and size among its parameters.
report::record base_record(const fault_study& study, std::string id, std::string name, report::evidence_kind kind,
                           report::record_value value, const char* unit);

// Tables and records of training and interruptions (training_report.cpp).
std::vector<report::table> training_tables(const fault_study& study);
std::vector<report::record> training_records(const fault_study& study);      // emulated
std::vector<report::record> interruption_records(const fault_study& study);  // measured

}  // namespace narrowfp::bench
