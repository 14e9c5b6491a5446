// SPDX-License-Identifier: Apache-2.0
#include "tensor_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

namespace narrowfp_oracle {

namespace {

using boost::multiprecision::cpp_int;

// One summand: a class, its exact value as integer * 2^unit, and the exponent it is aligned by.
struct term {
    value_class kind = value_class::finite;
    bool negative = false;
    cpp_int significand;
    int unit = 0;
    int exponent = 0;
};

// floor(log2) of a value, that of the smallest normal number for a subnormal: significands are not renormalised.
int stored_exponent(const format& f, const dyadic& value) { return std::max(floor_log2(value), f.minimum_exponent); }

term addend(const format& f, std::uint32_t bits, int zero_exponent) {
    const code_value c = value_of(f, bits);
    term result{c.kind, c.value.negative, c.value.significand, c.value.exponent, zero_exponent};
    if (c.kind == value_class::finite && !c.value.is_zero()) {
        result.exponent = stored_exponent(f, c.value);
    }
    return result;
}

term product_term(const format& fa, std::uint32_t a_code, const format& fb, std::uint32_t b_code, int zero_exponent) {
    const code_value a = value_of(fa, a_code);
    const code_value b = value_of(fb, b_code);
    const bool a_zero = a.kind == value_class::finite && a.value.is_zero();
    const bool b_zero = b.kind == value_class::finite && b.value.is_zero();
    term result;
    result.negative = a.value.negative != b.value.negative;
    result.exponent = zero_exponent;
    if (a.kind == value_class::not_a_number || b.kind == value_class::not_a_number) {
        result.kind = value_class::not_a_number;
    } else if (a.kind == value_class::infinite || b.kind == value_class::infinite) {
        result.kind = a_zero || b_zero ? value_class::not_a_number : value_class::infinite;
    } else if (!a_zero && !b_zero) {
        result.significand = cpp_int(a.value.significand) * b.value.significand;
        result.unit = a.value.exponent + b.value.exponent;
        result.exponent = stored_exponent(fa, a.value) + stored_exponent(fb, b.value);
    }
    return result;
}

// floor(value * 2^shift) for value >= 0, and whether something was cut off.
struct truncated {
    cpp_int kept;
    cpp_int lost;         // numerator of the cut part
    cpp_int lost_out_of;  // its denominator
};

truncated scale_and_truncate(const cpp_int& value, int shift) {
    if (shift >= 0) {
        return {value << static_cast<unsigned>(shift), 0, 1};
    }
    const cpp_int divisor = cpp_int(1) << static_cast<unsigned>(-shift);
    return {value / divisor, value % divisor, divisor};
}

struct output_format {
    int fraction_bits;       // stored ones
    int kept_fraction_bits;  // of those that may be nonzero
    int minimum_exponent;
    int maximum_exponent;
    bool nearest;
    std::uint32_t sign_bit;
    std::uint32_t nan;
};

output_format description_of(tensor_core_output output) {
    switch (output) {
        case tensor_core_output::rz32: return {23, 23, -126, 127, false, 0x80000000U, 0x7FFFFFFFU};
        case tensor_core_output::rz_e8m13: return {23, 13, -126, 127, false, 0x80000000U, 0x7FFFFFFFU};
        case tensor_core_output::rne16: return {10, 10, -14, 15, true, 0x8000U, 0x7FFFU};
    }
    throw std::invalid_argument("oracle: not a tensor-core output");
}

std::uint32_t infinity_of(const output_format& out) {
    return static_cast<std::uint32_t>(out.maximum_exponent - out.minimum_exponent + 2)
           << static_cast<unsigned>(out.fraction_bits);
}

// Returns the pattern of sum * 2^unit.
std::uint32_t converted(const cpp_int& sum, int unit, const output_format& out) {
    if (sum == 0) {
        return 0;
    }
    const std::uint32_t sign = sum < 0 ? out.sign_bit : 0;
    const cpp_int size = abs(sum);
    const int exponent = std::max(static_cast<int>(msb(size)) + unit, out.minimum_exponent);
    if (exponent > out.maximum_exponent) {
        return sign | infinity_of(out);
    }
    truncated t = scale_and_truncate(size, unit - (exponent - out.kept_fraction_bits));
    if (out.nearest && (2 * t.lost > t.lost_out_of || (2 * t.lost == t.lost_out_of && t.kept % 2 == 1))) {
        ++t.kept;
    }
    const auto units = static_cast<std::uint32_t>(t.kept)
                       << static_cast<unsigned>(out.fraction_bits - out.kept_fraction_bits);
    const auto binades = static_cast<std::uint32_t>(exponent - out.minimum_exponent);
    return sign | (units + (binades << static_cast<unsigned>(out.fraction_bits)));
}

std::uint32_t one_step(const tensor_core_rule& rule, const std::vector<term>& terms) {
    const output_format out = description_of(rule.output);
    bool nan = false;
    bool infinity[2] = {false, false};
    for (const term& t : terms) {
        nan = nan || t.kind == value_class::not_a_number;
        infinity[t.negative ? 1 : 0] = infinity[t.negative ? 1 : 0] || t.kind == value_class::infinite;
    }
    if (nan || (infinity[0] && infinity[1])) {
        return out.nan;
    }
    if (infinity[0] || infinity[1]) {
        return infinity_of(out) | (infinity[1] ? out.sign_bit : 0U);
    }
    int largest = terms.front().exponent;
    for (const term& t : terms) {
        largest = std::max(largest, t.exponent);
    }
    const int unit = largest - rule.fraction_bits;
    cpp_int sum = 0;
    for (const term& t : terms) {
        const cpp_int cut = scale_and_truncate(t.significand, t.unit - unit).kept;
        sum += t.negative ? cpp_int(-cut) : cut;
    }
    return converted(sum, unit, out);
}

}  // namespace

tensor_core_rule rule_of(std::string_view gpu, std::string_view input, bool output_is_fp16) {
    struct row {
        std::string_view gpu, input;
        int products, fraction_bits, zero_exponent_32, zero_exponent_16;
        tensor_core_output output;
    };
    using enum tensor_core_output;
    static constexpr row rows[] = {
        {"v100", "16bit", 4, 23, -131, -20, rz32},   {"t4", "16bit", 8, 24, -132, -21, rz32},
        {"a100", "16bit", 8, 24, -132, -21, rz32},   {"a100", "tf32", 4, 24, -132, -21, rz32},
        {"ada", "16bit", 8, 24, -132, -21, rz32},    {"ada", "tf32", 4, 24, -132, -21, rz32},
        {"ada", "fp8", 16, 13, -132, -21, rz_e8m13}, {"h100", "16bit", 16, 25, -133, -133, rz32},
        {"h100", "tf32", 8, 25, -133, -133, rz32},   {"h100", "fp8", 32, 13, -133, -133, rz_e8m13},
        {"b200", "16bit", 16, 25, -133, -133, rz32}, {"b200", "tf32", 8, 25, -133, -133, rz32},
        {"b200", "fp8", 32, 25, -133, -133, rz32},
    };
    for (const row& r : rows) {
        if (r.gpu == gpu && r.input == input) {
            return output_is_fp16 ? tensor_core_rule{r.products, r.fraction_bits, rne16, r.zero_exponent_16}
                                  : tensor_core_rule{r.products, r.fraction_bits, r.output, r.zero_exponent_32};
        }
    }
    throw std::invalid_argument("oracle: no rule for " + std::string(gpu) + " with " + std::string(input) + " inputs");
}

std::uint32_t tensor_core(const tensor_core_rule& rule, const format& a_format, std::span<const std::uint32_t> a,
                          const format& b_format, std::span<const std::uint32_t> b, std::uint32_t c_bits) {
    if (a.size() != b.size()) {
        throw std::invalid_argument("oracle: a has " + std::to_string(a.size()) + " elements, b has " +
                                    std::to_string(b.size()));
    }
    for (const format* f : {&a_format, &b_format}) {
        if (f->ties_to_away_only || f->sign_mask == 0) {
            throw std::invalid_argument("oracle: no tensor core takes " + f->name);
        }
    }
    if (rule.products < 1) {
        throw std::invalid_argument("oracle: a step needs at least one product");
    }
    const format& c_format = find_format(rule.output == tensor_core_output::rne16 ? "f16" : "f32");
    const auto step = static_cast<std::size_t>(rule.products);
    std::uint32_t result = c_bits;
    std::size_t k = 0;
    while (k < a.size()) {
        std::vector<term> terms{addend(c_format, result, rule.zero_exponent)};
        for (const std::size_t end = std::min(a.size(), k + step); k < end; ++k) {
            terms.push_back(product_term(a_format, a[k], b_format, b[k], rule.zero_exponent));
        }
        result = one_step(rule, terms);
    }
    return result;
}

}  // namespace narrowfp_oracle
