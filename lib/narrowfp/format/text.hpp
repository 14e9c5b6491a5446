// SPDX-License-Identifier: Apache-2.0
// Values as text. A stream shows the number as it would show the float of that value, with its flags and precision;
// to_text gives the shortest decimal that reads back to it, whatever the locale. Codes: bits().
#pragma once

#include <narrowfp/format/value.hpp>

#include <charconv>
#include <ostream>
#include <string>

namespace narrowfp {

template <class Traits, const auto& F>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, value<F> x) {
    return out << static_cast<float>(x);
}

// "0.1015625", "448", "1e-45", "inf", "-nan".
template <const auto& F>
std::string to_text(value<F> x) {
    const real exact = x.exact();
    if (exact.is_nan()) {
        return exact.negative ? "-nan" : "nan";
    }
    char buffer[32];  // the longest float has 15 characters
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(x)).ptr;
    return {buffer, end};
}

}  // namespace narrowfp
