// SPDX-License-Identifier: Apache-2.0
// Low and high end of a modelled figure over all scenarios: the width of assumptions, not a sampling error.
#pragma once

namespace narrowfp::bench::step_model {

struct scenario_range {
    double low = 0;
    double high = 0;
};

}  // namespace narrowfp::bench::step_model
