// SPDX-License-Identifier: Apache-2.0
#include "format.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace narrowfp_oracle {

namespace {

constexpr std::uint32_t two_to(int power) { return std::uint32_t{1} << static_cast<unsigned>(power); }

code_value finite(bool negative, std::uint64_t significand, int exponent) {
    return {value_class::finite, {negative, significand, exponent}};
}

code_value infinite(bool negative) { return {value_class::infinite, {negative, 0, 0}}; }

code_value not_a_number(bool negative) { return {value_class::not_a_number, {negative, 0, 0}}; }

// -- IEEE 754 and its relatives: S.E.M, value 0.M * 2^(1-bias) for exponent field 0, else 1.M * 2^(E-bias) ------------

enum class specials {
    ieee,  // exponent field all ones: M = 0 infinity, else NaN
    fn,    // no infinity; NaN is the code of ones alone, with either sign
    fnuz,  // no infinity, no -0; NaN is the code of -0
    only_finite,
};

struct ieee_layout {
    int exponent_bits;
    int fraction_bits;
    int bias;
    specials kind;
    bool flushes = false;  // exponent field 0 is zero whatever M
};

code_value ieee_value(const ieee_layout& layout, std::uint32_t code) {
    const std::uint32_t fractions = two_to(layout.fraction_bits);
    const std::uint32_t fields = two_to(layout.exponent_bits);
    const std::uint32_t m = code % fractions;
    const std::uint32_t e = code / fractions % fields;
    const bool negative = code / fractions / fields == 1;
    if (layout.kind == specials::ieee && e == fields - 1) {
        return m == 0 ? infinite(negative) : not_a_number(negative);
    }
    if (layout.kind == specials::fn && e == fields - 1 && m == fractions - 1) {
        return not_a_number(negative);
    }
    if (layout.kind == specials::fnuz && negative && e == 0 && m == 0) {
        return not_a_number(false);
    }
    if (e == 0) {
        return finite(negative, layout.flushes ? 0 : m, 1 - layout.bias - layout.fraction_bits);
    }
    return finite(negative, fractions + m, static_cast<int>(e) - layout.bias - layout.fraction_bits);
}

// -- IEEE P3109 v4.0 --------------------------------------------------------------------------------------------------

struct p3109_parameters {
    int k;
    int p;
    bool is_signed;
    bool extended;
};

code_value p3109_value(const p3109_parameters& q, std::uint32_t code) {
    const std::uint32_t codes = two_to(q.k);
    const std::uint32_t half = codes / 2;
    if (code == (q.is_signed ? half : codes - 1)) {
        return not_a_number(false);
    }
    if (q.extended && code == (q.is_signed ? half - 1 : codes - 2)) {
        return infinite(false);
    }
    if (q.extended && q.is_signed && code == codes - 1) {
        return infinite(true);
    }
    const bool negative = q.is_signed && code > half;
    const std::uint32_t x = negative ? code - half : code;
    const int bias = static_cast<int>(two_to(q.is_signed ? q.k - q.p - 1 : q.k - q.p));
    const std::uint32_t unit = two_to(q.p - 1);
    const std::uint32_t t = x % unit;
    const auto e = static_cast<int>(x / unit);
    return e == 0 ? finite(negative, t, 1 - q.p + 1 - bias) : finite(negative, unit + t, 1 - q.p + e - bias);
}

// -- HiFloat8: sign, then a prefix of the remaining seven bits says how many exponent bits follow ---------------------

code_value hif8_value(std::uint32_t code) {
    std::string bits;
    for (std::uint32_t weight = 64; weight != 0; weight /= 2) {
        bits += code / weight % 2 == 1 ? '1' : '0';
    }
    const bool negative = code >= 128;
    const auto number = [](const std::string& digits) {
        std::uint32_t result = 0;
        for (const char digit : digits) {
            result = 2 * result + (digit == '1' ? 1U : 0U);
        }
        return result;
    };
    if (bits == "1101111") {
        return infinite(negative);
    }
    if (bits.starts_with("0000")) {
        const std::uint32_t m = number(bits.substr(4));
        if (m == 0) {
            return negative ? not_a_number(false) : finite(false, 0, 0);
        }
        return finite(negative, 1, static_cast<int>(m) - 23);
    }
    static const std::pair<const char*, std::size_t> prefixes[] = {
        {"11", 4}, {"10", 3}, {"01", 2}, {"001", 1}, {"0001", 0}};
    for (const auto& [prefix, exponent_bits] : prefixes) {
        if (!bits.starts_with(prefix)) {
            continue;
        }
        const std::string rest = bits.substr(std::string_view(prefix).size());
        const std::string exponent_field = rest.substr(0, exponent_bits);
        const std::string mantissa = rest.substr(exponent_bits);
        int exponent = 0;
        if (exponent_bits > 0) {  // sign, then the magnitude without its leading one
            exponent = static_cast<int>(number("1" + exponent_field.substr(1)));
            exponent = exponent_field.front() == '1' ? -exponent : exponent;
        }
        return finite(negative, number("1" + mantissa), exponent - static_cast<int>(mantissa.size()));
    }
    throw std::logic_error("oracle: the prefixes of hif8 leave a code out");
}

// -- E8M0 -------------------------------------------------------------------------------------------------------------

code_value e8m0_value(std::uint32_t code) {
    return code == 255 ? not_a_number(false) : finite(false, 1, static_cast<int>(code) - 127);
}

// -- from values to the description -----------------------------------------------------------------------------------

void set_top(format& f, const magnitude& largest) {
    f.max_code = largest.code;
    f.max_value = largest.value;
    const int binade = std::max(floor_log2(largest.value), f.minimum_exponent);
    f.beyond_max_value = reduced(sum_of_magnitudes(largest.value, power_of_two(binade - (f.precision - 1))));
}

void enumerate(format& f, const std::function<code_value(std::uint32_t)>& meaning) {
    for (std::uint32_t code = 0; code < two_to(f.width); ++code) {
        const code_value v = meaning(code);
        f.codes.push_back(v);
        const bool another_zero = v.value.is_zero() && !f.magnitudes.empty();  // of a format that flushes
        if (v.kind == value_class::finite && (code & f.sign_mask) == 0 && !another_zero) {
            f.magnitudes.push_back({code, v.value});
        }
    }
    std::sort(f.magnitudes.begin(), f.magnitudes.end(),
              [](const magnitude& a, const magnitude& b) { return compare_magnitudes(a.value, b.value) < 0; });
    set_top(f, f.magnitudes.back());
}

ieee_layout layout_of(std::string_view name) {
    static const std::map<std::string_view, ieee_layout> layouts = {
        {"e4m3fn", {4, 3, 7, specials::fn}},
        {"e5m2", {5, 2, 15, specials::ieee}},
        {"e4m3ieee", {4, 3, 7, specials::ieee}},
        {"e3m4ieee", {3, 4, 3, specials::ieee}},
        {"e4m3fnuz", {4, 3, 8, specials::fnuz}},
        {"e5m2fnuz", {5, 2, 16, specials::fnuz}},
        {"e4m3b11fnuz", {4, 3, 11, specials::fnuz}},
        {"e2m3fn", {2, 3, 1, specials::only_finite}},
        {"e3m2fn", {3, 2, 3, specials::only_finite}},
        {"e2m1fn", {2, 1, 1, specials::only_finite}},
        {"e3m4fn", {3, 4, 3, specials::fn}},
        {"e5m6", {5, 6, 15, specials::ieee}},
        {"bf16ftz", {8, 7, 127, specials::ieee, true}},
        {"bf16", {8, 7, 127, specials::ieee}},
        {"f16", {5, 10, 15, specials::ieee}},
        {"tf32", {8, 10, 127, specials::ieee}},
        {"f32", {8, 23, 127, specials::ieee}},
    };
    const auto found = layouts.find(name);
    if (found == layouts.end()) {
        throw std::invalid_argument("oracle: no format is called '" + std::string(name) + "'");
    }
    return found->second;
}

format make_ieee(std::string_view name) {
    const ieee_layout layout = layout_of(name);
    format f;
    f.name = name;
    f.code_shift = name == "tf32" ? 13 : 0;
    f.width = 1 + layout.exponent_bits + layout.fraction_bits + f.code_shift;
    f.sign_mask = two_to(f.width - 1);
    f.has_negative_zero = layout.kind != specials::fnuz;
    f.precision = 1 + layout.fraction_bits;
    f.minimum_exponent = 1 - layout.bias;
    f.flushes = layout.flushes;
    f.nan_has_sign = layout.kind == specials::ieee || layout.kind == specials::fn;
    if (layout.kind == specials::ieee) {
        f.infinity_code = (two_to(layout.exponent_bits) - 1) * two_to(layout.fraction_bits + f.code_shift);
        f.nan_code = *f.infinity_code + two_to(layout.fraction_bits + f.code_shift - 1);  // quiet: top fraction bit
        f.beyond_max = overflow_result::infinity;
    } else if (layout.kind == specials::fn) {
        f.nan_code = f.sign_mask - 1;
        f.beyond_max = overflow_result::nan;
    } else if (layout.kind == specials::fnuz) {
        f.nan_code = f.sign_mask;
        f.beyond_max = overflow_result::nan;
    } else {
        f.beyond_max = overflow_result::max_finite;
    }
    if (f.width > 16) {
        f.enumerated = false;
        const std::uint32_t last = *f.infinity_code - two_to(f.code_shift);
        set_top(f, {last, ieee_value(layout, last / two_to(f.code_shift)).value});
    } else {
        enumerate(f, [&](std::uint32_t code) { return ieee_value(layout, code); });
    }
    return f;
}

format make_p3109(std::string_view name, const p3109_parameters& q) {
    format f;
    f.name = name;
    f.width = q.k;
    f.sign_mask = q.is_signed ? two_to(q.k - 1) : 0;
    f.nan_code = q.is_signed ? two_to(q.k - 1) : two_to(q.k) - 1;
    if (q.extended) {
        f.infinity_code = q.is_signed ? two_to(q.k - 1) - 1 : two_to(q.k) - 2;
    }
    f.beyond_max = q.extended ? overflow_result::infinity : overflow_result::max_finite;
    f.precision = q.p;
    f.minimum_exponent = 1 - static_cast<int>(two_to(q.is_signed ? q.k - q.p - 1 : q.k - q.p));
    enumerate(f, [&](std::uint32_t code) { return p3109_value(q, code); });
    return f;
}

format make_hif8() {
    format f;
    f.name = "hif8";
    f.sign_mask = 0x80;
    f.ties_to_away_only = true;
    f.infinity_code = 0x6F;
    f.nan_code = 0x80;
    f.precision = 2;  // of 2^15; the precision tapers
    f.minimum_exponent = -15;
    enumerate(f, hif8_value);
    return f;
}

format make_e8m0() {
    format f;
    f.name = "e8m0fnu";
    f.has_zero = false;
    f.nan_code = 0xFF;
    f.beyond_max = overflow_result::nan;
    f.precision = 1;
    f.minimum_exponent = -127;
    enumerate(f, e8m0_value);
    return f;
}

// Integers times 2^-fraction_bits. -128 is a code, but symmetric conversions never give it.
format make_fixed(std::string_view name, int fraction_bits) {
    format f;
    f.name = name;
    f.sign_mask = 0x80;
    f.twos_complement = true;
    f.beyond_max = overflow_result::max_finite;
    f.precision = 7;  // of 127
    f.minimum_exponent = -fraction_bits;
    enumerate(f, [&](std::uint32_t code) {
        const bool negative = code >= 0x80;
        const std::uint64_t magnitude = negative ? 0x100 - code : code;
        return code_value{value_class::finite, dyadic{negative, magnitude, -fraction_bits}};
    });
    return f;
}

// "binary8p4se" -> {8, 4, true, true}.
std::optional<p3109_parameters> parse_p3109(std::string_view name) {
    if (!name.starts_with("binary")) {
        return std::nullopt;
    }
    std::size_t at = 6;
    const auto number = [&] {
        int result = -1;
        for (int digits = 0; digits < 2 && at < name.size() && name[at] >= '0' && name[at] <= '9'; ++digits, ++at) {
            result = (result < 0 ? 0 : 10 * result) + (name[at] - '0');
        }
        return result;
    };
    p3109_parameters q{};
    q.k = number();
    if (at >= name.size() || name[at++] != 'p') {
        return std::nullopt;
    }
    q.p = number();
    if (name.size() != at + 2 || (name[at] != 's' && name[at] != 'u') || (name[at + 1] != 'e' && name[at + 1] != 'f')) {
        return std::nullopt;
    }
    q.is_signed = name[at] == 's';
    q.extended = name[at + 1] == 'e';
    if (q.k < 3 || q.k > 16 || q.p < 1 || q.p > (q.is_signed ? q.k - 1 : q.k)) {
        return std::nullopt;
    }
    return q;
}

format make(std::string_view name) {
    if (name == "hif8") {
        return make_hif8();
    }
    if (name == "e8m0fnu") {
        return make_e8m0();
    }
    if (name == "int8") {
        return make_fixed(name, 0);
    }
    if (name == "mxint8") {
        return make_fixed(name, 6);
    }
    if (const auto q = parse_p3109(name)) {
        return make_p3109(name, *q);
    }
    return make_ieee(name);
}

}  // namespace

