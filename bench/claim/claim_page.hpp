// SPDX-License-Identifier: Apache-2.0
// The report as one HTML page that loads nothing.
#pragma once

#include "claim/claim.hpp"

#include <narrowfp/report/record.hpp>

#include <string>
#include <utility>
#include <vector>

namespace narrowfp::bench::claim {

class results_set;

// What stands on a page beside the outcome. Nothing names the machine, its user or a place in its file system.
struct page_facts {
    report::field_list context;                                // program, version, commit, mode
    std::vector<std::pair<std::string, std::string>> machine;  // support/machine_facts.hpp
    std::string command;                                       // that gives this page, files by their last name
};

// Figures that other programs computed are drawn from `results`, if there are any.
std::string claim_html(const claim_outcome& outcome, const page_facts& about, const results_set* results);

}  // namespace narrowfp::bench::claim
