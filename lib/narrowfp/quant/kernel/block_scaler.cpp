// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/quant/kernel/block_scaler.hpp>

#include <algorithm>

namespace narrowfp::kernel {

namespace {

constexpr std::uint32_t fraction_mask = 0x007FFFFF;

float power_of_two(int e) {  // -127 <= e <= 127
    return std::bit_cast<float>(e < -126 ? 0x00400000u : static_cast<std::uint32_t>(e + 127) << 23);
}

}  // namespace

block_scaler::block_scaler(const quantization& q, float tensor_factor)
    : how_(q), care_(q), largest_(max_finite(q.element)), tensor_factor_(tensor_factor) {
    switch (q.scale.method) {
        case scale_method::power_of_two: {
            operation_ = scale_operation::power;
            // Away from the ends of the range every rule looks at the fraction of amax alone and rises with it: the
            // place where it rises, found in a binade whose scales are near 1.
            const auto binade = static_cast<std::uint32_t>(std::clamp(to_real(largest_).floor_log2(), -100, 100) + 127)
                                << 23;
            const auto exponent = [&](std::uint32_t fraction) {
                return power_of_two_exponent(std::bit_cast<float>(binade | fraction), q.element, q.scale.rule);
            };
            const int lowest = exponent(0);
            std::uint32_t end = fraction_mask + 1;
            for (std::uint32_t first = 0; first < end;) {
                const std::uint32_t middle = (first + end) / 2;
                if (exponent(middle) > lowest) {
                    end = middle;
                } else {
                    first = middle + 1;
                }
            }
            from_ = end;
            below_ = static_cast<int>(binade >> 23) - lowest;
            for (int e = -127; e <= 127; ++e) {
                care_of_exponent_[static_cast<std::size_t>(e + 127)] = care_.of_scale(power_of_two(e), 1.0);
            }
            break;
        }
        case scale_method::divisor: operation_ = scale_operation::divide; break;
        case scale_method::two_level:
            to_code_.emplace(any_format{e4m3fn}, rounding::ties_to_even, philox_stream{},
                             overflow_mode::saturate_finite, false, 0);
            for (std::uint32_t code = 0; code < factor_of_code_.size(); ++code) {
                const float_scale of_code = narrowfp::detail::two_level_scale_of_code(code, tensor_factor);
                factor_of_code_[code] = of_code.apply;
                care_of_code_[code] = care_.of_scale(of_code.restore, double{of_code.apply} * double{of_code.restore});
            }
            break;
        default: break;
    }
}

int block_scaler::power_exponent(std::uint32_t amax) const {
    const auto field = static_cast<int>(amax >> 23);
    const int e = field - below_ + ((amax & fraction_mask) >= from_ ? 1 : 0);
    constexpr int margin = 100;  // far from the clamps at +-127 and from subnormal intermediates
    return field != 0 && e > -margin && e < margin
               ? e
               : power_of_two_exponent(std::bit_cast<float>(amax), how_.element, how_.scale.rule);
}

void block_scaler::two_level(const std::uint32_t* amax, std::size_t count, float* factors, std::uint32_t* codes,
                             block_care* care) const {
    float wanted[run_elements];
    std::uint8_t code[run_elements];
    for (std::size_t first = 0; first < count; first += run_elements) {
        const std::size_t n = std::min(run_elements, count - first);
        for (std::size_t i = 0; i < n; ++i) {
            const auto magnitude = std::bit_cast<float>(amax[first + i] & ~nan_mark);
            wanted[i] = narrowfp::detail::two_level_wanted(magnitude, largest_, tensor_factor_);
        }
        (*to_code_)(std::span<const float>(wanted, n), std::span<std::uint8_t>(code, n), 0);
        for (std::size_t i = 0; i < n; ++i) {
            codes[first + i] = code[i];
            factors[first + i] = factor_of_code_[code[i]];
            care[first + i] = care_of_code_[code[i]];
        }
    }
}

void block_scaler::scale(const std::uint32_t* amax, std::size_t count, float* factors, std::uint32_t* codes,
                         block_care* care) const {
    switch (how_.scale.method) {
        case scale_method::power_of_two:
            for (std::size_t b = 0; b < count; ++b) {
                const int e = power_exponent(amax[b] & ~nan_mark);
                factors[b] = power_of_two(-e);
                codes[b] = static_cast<std::uint32_t>(e + e8m0fnu.bias);
                care[b] = care_of_exponent_[static_cast<std::size_t>(e + 127)];
            }
            break;
        case scale_method::two_level: two_level(amax, count, factors, codes, care); break;
        default:
            for (std::size_t b = 0; b < count; ++b) {
                const float_scale s = float_scale_of(std::bit_cast<float>(amax[b] & ~nan_mark), largest_, how_.scale);
                factors[b] = s.apply;
                codes[b] = s.code;
                const bool divides = operation_ == scale_operation::divide;
                care[b] = care_.of_scale(s.restore, divides ? 1.0 : double{s.apply} * double{s.restore});
            }
    }
}

bool block_scaler::operator()(const std::uint32_t* amax, std::size_t count, float* factors, std::uint32_t* codes,
                              block_care* care) const {
    scale(amax, count, factors, codes, care);
    const auto nan_code = static_cast<std::uint32_t>(scale_format(how_.scale).nan_code(false));
    bool any = false;
    for (std::size_t b = 0; b < count; ++b) {
        care[b] = care_.of_block(amax[b], care[b]);
        any |= care[b] != block_care::none;
        codes[b] = care_.is_nan(amax[b]) ? nan_code : codes[b];
    }
    return any;
}

}  // namespace narrowfp::kernel
