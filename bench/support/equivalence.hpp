// SPDX-License-Identifier: Apache-2.0
// Whether a training gap is equivalent to none: its 90 % interval inside +-0.25 % is equivalent, wholly outside is not,
// anything else is inconclusive (two one-sided tests at 5 %). The margin is the one that DeepSeek-V3 reports for its loss
// (arXiv 2412.19437, 3.3).
#pragma once

#include <cstdint>
#include <string_view>

namespace narrowfp::bench {

inline constexpr double equivalence_margin = 0.25;  // percent

struct interval {
    double low = 0;
    double high = 0;
};

enum class equivalence : std::uint8_t { equivalent, not_equivalent, inconclusive };

constexpr equivalence equivalence_of(const interval& gap_percent, double margin = equivalence_margin) {
    if (gap_percent.low > -margin && gap_percent.high < margin) {
        return equivalence::equivalent;
    }
    return gap_percent.low > margin || gap_percent.high < -margin ? equivalence::not_equivalent
                                                                  : equivalence::inconclusive;
}

constexpr std::string_view word_of(equivalence e) {
    switch (e) {
        case equivalence::equivalent: return "equivalent";
        case equivalence::not_equivalent: return "not equivalent";
        case equivalence::inconclusive: return "inconclusive";
    }
    return "?";
}

}  // namespace narrowfp::bench
