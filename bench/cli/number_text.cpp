// SPDX-License-Identifier: Apache-2.0
#include "cli/number_text.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <vector>

namespace narrowfp::cli {
namespace {

// A natural number of any size, with the few operations that reading a number needs. Least significant limb first, the
// last limb not zero; empty is zero.
class natural {
public:
    bool is_zero() const { return limbs_.empty(); }
    int bit_width() const {
        return is_zero() ? 0
                         : static_cast<int>(32 * (limbs_.size() - 1)) + static_cast<int>(std::bit_width(limbs_.back()));
    }
    bool bit(int index) const { return (limbs_[static_cast<std::size_t>(index / 32)] >> (index % 32) & 1) != 0; }

    void multiply_add(std::uint32_t factor, std::uint32_t addend) {
        std::uint64_t carry = addend;
        for (std::uint32_t& limb : limbs_) {
            carry += std::uint64_t{limb} * factor;
            limb = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        if (carry != 0) {
            limbs_.push_back(static_cast<std::uint32_t>(carry));
        }
    }

    // Returns the remainder.
    std::uint32_t divide(std::uint32_t divisor) {
        std::uint64_t rest = 0;
        for (std::size_t n = limbs_.size(); n-- > 0;) {
            rest = rest << 32 | limbs_[n];
            limbs_[n] = static_cast<std::uint32_t>(rest / divisor);
            rest %= divisor;
        }
        while (!limbs_.empty() && limbs_.back() == 0) {
            limbs_.pop_back();
        }
        return static_cast<std::uint32_t>(rest);
    }

    // Times 2^(32 * limbs).
    void shift_limbs(std::size_t limbs) { limbs_.insert(limbs_.begin(), is_zero() ? 0 : limbs, 0); }

private:
    std::vector<std::uint32_t> limbs_;
};

constexpr int beyond_every_format = 1099;  // nearest_host<double> and every bracket_of still take 2^1099
constexpr int below_every_format = -1200;  // half of the smallest double is 2^-1075
constexpr long exponent_limit = 100000;    // written exponents are cut there; no text has as many digits

real beyond(bool negative) { return real::make_finite(negative, 1, beyond_every_format, true); }
real below(bool negative) { return real::make_finite(negative, 1, below_every_format, true); }

// (-1)^negative * (magnitude + d) * 2^exponent, 0 < d < 1 if `more`; the leading 64 bits and a sticky mark.
// Precondition: the magnitude is not zero.
real leading_bits(bool negative, const natural& magnitude, int exponent, bool more) {
    const int width = magnitude.bit_width();
    const int top = width - 1 + exponent;
    if (top > beyond_every_format) {
        return beyond(negative);
    }
    if (top < below_every_format) {
        return below(negative);
    }
    const int drop = std::max(0, width - 64);
    std::uint64_t significand = 0;
    for (int n = width - 1; n >= drop; --n) {
        significand = significand << 1 | (magnitude.bit(n) ? 1 : 0);
    }
    bool sticky = more;
    for (int n = 0; n < drop && !sticky; ++n) {
        sticky = magnitude.bit(n);
    }
    return real::make_finite(negative, significand, exponent + drop, sticky);
}

// digits * 10^exponent.
real decimal_value(bool negative, const std::string& digits, long exponent) {
    const auto first = digits.find_first_not_of('0');
    if (first == std::string::npos) {
        return real::make_zero(negative);
    }
    const long lead = static_cast<long>(digits.size() - first) + exponent;  // 10^(lead-1) <= value < 10^lead
    if (lead > 340) {                                                       // 10^339 > 2^1099
        return beyond(negative);
    }
    if (lead < -370) {  // 10^-370 < 2^-1200
        return below(negative);
    }
    natural number;
    for (std::size_t n = first; n < digits.size(); ++n) {
        number.multiply_add(10, static_cast<std::uint32_t>(digits[n] - '0'));
    }
    for (long n = 0; n < exponent; ++n) {
        number.multiply_add(10, 0);
    }
    if (exponent >= 0) {
        return leading_bits(negative, number, 0, false);
    }
    // Shifted so far that at least 64 bits remain after the division: 10 < 2^(10/3).
    const long wanted = 66 - exponent * 10 / 3 - number.bit_width();
    const long limbs = std::max(0L, (wanted + 31) / 32);
    number.shift_limbs(static_cast<std::size_t>(limbs));
    bool rest = false;
    for (long n = -exponent; n > 0; n -= 9) {
        constexpr std::uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
        rest = number.divide(powers[std::min(n, 9L)]) != 0 || rest;
    }
    return leading_bits(negative, number, static_cast<int>(-32 * limbs), rest);
}

// digits * 2^exponent, digits hexadecimal and in lower case.
real hexadecimal_value(bool negative, const std::string& digits, long exponent) {
    natural number;
    for (const char digit : digits) {
        number.multiply_add(16, static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10));
    }
    return number.is_zero() ? real::make_zero(negative)
                            : leading_bits(negative, number, static_cast<int>(exponent), false);
}

// The parts of [digits][.digits][mark[sign]digits].
struct number_parts {
    std::string digits;  // of both sides of the point
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
        return parts ? std::optional(
                           hexadecimal_value(negative, parts->digits, parts->exponent - 4 * parts->fraction_digits))
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
    const auto result = is_plain(x) && std::isfinite(x) ? std::to_chars(buffer, end, x, std::chars_format::fixed)
                                                        : std::to_chars(buffer, end, x);
    return {buffer, result.ptr};
}

std::string hex_text(float x) {
    char buffer[64];
    // As a double, so that numbers that are subnormal in FP32 are normalised too.
    const auto result = std::to_chars(buffer, buffer + sizeof(buffer), double{std::fabs(x)}, std::chars_format::hex);
    return (std::signbit(x) ? "-0x" : "0x") + std::string(buffer, result.ptr);
}

}  // namespace narrowfp::cli
