// SPDX-License-Identifier: Apache-2.0
#include "matrix_unit.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "tensor_core.hpp"

namespace narrowfp_oracle {

namespace {

using boost::multiprecision::cpp_int;

constexpr std::uint32_t f32_infinity = 0x7F800000U;
constexpr std::uint32_t nvidia_nan = 0x7FFFFFFFU;
constexpr std::uint32_t amd_nan = 0x7FC00000U;

// -- exact numbers ----------------------------------------------------------------------------------------------------
// integer * 2^exponent
struct number {
    cpp_int integer;
    int exponent = 0;
};

number value(const dyadic& d) {
    cpp_int n = d.significand;
    return {d.negative ? cpp_int(-n) : n, d.exponent};
}

number operator*(const number& x, const number& y) { return {x.integer * y.integer, x.exponent + y.exponent}; }

number operator+(const number& x, const number& y) {
    const int e = std::min(x.exponent, y.exponent);
    return {(x.integer << static_cast<unsigned>(x.exponent - e)) + (y.integer << static_cast<unsigned>(y.exponent - e)),
            e};
}

bool is_zero(const number& x) { return x.integer == 0; }

int log2_floor(const number& x) { return static_cast<int>(msb(cpp_int(abs(x.integer)))) + x.exponent; }

// The multiple of 2^unit toward zero from x.
number toward_zero(const number& x, int unit) {
    if (x.exponent >= unit) {
        return x;
    }
    const cpp_int divisor = cpp_int(1) << static_cast<unsigned>(unit - x.exponent);
    number cut{x.integer, unit};
    cut.integer /= divisor;  // as C++ divides: toward zero
    return cut;
}

// The multiple of 2^unit at or below x.
number downward(const number& x, int unit) {
    number cut = toward_zero(x, unit);
    if (x.exponent < unit && x.integer < 0 && (cut.integer << static_cast<unsigned>(unit - x.exponent)) != x.integer) {
        cut.integer -= 1;
    }
    return cut;
}

// A binary format with IEEE fields.
struct binary {
    int fraction_bits, minimum_exponent, maximum_exponent;
    std::uint32_t sign_bit;
};
constexpr binary binary32{23, -126, 127, 0x80000000U};
constexpr binary binary16{10, -14, 15, 0x8000U};

std::uint32_t infinity_of(const binary& f) {
    return static_cast<std::uint32_t>(f.maximum_exponent - f.minimum_exponent + 2)
           << static_cast<unsigned>(f.fraction_bits);
}

// The pattern of x rounded, ties to even or toward zero; `sign` is that of a zero. Overflow gives infinity.
std::uint32_t pattern(const number& x, const binary& f, bool nearest, bool negative_zero = false) {
    if (is_zero(x)) {
        return negative_zero ? f.sign_bit : 0;
    }
    const std::uint32_t sign = x.integer < 0 ? f.sign_bit : 0;
    const number size{abs(x.integer), x.exponent};
    const int exponent = std::max(log2_floor(size), f.minimum_exponent);
    const int unit = exponent - f.fraction_bits;
    cpp_int units = 0;
    if (size.exponent >= unit) {
        units = size.integer << static_cast<unsigned>(size.exponent - unit);
    } else {
        const cpp_int divisor = cpp_int(1) << static_cast<unsigned>(unit - size.exponent);
        units = size.integer / divisor;
        const cpp_int twice_rest = 2 * (size.integer % divisor);
        if (nearest && (twice_rest > divisor || (twice_rest == divisor && units % 2 == 1))) {
            ++units;
        }
    }
    // A rounding up to the next power of two is the next pattern.
    const cpp_int bits = units + (cpp_int(exponent - f.minimum_exponent) << static_cast<unsigned>(f.fraction_bits));
    return sign | static_cast<std::uint32_t>(std::min(bits, cpp_int(infinity_of(f))));
}

// -- operands ---------------------------------------------------------------------------------------------------------
struct element {
    value_class kind = value_class::finite;
    bool negative = false;
    number exact;
    int exponent = 0;  // stored: that of the smallest normal number for a subnormal one

