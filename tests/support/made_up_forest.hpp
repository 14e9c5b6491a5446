// SPDX-License-Identifier: Apache-2.0
// A forest plot of made-up values: crowded rows, an empty one, bars, an interval, a value beyond the axis.
#pragma once

#include <narrowfp/report/figure.hpp>

#include <cstddef>

namespace narrowfp_test {

inline narrowfp::report::figure made_up_forest() {
    using namespace narrowfp::report;
    figure f;
    f.id = "forest";
    f.form = figure_form::forest;
    f.title = "Ratios that nobody measured";
    f.summary = "Made up: most lie above 1, and one lies far below the others.";
    f.x = {"rate in FP8 / rate in 16 bits", true, 0.75};
    f.categories = {"dense, one scale a tensor", "mixture of experts with a label that needs two lines on every screen",
                    "no pair is known", "the model, one new stack"};
    f.texts = {"1.28 (0.98 to 1.49), n = 41", "1.10 (0.90 to 1.30), n = 2", "", "1.20 (0.90 to 1.60)"};
    f.texts_title = "median (10 to 90 %)";
    f.groups = {{"Published", 0}, {"Modelled", 3, true}};
    f.marks = {{1.1, "1.10: threshold"}, {1.0, "1.00: equally fast"}};
    f.weight_title = "area: rows behind a mark";
    f.series = {{"others", {}}, {"the vendor", {}}, {"model: median and 80 %", {}}};
    for (std::size_t n = 0; n < 40; ++n) {
        f.series[0].points.push_back(
            {.y = 1.05 + 0.01 * static_cast<double>(n * 7 % 40), .weight = 1.0 + static_cast<double>(n % 9)});
    }
    f.series[0].points.push_back({.y = 0.41});
    f.series[1].points = {{.y = 1.1, .low = 1.0, .high = 1.2, .category = 1},
                          {.y = 1.12, .label = "a lab", .category = 1}};
    f.series[2].points = {{.y = 1.2, .low = 0.9, .high = 1.6, .category = 3}};
    f.series[2].interval = true;
    return f;
}

}  // namespace narrowfp_test
