// SPDX-License-Identifier: Apache-2.0
// The version of the arithmetic of training: recorded runs of another version are not used. A release does not change it; a
// change of one bit of a run does, and then the runs are recorded anew. A test ties it to the committed traces
// (tests/golden/training_traces.txt).
#pragma once

namespace narrowfp::bench::train {

inline constexpr int arithmetic_version = 1;

}  // namespace narrowfp::bench::train