    bool zero() const { return kind == value_class::finite && is_zero(exact); }
};

element element_of(const format& f, std::uint32_t code) {
    const code_value c = value_of(f, code);
    element e{c.kind, c.value.negative, {}, 0};
    if (c.kind == value_class::finite && !c.value.is_zero()) {
        e.exact = value(c.value);
        e.exponent = std::max(floor_log2(c.value), f.minimum_exponent);
    }
    return e;
}

struct product {
    value_class kind = value_class::finite;
    bool negative = false;
    number exact;
    int exponent = 0;
};

product product_of(const element& a, const element& b) {
    product p{value_class::finite, a.negative != b.negative, a.exact * b.exact, a.exponent + b.exponent};
    if (a.kind == value_class::not_a_number || b.kind == value_class::not_a_number) {
        p.kind = value_class::not_a_number;
    } else if (a.kind == value_class::infinite || b.kind == value_class::infinite) {
        p.kind = a.zero() || b.zero() ? value_class::not_a_number : value_class::infinite;
    }
    return p;
}

std::vector<product> products_of(const unit_operands& o) {
    std::vector<product> all;
    for (std::size_t k = 0; k < o.a.size(); ++k) {
        all.push_back(product_of(element_of(o.a_format, o.a[k]), element_of(o.b_format, o.b[k])));
    }
    return all;
}

using products = std::span<const product>;

element f32_element(std::uint32_t bits) { return element_of(find_format("f32"), bits); }

// The pattern of a sum with NaN or infinities, if there are any.
std::optional<std::uint32_t> special(products terms, const element& c, std::uint32_t nan) {
    bool has_nan = c.kind == value_class::not_a_number;
    bool infinity[2] = {c.kind == value_class::infinite && !c.negative, c.kind == value_class::infinite && c.negative};
    for (const product& p : terms) {
        has_nan = has_nan || p.kind == value_class::not_a_number;
        infinity[p.negative ? 1 : 0] |= p.kind == value_class::infinite;
    }
    if (has_nan || (infinity[0] && infinity[1])) {
        return nan;
    }
    if (infinity[0] || infinity[1]) {
        return infinity[1] ? f32_infinity | binary32.sign_bit : f32_infinity;
    }
    return std::nullopt;
}

// Calls step(products of one group, C) for consecutive groups.
template <class Step>
std::uint32_t chained(const unit_operands& o, std::size_t group, Step step) {
    const std::vector<product> all = products_of(o);
    std::uint32_t c = o.c;
    for (std::size_t k = 0; k < all.size(); k += group) {
        c = step(products(all).subspan(k, std::min(group, all.size() - k)), c);
    }
    return c;
}

// -- FP8 widened to FP16 ----------------------------------------------------------------------------------------------
std::uint32_t f16_code(const format& f, std::uint32_t code) {
    const code_value c = value_of(f, code);
    const std::uint32_t sign = c.value.negative ? 0x8000U : 0U;
    if (c.kind == value_class::not_a_number) {
        return 0x7E00U;
    }
    return c.kind == value_class::infinite ? sign | 0x7C00U : pattern(value(c.value), binary16, true, c.value.negative);
}

std::uint32_t added(std::uint32_t x, std::uint32_t y, bool to_f16) {
    const format& f = find_format(to_f16 ? "f16" : "f32");
    const binary& out = to_f16 ? binary16 : binary32;
    const std::uint32_t nan = to_f16 ? 0x7FFFU : nvidia_nan;
    const element a = element_of(f, x);
    const element b = element_of(f, y);
    const bool opposite =
        a.kind == value_class::infinite && b.kind == value_class::infinite && a.negative != b.negative;
    if (a.kind == value_class::not_a_number || b.kind == value_class::not_a_number || opposite) {
        return nan;
    }
    if (a.kind == value_class::infinite || b.kind == value_class::infinite) {
        return a.kind == value_class::infinite ? x : y;
    }
    return pattern(a.exact + b.exact, out, true, a.zero() && b.zero() && a.negative && b.negative);
}

std::uint32_t widened(const unit_operands& o, bool to_f16) {
    const tensor_core_rule rule{16, 25, to_f16 ? tensor_core_output::rne16 : tensor_core_output::rz32, -133};
    const format& f16 = find_format("f16");
    std::uint32_t c = o.c;
    for (std::size_t first = 0; first < o.a.size(); first += 32) {
        std::uint32_t partial = 0;
        for (const bool late : {false, true}) {
            std::vector<std::uint32_t> a;
            std::vector<std::uint32_t> b;
            for (std::size_t k = first; k < first + 32; ++k) {  // a short block is filled up with zeros
                if ((k % 4 >= 2) == late) {
                    a.push_back(k < o.a.size() ? f16_code(o.a_format, o.a[k]) : 0);
                    b.push_back(k < o.a.size() ? f16_code(o.b_format, o.b[k]) : 0);
                }
            }
            partial = tensor_core(rule, f16, a, f16, b, partial);
        }
        c = added(c, partial, to_f16);
    }
    const element result = element_of(find_format(to_f16 ? "f16" : "f32"), c);
    return result.kind == value_class::not_a_number ? (to_f16 ? 0x7FFFU : nvidia_nan) : c;
}

// -- block-scaled -----------------------------------------------------------------------------------------------------
struct scaled_rule {
    std::size_t products, group, block;
    const char* scale_format;
    int fraction_bits, zero_exponent;
};

struct term {
    number exact;
    int exponent = 0;
};

element scale_of(const scaled_rule& rule, std::uint32_t code) {
    const std::string_view name = rule.scale_format;
    return element_of(find_format(name), name == "e4m3fn" ? code & 0x7FU : code);  // the sign is ignored
}

std::uint32_t scaled_step(const scaled_rule& rule, const unit_operands& o, products all, std::size_t first,
                          std::size_t count, std::uint32_t c_bits) {
    const element c = f32_element(c_bits);
    std::vector<term> terms{{c.exact, c.zero() ? rule.zero_exponent : c.exponent}};
    bool nan = false;
    for (std::size_t k = first; k < first + count; k += rule.group) {
        const element sa = scale_of(rule, o.a_scales[k / rule.block]);
        const element sb = scale_of(rule, o.b_scales[k / rule.block]);
        nan = nan || sa.kind == value_class::not_a_number || sb.kind == value_class::not_a_number;
        term t{{}, sa.exponent + sb.exponent};
        bool all_zero = true;
        for (std::size_t i = k; i < std::min(k + rule.group, first + count); ++i) {
            t.exact = t.exact + all[i].exact;
            all_zero = all_zero && is_zero(all[i].exact);
            t.exponent += rule.group == 1 ? all[i].exponent : 0;
        }
        t.exact = t.exact * sa.exact * sb.exact;
        terms.push_back(all_zero || sa.zero() || sb.zero() ? term{{}, rule.zero_exponent} : t);
    }
    if (const auto s = special(all.subspan(first, count), c, nvidia_nan); s || nan) {
        return nan ? nvidia_nan : *s;
    }
    int top = terms.front().exponent;
    for (const term& t : terms) {
        top = std::max(top, t.exponent);
    }
    number sum;
    for (const term& t : terms) {
        sum = sum + toward_zero(t.exact, top - rule.fraction_bits);
    }
    return pattern(sum, binary32, false);
}

std::uint32_t block_scaled(const scaled_rule& rule, const unit_operands& o) {
    const std::vector<product> all = products_of(o);
    std::uint32_t c = o.c;
    for (std::size_t k = 0; k < all.size(); k += rule.products) {
        c = scaled_step(rule, o, all, k, std::min(rule.products, all.size() - k), c);
    }
    return c;
}

// -- AMD --------------------------------------------------------------------------------------------------------------
std::uint32_t exact_step(products terms, std::uint32_t c_bits) {
    const element c = f32_element(c_bits);
    if (const auto s = special(terms, c, amd_nan)) {
        return *s;
    }
    number sum = c.exact;
    for (const product& p : terms) {
        sum = sum + p.exact;
    }
    return pattern(sum, binary32, true);
}

// A number of FP32 without subnormal ones: class, sign, value.
struct flushed {
    value_class kind = value_class::finite;
    bool negative = false;
    number exact;
};

flushed rounded_and_flushed(const number& x, bool negative_zero) {
    const std::uint32_t bits = pattern(x, binary32, true, negative_zero);
    const element e = f32_element(bits);
    const bool subnormal = (bits & 0x7F800000U) == 0;
    return {e.kind, e.negative, subnormal ? number{} : e.exact};
}

flushed sum_of(const flushed& x, const flushed& y) {
    const bool opposite =
        x.kind == value_class::infinite && y.kind == value_class::infinite && x.negative != y.negative;
    if (x.kind == value_class::not_a_number || y.kind == value_class::not_a_number || opposite) {
        return {value_class::not_a_number, false, {}};
    }
    if (x.kind == value_class::infinite || y.kind == value_class::infinite) {
        return x.kind == value_class::infinite ? x : y;
    }
    return rounded_and_flushed(x.exact + y.exact, is_zero(x.exact) && is_zero(y.exact) && x.negative && y.negative);
}

// Subnormal operands count as +0.
element flushed_element(const format& f, std::uint32_t code) {
    element e = element_of(f, code);
    if (e.kind == value_class::finite && !is_zero(e.exact) && log2_floor(e.exact) < f.minimum_exponent) {
        e = element{};
    }
    return e;
}

std::uint32_t cdna2(const unit_operands& o, std::size_t group) {
    const auto of_element = [](const element& e) { return flushed{e.kind, e.negative, e.exact}; };
    flushed acc = of_element(flushed_element(find_format("f32"), o.c));
    const auto product_at = [&](std::size_t k) -> flushed {
        if (k >= o.a.size()) {
            return {};
        }
        const product p = product_of(flushed_element(o.a_format, o.a[k]), flushed_element(o.b_format, o.b[k]));
        return p.kind == value_class::finite ? rounded_and_flushed(p.exact, p.negative)
                                             : flushed{p.kind, p.negative, {}};
    };
    for (std::size_t k = 0; k < o.a.size(); k += group) {
        flushed sum = sum_of(product_at(k), product_at(k + 1));
        if (group == 4) {
            sum = sum_of(sum, sum_of(product_at(k + 2), product_at(k + 3)));
        }
        acc = sum_of(acc, sum);
    }
    switch (acc.kind) {
        case value_class::not_a_number: return amd_nan;
        case value_class::infinite: return f32_infinity | (acc.negative ? binary32.sign_bit : 0U);
        case value_class::finite: break;
    }
    return pattern(acc.exact, binary32, true, acc.negative);
}

struct partial_sum {
    number exact;
    std::optional<int> exponent;  // none without a nonzero product
};

partial_sum aligned_products(products terms, std::size_t first, std::size_t stride) {
    partial_sum out;
    for (std::size_t k = first; k < terms.size(); k += stride) {
        if (!is_zero(terms[k].exact)) {
            out.exponent = std::max(out.exponent.value_or(terms[k].exponent), terms[k].exponent);
        }
    }
    for (std::size_t k = first; k < terms.size() && out.exponent; k += stride) {
        out.exact = out.exact + toward_zero(terms[k].exact, *out.exponent - 24);
    }
    return out;
}

std::uint32_t cdna3_step(std::span<const product> given, std::uint32_t c_bits, bool two_sums) {
    std::vector<product> terms(given.begin(), given.end());
    for (product& p : terms) {
        if (p.kind == value_class::finite && !is_zero(p.exact) && log2_floor(p.exact) >= 128) {
            p.kind = value_class::infinite;
        }
    }
    const element c = f32_element(c_bits);
    if (const auto s = special(terms, c, amd_nan)) {
        return *s;
    }
    partial_sum sum = aligned_products(terms, 0, two_sums ? 2 : 1);
    if (two_sums) {
        const partial_sum odd = aligned_products(terms, 1, 2);
        const int largest = std::max(sum.exponent.value_or(-999), odd.exponent.value_or(-999));
        sum.exact = downward(sum.exact, largest - 24) + downward(odd.exact, largest - 24);
        sum.exponent = largest;
    }
    const int c_exponent = c.zero() ? -126 : std::max(c.exponent, -126);
    const int top = std::max(sum.exponent.value_or(-999), c_exponent);
    const number addend = two_sums && c_exponent < top - 25 ? number{} : downward(c.exact, top - 24);
    const number total = downward(sum.exact, top - 32) + addend;
    if (is_zero(total)) {
        return 0;
    }
    return pattern(downward(total, std::max(log2_floor(total), -126) - 31), binary32, true);
}

}  // namespace

std::uint32_t matrix_unit(std::string_view unit, bool to_f16, const unit_operands& o) {
    const std::string& input = o.a_format.name;
    const bool fp8 = input == "e4m3fn" || input == "e5m2" || input == "e2m1fn";
    if ((unit == "h100-mma-sync" || unit == "b200-mma-sync") && fp8) {
        return widened(o, to_f16);
    }
    if (unit == "b200-mxfp8") {
        return block_scaled({32, 1, 32, "e8m0fnu", 25, -133}, o);
    }
    if (unit == "b200-mxfp4") {
        return block_scaled({64, 16, 32, "e8m0fnu", 35, -139}, o);
    }
    if (unit == "b200-nvfp4") {
        return block_scaled({64, 16, 16, "e4m3fn", 35, -139}, o);
    }
    if (unit == "mi100") {
        return chained(o, input == "bf16" ? 2 : 4, exact_step);
    }
    if (unit == "ascend910-hypothetical-exact16") {
        return chained(o, 16, exact_step);
    }
    if (unit == "mi250") {
        return cdna2(o, 4);
    }
    if (unit == "mi300") {
        const bool two_sums = input == "e4m3fnuz" || input == "e5m2fnuz";
        const std::size_t group = two_sums ? 16 : input == "tf32" ? 4 : 8;
        return chained(o, group, [two_sums](products p, std::uint32_t c) { return cdna3_step(p, c, two_sums); });
    }
    if (unit == "ascend910-hypothetical-aligned24" || unit == "ascend910-hypothetical-aligned25") {
        const bool longer = unit.ends_with("25");
        const tensor_core_rule rule{16, longer ? 25 : 24, tensor_core_output::rz32, longer ? -133 : -132};
        return tensor_core(rule, o.a_format, o.a, o.b_format, o.b, o.c);
    }
    const std::string_view gpu = unit.substr(0, unit.find('-'));
    const tensor_core_rule rule = rule_of(gpu, fp8 ? "fp8" : input == "tf32" ? "tf32" : "16bit", to_f16);
    return tensor_core(rule, o.a_format, o.a, o.b_format, o.b, o.c);
}

}  // namespace narrowfp_oracle
