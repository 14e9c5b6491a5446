// SPDX-License-Identifier: Apache-2.0
#include "cli/format_facts.hpp"

#include <narrowfp/format/limits.hpp>
#include <narrowfp/round/project.hpp>

#include <fmt/format.h>

#include <array>

namespace narrowfp::cli {
namespace {

std::string binary(std::uint64_t value, int digits) {
    return digits == 0 ? std::string() : fmt::format("{:0{}b}", value, digits);
}

// Fields joined by points; empty ones are left out.
std::string dotted(std::initializer_list<std::string> fields) {
    std::string text;
    for (const std::string& field : fields) {
        text += (text.empty() || field.empty() ? "" : ".") + field;
    }
    return text;
}

std::string layout_of(const float_format& f) {
    return dotted({f.is_signed ? "S" : "", std::string(static_cast<std::size_t>(f.exponent_bits), 'E'),
                   std::string(static_cast<std::size_t>(f.fraction_bits), 'M'),
                   std::string(static_cast<std::size_t>(f.padding_bits), '0')});
}
std::string layout_of(const hifloat8_format&) { return "S.DDDD.MMM to S.DD.EEEE.M (tapered: dot, exponent, fraction)"; }

std::string layout_of(const fixed_format& f) {
    return fmt::format("two's complement, value = integer * 2^-{}", f.fraction_bits);
}

std::optional<int> bias_of(const float_format& f) { return f.bias; }
std::optional<int> bias_of(const fixed_format&) { return std::nullopt; }
std::optional<int> bias_of(const hifloat8_format&) { return std::nullopt; }

std::string bits_of(const float_format& f, std::uint64_t code) {
    const std::uint64_t padding = code & ((std::uint64_t{1} << f.padding_bits) - 1);
    const std::uint64_t ordinal = (code & f.magnitude_mask()) >> f.padding_bits;
    return dotted({f.is_signed ? binary(code >> f.magnitude_bits(), 1) : "",
                   binary(ordinal >> f.fraction_bits, f.exponent_bits),
                   binary(ordinal & ((std::uint64_t{1} << f.fraction_bits) - 1), f.fraction_bits),
                   binary(padding, f.padding_bits)});
}

std::string bits_of(const fixed_format& f, std::uint64_t code) { return binary(code, f.width); }

// The dot field is the prefix of the seven bits behind the sign (arXiv 2409.16626, table 1).
std::string bits_of(const hifloat8_format&, std::uint64_t code) {
    struct row {
        std::uint64_t first;
        int dot_bits;
        int exponent_bits;
    };
    constexpr std::array<row, 6> rows{
        {{0x60, 2, 4}, {0x40, 2, 3}, {0x20, 2, 2}, {0x10, 3, 1}, {0x08, 4, 0}, {0, 4, 0}}};
    const std::uint64_t payload = code & 0x7F;
    std::size_t at = 0;
    while (payload < rows[at].first) {
        ++at;
    }
    const int fraction_bits = 7 - rows[at].dot_bits - rows[at].exponent_bits;
    const auto field = [payload](int low, int width) { return binary(payload >> low & ((1u << width) - 1), width); };
    return dotted({binary(code >> 7, 1), field(7 - rows[at].dot_bits, rows[at].dot_bits),
                   field(fraction_bits, rows[at].exponent_bits), field(0, fraction_bits)});
}

template <element_format F>
coded_value coded(const F& f, std::uint64_t code) {
    return {code, nearest_host<float>(f.decode(code))};
}

// Every code with the value NaN, as ranges. Of formats wider than 16 bits only the codes above the largest finite
// magnitude are looked at, of either sign; those formats order their codes by magnitude.
template <element_format F>
std::vector<code_range> nan_codes_of(const F& f) {
    std::vector<code_range> ranges;
    const auto look = [&](std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t code = first; code <= last; ++code) {
            if (!f.decode(code).is_nan()) {
                continue;
            }
            if (!ranges.empty() && ranges.back().last + 1 == code) {
                ranges.back().last = code;
            } else {
                ranges.push_back({code, code});
            }
        }
    };
    const std::uint64_t all = (std::uint64_t{1} << f.code_bits()) - 1;
    if (f.code_bits() <= 16) {
        look(0, all);
        return ranges;
    }
    const std::uint64_t largest = f.magnitude_code(f.max_ordinal());
    look(largest + 1, f.is_signed ? f.sign_mask() - 1 : all);
    if (f.is_signed) {
        look(f.sign_mask() | (largest + 1), all);
    }
    return ranges;
}

// Smallest, largest and everything between.
template <element_format F>
void add_range(const F& f, format_facts& facts) {
    const std::uint64_t top = f.max_ordinal();
    const std::uint64_t smallest = min_positive_ordinal(f);
    const std::uint64_t normal = min_normal_ordinal(f);
    const real largest = f.decode(f.magnitude_code(top));
    facts.max = coded(f, f.magnitude_code(top));
    facts.min_normal = coded(f, f.magnitude_code(normal));
    if (normal != smallest) {
        facts.min_subnormal = coded(f, f.magnitude_code(smallest));
    }
    facts.positive_values = top - smallest + 1;
    facts.binades = largest.floor_log2() - f.decode(f.magnitude_code(smallest)).floor_log2() + 1;
    const std::uint64_t one = f.bracket_of(to_real(1.0f)).lower;
    facts.epsilon = coded(f, f.magnitude_code(one + 1)).value - coded(f, f.magnitude_code(one)).value;
}

// Above the largest value the next would follow at the distance of one unit in its last place; halfway there overflow
// begins.
template <element_format F>
void add_overflow(const F& f, format_facts& facts) {
    const real largest = f.decode(f.magnitude_code(f.max_ordinal()));
    const real tie = real::make_finite(false, 2 * largest.significand + 1, largest.exponent - 1);
    const real above = real::make_finite(false, tie.significand, tie.exponent, true);
    facts.nearest = default_rounding(f);
    facts.overflow_threshold = nearest_host<double>(tie);
    facts.at_threshold = coded(f, project(f, tie, facts.nearest, overflow_mode::none).code);
    facts.above_threshold = coded(f, project(f, above, facts.nearest, overflow_mode::none).code);
}

}  // namespace

