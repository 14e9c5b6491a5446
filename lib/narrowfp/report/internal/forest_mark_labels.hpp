// SPDX-License-Identifier: Apache-2.0
// Where the labels of upright lines stand above a plot: beside the top of their line, on as few levels as will do, so
// that no label meets another or the line of another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace narrowfp::internal {

enum class text_side : std::uint8_t { left, centre, right };  // which part of the text stands at its place

struct span {
    double begin = 0;
    double end = 0;
};

struct mark_label {
    span reach;             // px
    std::size_t level = 0;  // 0: next to the plot
    text_side side = text_side::left;
};

// A place for each line at `at` px with a label of `widths` px; `room`: what a level offers.
std::vector<mark_label> place_mark_labels(const std::vector<double>& at, const std::vector<double>& widths,
                                          const std::function<span(std::size_t level)>& room);

}  // namespace narrowfp::internal
