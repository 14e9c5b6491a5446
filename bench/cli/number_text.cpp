// SPDX-License-Identifier: Apache-2.0
#include "cli/number_text.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace narrowfp::cli {
namespace {

using integer = boost::multiprecision::cpp_int;

constexpr int beyond_every_format = 1099;  // nearest_host<double> and every bracket_of still take 2^1099
constexpr int below_every_format = -1200;  // half of the smallest double is 2^-1075
constexpr long exponent_limit = 100000;    // written exponents are cut there; the digits of a text cannot make up for it

real beyond(bool negative) { return real::make_finite(negative, 1, beyond_every_format, true); }
real below(bool negative) { return real::make_finite(negative, 1, below_every_format, true); }

// (-1)^negative * (magnitude + d) * 2^exponent, 0 < d < 1 if `more`; the leading 64 bits and a sticky mark.
real leading_bits(bool negative, const integer& magnitude, int exponent, bool more) {
    const auto top = static_cast<int>(msb(magnitude));
    if (top + exponent > beyond_every_format) {
        return beyond(negative);
    }
    if (top + exponent < below_every_format) {
        return below(negative);
    }
    const int drop = std::max(0, top - 63);
    const bool lost = drop > 0 && static_cast<int>(lsb(magnitude)) < drop;
    const auto significand = static_cast<std::uint64_t>(magnitude >> static_cast<unsigned>(drop));
    return real::make_finite(negative, significand, exponent + drop, more || lost);
}

// digits * 10^exponent.
real decimal_value(bool negative, const std::string& digits, long exponent) {
    const auto first = digits.find_first_not_of('0');
    if (first == std::string::npos) {
        return real::make_zero(negative);
    }
    const std::string significant = digits.substr(first);
    const long lead = static_cast<long>(significant.size()) + exponent;  // 10^(lead-1) <= value < 10^lead
    if (lead > 340) {                                                    // 10^340 > 2^1099
        return beyond(negative);
    }
    if (lead < -370) {  // 10^-370 < 2^-1200
        return below(negative);
    }
    const integer number(significant);
    const integer power = pow(integer(10), static_cast<unsigned>(std::labs(exponent)));
    if (exponent >= 0) {
        return leading_bits(negative, number * power, 0, false);
    }
    // number * 2^shift / power with at least 64 bits in the quotient.
    const int shift = std::max(0, 65 + static_cast<int>(msb(power)) - static_cast<int>(msb(number)));
    integer quotient;
    integer rest;
    divide_qr(integer(number << static_cast<unsigned>(shift)), power, quotient, rest);
    return leading_bits(negative, quotient, -shift, rest != 0);
}

// digits * 2^exponent, digits hexadecimal.
real hexadecimal_value(bool negative, const std::string& digits, long exponent) {
    const auto first = digits.find_first_not_of('0');
    if (first == std::string::npos) {
        return real::make_zero(negative);
    }
    return leading_bits(negative, integer("0x" + digits.substr(first)), static_cast<int>(exponent), false);
}

// The parts of [digits][.digits][mark[sign]digits].
struct number_parts {
    std::string digits;     // of both sides of the point
    long fraction_digits = 0;
    long exponent = 0;
};

std::optional<number_parts> split_number(std::string_view text, std::string_view digit_set, char mark) {
    number_parts parts;
    bool after_point = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '.' && !after_point) {
            after_point = true;
        } else if (digit_set.find(text[at]) != std::string_view::npos) {
            parts.digits += text[at];
            parts.fraction_digits += after_point ? 1 : 0;
        } else {
            break;
        }
    }
    if (parts.digits.empty()) {
        return std::nullopt;
    }
    if (at == text.size()) {
        return parts;
    }
    if (text[at++] != mark) {
        return std::nullopt;
    }
    const bool negative = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) {
        ++at;
    }
    const std::string_view exponent = text.substr(at);
    if (exponent.empty() || exponent.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    for (const char digit : exponent) {
        parts.exponent = std::min(exponent_limit, 10 * parts.exponent + (digit - '0'));
    }
    parts.exponent = negative ? -parts.exponent : parts.exponent;
    return parts;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return lower;
}

}  // namespace

std::optional<real> read_number(std::string_view text) {
    if (text.empty() || text.size() > longest_number) {
        return std::nullopt;
    }
    const bool negative = text.front() == '-';
    if (negative || text.front() == '+') {
        text.remove_prefix(1);
    }
    const std::string lower = lower_case(text);
    if (lower == "nan") {
        return real::make_nan(negative);
    }
    if (lower == "inf" || lower == "infinity") {
        return real::make_infinity(negative);
    }
    if (lower.starts_with("0x")) {
        const auto parts = split_number(std::string_view(lower).substr(2), "0123456789abcdef", 'p');
        return parts ? std::optional(hexadecimal_value(negative, parts->digits,
                                                       parts->exponent - 4 * parts->fraction_digits))
                     : std::nullopt;
    }
    const auto parts = split_number(lower, "0123456789", 'e');
    return parts ? std::optional(decimal_value(negative, parts->digits, parts->exponent - parts->fraction_digits))
                 : std::nullopt;
}

bool is_plain(float x) { return !std::isfinite(x) || (std::fabs(x) < 0x1p24f && std::trunc(x) == x); }

std::string decimal_text(float x) {
    if (std::isnan(x)) {
        return std::signbit(x) ? "-nan" : "nan";
    }
    char buffer[64];
    char* const end = buffer + sizeof(buffer);
    const auto result =
        is_plain(x) && std::isfinite(x) ? std::to_chars(buffer, end, x, std::chars_format::fixed) : std::to_chars(buffer, end, x);
    return {buffer, result.ptr};
}

std::string hex_text(float x) {
    char buffer[64];
    // As a double, so that numbers that are subnormal in FP32 are normalised too.
    const auto result = std::to_chars(buffer, buffer + sizeof(buffer), double{std::fabs(x)}, std::chars_format::hex);
    return (std::signbit(x) ? "-0x" : "0x") + std::string(buffer, result.ptr);
}

}  // namespace narrowfp::cli
