// SPDX-License-Identifier: Apache-2.0
// The median: the middle value, of an even number of values the mean of the two middle ones.
#pragma once

#include <algorithm>
#include <vector>

namespace narrowfp::bench {

// 0 for no values.
inline double median_of(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace narrowfp::bench
