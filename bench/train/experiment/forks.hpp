// SPDX-License-Identifier: Apache-2.0
// T2, short forks: from checkpoints of the FP32 run every arm trains the same few batches, so paths have no time to part.
// Several forks of one run are not independent seeds: their mean has no confidence interval.
#pragma once

#include "train/experiment/runs.hpp"

namespace narrowfp::bench::train {

// Trains `d.fork_steps()` steps from the snapshot, and evaluates. Counts these steps and the evaluation.
fork_outcome run_fork(const experiment_design& d, const arm& a, const snapshot& from, double loss_before,
                      const step_counter& count);

}  // namespace narrowfp::bench::train
