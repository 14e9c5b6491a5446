// SPDX-License-Identifier: Apache-2.0
// The study of unstable chips that `narrowfp faults` runs, part by part, and what it prints and writes. A part is what a
// flipped bit does in one place (payload, scales, master), or how it is noticed (checksums). Damage and detection say
// nothing on how often chips fail.
#pragma once

#include "faults/checksum.hpp"
#include "faults/flip_law.hpp"
#include "faults/flip_sample.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

inline constexpr std::array<std::string_view, 4> fault_parts{"payload", "scales", "master", "checksums"};

struct fault_options {
    std::vector<std::string> only;  // parts; all if empty
    bool small = false;             // a sixteenth of the tiles and faults: for tests, not for figures
    std::uint32_t seed = 1;
    int threads = 0;
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

}  // namespace narrowfp::bench
