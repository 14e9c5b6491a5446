// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/forks.hpp"

#include <cmath>

namespace narrowfp::bench::train {

fork_outcome run_fork(const experiment_design& d, const arm& a, const snapshot& from, double loss_before,
                      const step_counter& count) {
    trainer run = from.state.fork(a);
    fork_outcome out{.start = from.step, .before = loss_before};
    for (std::size_t n = 0; n < d.fork_steps(); ++n) {
        out.skipped_steps += run.step().skipped;
        count(1);
    }
    const double own = run.evaluate(evaluation::own);
    const double wide = run.evaluate(evaluation::fp32);
    count(evaluation_steps);
    out.diverged = !std::isfinite(own) || !std::isfinite(wide);
    out.loss = out.diverged ? 0 : own;
    out.loss_fp32 = out.diverged ? 0 : wide;
    return out;
}

}  // namespace narrowfp::bench::train
