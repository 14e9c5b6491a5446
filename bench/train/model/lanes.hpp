// SPDX-License-Identifier: Apache-2.0
// Sums in a fixed order over 16 virtual lanes: term i goes to lane i mod 16, and the lanes are then added in pairs, halves
// first. The order is part of the definition, whatever the width of the machine's vectors.
#pragma once

#include <cstddef>

namespace narrowfp::bench::train {

inline constexpr std::size_t lane_count = 16;

template <class T>
T sum_of_lanes(T (&lane)[lane_count]) {
    for (std::size_t width = lane_count / 2; width > 0; width /= 2) {
        for (std::size_t l = 0; l < width; ++l) {
            lane[l] = lane[l] + lane[l + width];
        }
    }
    return lane[0];
}

// add(term index, lane's sum) returns the lane's new sum.
template <class T, class Add>
T lane_sum(std::size_t count, const Add& add) {
    T lane[lane_count] = {};
    std::size_t i = 0;
    for (; i + lane_count <= count; i += lane_count) {
        for (std::size_t l = 0; l < lane_count; ++l) {
            lane[l] = add(i + l, lane[l]);
        }
    }
    for (std::size_t l = 0; i + l < count; ++l) {
        lane[l] = add(i + l, lane[l]);
    }
    return sum_of_lanes(lane);
}

}  // namespace narrowfp::bench::train
