// SPDX-License-Identifier: Apache-2.0
// Texts that all reports use for elements that are not finite, before or after quantisation.
#pragma once

#include <cstdint>
#include <string>

namespace narrowfp::bench {

// As in event_counts.
struct not_finite_counts {
    std::uint64_t nan = 0;
    std::uint64_t infinite = 0;
    std::uint64_t restored_infinite = 0;
    std::uint64_t nan_by_scale = 0;
};

// "1 NaN, 2 infinite, 3 infinite after dequantisation, 31 NaN because the scale of their block is NaN": what is not zero.
inline std::string not_finite_text(const not_finite_counts& n) {
    std::string text;
    const auto add = [&text](std::uint64_t count, const char* what) {
        if (count != 0) {
            text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
        }
    };
    add(n.nan, "NaN");
    add(n.infinite, "infinite");
    add(n.restored_infinite, "infinite after dequantisation");
    add(n.nan_by_scale, "NaN because the scale of their block is NaN");
    return text;
}

// Why an error has no value although some elements are finite: "31 of 32 elements are not finite; the error of the
// others is 0.25".
inline std::string left_out_text(std::uint64_t left_out, std::uint64_t elements, const std::string& error_of_others) {
    return std::to_string(left_out) + " of " + std::to_string(elements) + " elements are not finite" +
           (left_out == elements ? "" : "; the error of the others is " + error_of_others);
}

}  // namespace narrowfp::bench