format_facts facts_of(const any_format& format) {
    return std::visit(
        [](const auto& f) {
            format_facts facts;
            facts.name = f.name;
            facts.type_name = f.type_name;
            facts.source = f.source;
            facts.layout = layout_of(f);
            facts.code_bits = f.code_bits();
            facts.storage_bits = f.storage_bits;
            facts.is_signed = f.is_signed;
            facts.bias = bias_of(f);
            facts.has_zero = f.has_zero();
            facts.has_negative_zero = f.has_negative_zero;
            if (f.has_infinity()) {
                facts.infinity_code = f.infinity_code(false);
            }
            facts.nan_codes = nan_codes_of(f);
            add_range(f, facts);
            add_overflow(f, facts);
            return facts;
        },
        format);
}

std::string code_text(const any_format& format, std::uint64_t code) {
    return fmt::format("{:0{}x}", code, (code_bits_of(format) + 3) / 4);
}

std::string bits_text(const any_format& format, std::uint64_t code) {
    return std::visit([code](const auto& f) { return bits_of(f, code); }, format);
}

std::string class_text(const any_format& format, std::uint64_t code) {
    const real x = decode(format, code);
    switch (x.kind) {
        case real_class::nan: return "nan";
        case real_class::infinity: return "infinity";
        case real_class::zero: return "zero";
        case real_class::finite: break;
    }
    return std::visit(
        [&](const auto& f) {
            const bool subnormal = f.is_subnormal_ordinal(f.bracket_of(x).lower);
            return std::string(subnormal ? "subnormal" : "normal");
        },
        format);
}

}  // namespace narrowfp::cli
