// SPDX-License-Identifier: Apache-2.0
// A forest plot in gnuplot's words.
#pragma once

#include <narrowfp/report/figure.hpp>

#include <string>

namespace narrowfp::internal {

// The script for a forest plot that passed check().
std::string forest_script(const report::figure& f, report::figure_width drawing);

}  // namespace narrowfp::internal
