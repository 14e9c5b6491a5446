// SPDX-License-Identifier: Apache-2.0
// What can be said about a format, computed from its descriptor by decoding, rounding and searching its codes. Nothing
// here is typed in, so it holds for a format of your own too.
#pragma once

#include <narrowfp/format/element_format.hpp>
#include <narrowfp/round/rounding.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::cli {

struct coded_value {
    std::uint64_t code = 0;
    float value = 0;
};

struct code_range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  // inclusive
};

struct format_facts {
    std::string name;
    std::string type_name;
    std::string source;
    std::string layout;  // "S.EEEE.MMM"
    int code_bits = 0;
    int storage_bits = 0;
    bool is_signed = true;
    std::optional<int> bias;  // none for tapered formats
    bool has_zero = true;
    bool has_negative_zero = true;
    std::optional<std::uint64_t> infinity_code;  // of +infinity
    std::vector<code_range> nan_codes;           // ascending
    coded_value max;                             // largest finite value
    coded_value min_normal;
    std::optional<coded_value> min_subnormal;
    std::uint64_t positive_values = 0;          // finite, greater than zero
    int binades = 0;                            // from that of the smallest positive value to that of the largest
    float epsilon = 0;                          // distance from 1 to the next value
    rounding nearest = rounding::ties_to_even;  // the format's rounding to nearest
    double overflow_threshold = 0;              // midpoint between the largest value and the one that would follow
    coded_value at_threshold;                   // what the midpoint itself gives, without saturation
    coded_value above_threshold;                // what anything above gives, without saturation
};

format_facts facts_of(const any_format& format);

// "7e": as many digits as the widest code needs.
std::string code_text(const any_format& format, std::uint64_t code);

// "0.1111.110": the fields of a code. HiFloat8: sign, dot, exponent, fraction.
std::string bits_text(const any_format& format, std::uint64_t code);

// "zero", "subnormal", "normal", "infinity" or "nan".
std::string class_text(const any_format& format, std::uint64_t code);

}  // namespace narrowfp::cli
