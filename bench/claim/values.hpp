// SPDX-License-Identifier: Apache-2.0
// What the rows computed, as values: questions, pages and pictures read these and nothing else of a row. A row that was not
// asked for leaves its member empty.
#pragma once

#include "claim/attribution.hpp"
#include "claim/device_hours.hpp"
#include "claim/kept_and_sent_bytes.hpp"
#include "claim/memory_fit.hpp"
#include "claim/rate_ratios.hpp"
#include "claim/recovery.hpp"
#include "claim/software.hpp"
#include "claim/step_times.hpp"
#include "claim/training_figures.hpp"
#include "evidence/pair.hpp"
#include "ratio_model/ratio_model.hpp"
#include "ratio_model/row_scores.hpp"

#include <optional>
#include <vector>

namespace narrowfp::bench::claim {

// V6: error of an E4M3 product over that of a BF16 product, smallest and largest over operands.
struct product_errors {
    double low = 0;
    double high = 0;
};

struct claim_values {
    std::optional<ratio_model::result> ratios;      // of the published pairs: gates, cases
    std::vector<ratio_model::row_score> user_rows;  // a user's pairs against the model; they enter nothing else
    std::optional<step_times> step;                 // V1
    std::optional<step_times> hypothetical_step;    // V12a
    std::optional<kept_figures> kept;               // V3
    std::optional<memory_fit> fit;                  // V4
    std::optional<sent_figures> sent;               // V5
    std::optional<product_errors> errors;           // V6
    std::optional<attribution> factors;             // V11
    std::optional<rate_ratios> rates;               // V12b
    std::optional<device_hours> hours;              // V13
    std::optional<software_and_format> software;    // V14
    std::optional<recovery> recovered;              // V16
    training_figures training;                      // V7, V8, V15; members are empty without its results
};

}  // namespace narrowfp::bench::claim
