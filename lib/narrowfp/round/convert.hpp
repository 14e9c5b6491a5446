// SPDX-License-Identifier: Apache-2.0
// Conversion of arrays as users call it, compiled: the codes, values and event counts of round/convert_reference.hpp, bit
// for bit, on every target (base/target.hpp), with any number of threads, whatever floating-point environment the caller
// has set. Floats go straight into the format, never through a narrower type.
// Each function has two forms: one for a deterministic rounding, one for a rounding_rule with the stream of its random
// bits, where element i takes random.bits(first + i, rule.random_bits).
#pragma once

#include <narrowfp/base/options.hpp>
#include <narrowfp/round/convert_reference.hpp>

namespace narrowfp {

// out[i] = in[i] rounded to `to`. Returns the counts. Throws std::invalid_argument if the lengths differ, the code type is
// too narrow, the format is invalid (require_format) or does not define the rounding, or the options mean nothing. `in` and `out` may not overlap.
template <host_float T, code_word Code>
event_counts convert(std::span<const T> in, std::span<Code> out, const any_format& to, const rounding_rule& rule,
                     const philox_stream& random, overflow_mode overflow, std::uint64_t first = 0,
                     const options& opts = {});
template <host_float T, code_word Code>
event_counts convert(std::span<const T> in, std::span<Code> out, const any_format& to, rounding mode,
                     overflow_mode overflow, const options& opts = {}) {
    return convert(in, out, to, mode, {}, overflow, 0, opts);
}

// The same into values of a format known at compile time.
template <host_float T, const auto& F>
event_counts convert(std::span<const T> in, std::span<value<F>> out, const rounding_rule& rule,
                     const philox_stream& random, overflow_mode overflow, std::uint64_t first = 0,
                     const options& opts = {}) {
    static_assert(sizeof(value<F>) == sizeof(code_type<F>));
    // A value holds its code and nothing else, so an array of values is an array of codes.
    const std::span<code_type<F>> codes(reinterpret_cast<code_type<F>*>(out.data()), out.size());
    return convert(in, codes, any_format{F}, rule, random, overflow, first, opts);
}
template <host_float T, const auto& F>
event_counts convert(std::span<const T> in, std::span<value<F>> out, rounding mode, overflow_mode overflow,
                     const options& opts = {}) {
    return convert(in, out, mode, {}, overflow, 0, opts);
}

// Codes of one format to codes of another, through the exact value. Precondition: every in[i] is a code of `from`.
template <code_word From, code_word To>
event_counts convert(std::span<const From> in, const any_format& from, std::span<To> out, const any_format& to,
                     const rounding_rule& rule, const philox_stream& random, overflow_mode overflow,
                     std::uint64_t first = 0, const options& opts = {});
template <code_word From, code_word To>
event_counts convert(std::span<const From> in, const any_format& from, std::span<To> out, const any_format& to,
                     rounding mode, overflow_mode overflow, const options& opts = {}) {
    return convert(in, from, out, to, mode, {}, overflow, 0, opts);
}

// out[i] = in[i] rounded to `to`, as a float ("float storage"). `out` may be `in` itself, and not overlap it otherwise.
template <host_float T>
event_counts round_to_format(std::span<const T> in, std::span<float> out, const any_format& to,
                             const rounding_rule& rule, const philox_stream& random, overflow_mode overflow,
                             std::uint64_t first = 0, const options& opts = {});
template <host_float T>
event_counts round_to_format(std::span<const T> in, std::span<float> out, const any_format& to, rounding mode,
                             overflow_mode overflow, const options& opts = {}) {
    return round_to_format(in, out, to, mode, {}, overflow, 0, opts);
}

// out[i] = the exact value of code in[i]. Precondition: every in[i] is a code of `from`.
template <code_word Code>
void decode(std::span<const Code> in, const any_format& from, std::span<float> out, const options& opts = {});

}  // namespace narrowfp
