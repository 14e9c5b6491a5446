// SPDX-License-Identifier: Apache-2.0
// The training experiment as results (narrowfp-results/1), ids "train.*": gaps, losses, gradient SNR, products, events,
// forks; what took how long; curves as CSV. `narrowfp claim --results` reads them for V7, V8 and V15.
#pragma once

#include "train/experiment/summary.hpp"

#include <narrowfp/report/record.hpp>

namespace narrowfp::bench::train {

// Deterministic figures. `repro` is the command line.
report::document experiment_results(const experiment_outcome& e, const experiment_summary& s,
                                    report::field_list context, const std::string& repro);

// Seconds per run and arm.
report::document experiment_timings(const experiment_outcome& e, report::field_list context);

// All training losses of T3: "arm,seed,step,loss", one row per step.
std::string curves_csv(const experiment_outcome& e);

// Adds what was trained on and how: text, size, steps, seeds.
void add_design(report::field_list& context, const experiment_outcome& e);

}  // namespace narrowfp::bench::train
