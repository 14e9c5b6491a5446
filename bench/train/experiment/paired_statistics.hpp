// SPDX-License-Identifier: Apache-2.0
// What can be said from one number per seed: mean, standard deviation, Student-t intervals, and two one-sided t-tests
// (TOST) of equivalence to zero. The 90 % interval inside the margin is the TOST at 5 %. It assumes that seeds are
// independent and their gaps about normal; seeds that share one noise are neither.
// Source: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657; Student's t from Boost.Math.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace narrowfp::bench::train {

// Relative gap in percent. Throws std::invalid_argument unless the base is above zero and both are finite.
double relative_gap_percent(double loss, double base);

struct paired_summary {
    std::size_t n = 0;
    double mean = 0;
    double deviation = 0;  // with n - 1; 0 for n = 1
    // Half-widths of the two-sided intervals of the mean; infinite for n = 1.
    double half_90 = 0;
    double half_95 = 0;
    // The larger p of the two one-sided tests that the mean lies at or outside +-margin; below 0.05 is equivalent.
    double tost_p = 1;
};

// Of the numbers of all seeds. Throws std::invalid_argument if there is none, one is not finite, or the margin is not
// above zero.
paired_summary summarise(std::span<const double> values, double margin);

// a[i] - b[i]. Throws std::invalid_argument for other lengths.
std::vector<double> differences(std::span<const double> a, std::span<const double> b);

// Two-sided quantile of Student's t: |t| below it with probability `coverage`.
double student_t_quantile(double coverage, std::size_t degrees);

}  // namespace narrowfp::bench::train