const format& find_format(std::string_view name) {
    static std::mutex guard;
    static std::map<std::string, std::unique_ptr<const format>, std::less<>> known;
    const std::lock_guard lock(guard);
    const auto found = known.find(name);
    if (found != known.end()) {
        return *found->second;
    }
    auto made = std::make_unique<const format>(make(name));
    return *known.emplace(std::string(name), std::move(made)).first->second;
}

std::vector<std::string> format_names() {
    std::vector<std::string> names = {"e4m3fn",   "e5m2",        "e4m3ieee", "e3m4ieee", "e3m4fn",  "e4m3fnuz",
                                      "e5m2fnuz", "e4m3b11fnuz", "e8m0fnu",  "e2m3fn",   "e3m2fn",  "e2m1fn",
                                      "hif8",     "int8",        "mxint8",   "e5m6",     "bf16ftz", "bf16",
                                      "f16",      "tf32",        "f32"};
    for (const int k : {8, 4}) {
        for (int p = 1; p <= k; ++p) {
            for (const char* suffix : {"se", "sf", "ue", "uf"}) {
                if (p < k || suffix[0] == 'u') {
                    names.push_back("binary" + std::to_string(k) + "p" + std::to_string(p) + suffix);
                }
            }
        }
    }
    return names;
}

code_value value_of(const format& f, std::uint32_t code) {
    if (f.width < 32 && code >= two_to(f.width)) {
        throw std::invalid_argument("oracle: code " + std::to_string(code) + " is too wide for " + f.name);
    }
    return f.enumerated ? f.codes[code] : ieee_value(layout_of(f.name), code / two_to(f.code_shift));
}

std::size_t magnitude_count(const format& f) {
    return f.enumerated ? f.magnitudes.size() : std::size_t{f.max_code} / two_to(f.code_shift) + 1;
}

magnitude magnitude_at(const format& f, std::size_t rank) {
    if (f.enumerated) {
        return f.magnitudes.at(rank);
    }
    const std::uint32_t code = static_cast<std::uint32_t>(rank) * two_to(f.code_shift);
    return {code, value_of(f, code).value};
}

std::optional<std::size_t> rank_at_or_below(const format& f, const dyadic& x) {
    if (compare_magnitudes(magnitude_at(f, 0).value, x) > 0) {
        return std::nullopt;
    }
    std::size_t low = 0;
    std::size_t high = magnitude_count(f);
    while (high - low > 1) {
        const std::size_t middle = low + (high - low) / 2;
        if (compare_magnitudes(magnitude_at(f, middle).value, x) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

}  // namespace narrowfp_oracle
