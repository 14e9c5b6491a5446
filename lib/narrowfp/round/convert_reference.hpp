// SPDX-License-Identifier: Apache-2.0
// Conversion of arrays as it is defined: `project` applied to one element after the other, on integers. Headers only,
// one thread, slow; the compiled functions of round/convert.hpp give the same codes, values and counts.
// Rounding and overflow are required arguments, because every standard and vendor has another default; a stochastic rule
// comes with the stream of its random bits. Events are counted and returned. The typed forms know the format at compile
// time; the others take it at run time and move codes in any unsigned type that holds them.
#pragma once

#include <narrowfp/base/shape.hpp>
#include <narrowfp/format/value.hpp>
#include <narrowfp/round/construct.hpp>
#include <narrowfp/round/philox.hpp>
#include <narrowfp/round/project.hpp>

#include <span>

namespace narrowfp {

// Unsigned types in which arrays of codes are passed.
template <class T>
concept code_word = std::same_as<T, std::uint8_t> || std::same_as<T, std::uint16_t> || std::same_as<T, std::uint32_t>;

namespace detail {

template <code_word Code>
void require_code_word(std::string_view name, int code_bits) {
    if (static_cast<int>(sizeof(Code)) * 8 < code_bits) {
        throw std::invalid_argument("codes of " + std::string(name) + " have " + std::to_string(code_bits) +
                                    " bits and do not fit the " + std::to_string(8 * sizeof(Code)) +
                                    "-bit elements given");
    }
}

// The format of an array of codes: valid, and no wider than the elements that hold its codes.
template <code_word Code>
void require_codes(const any_format& format) {
    require_format(format);
    require_code_word<Code>(name_of(format), code_bits_of(format));
}

// What a conversion to `format` needs.
template <element_format F>
void require_target(const F& format, const rounding_rule& rule, overflow_mode overflow) {
    require_format(format);
    require_rounding(format, rule);
    require_overflow(overflow);
}

// One loop for all: `source(i)` is the exact value, `store(i, code)` takes the result. Element i of the array is element
// first + i of the stream.
template <element_format F, class Source, class Store>
event_counts convert_each(const F& format, std::size_t count, const rounding_rule& rule, const philox_stream& random,
                          std::uint64_t first, overflow_mode overflow, Source source, Store store) {
    require_target(format, rule, overflow);
    const bool draws = is_stochastic(rule.mode);
    event_counts counts;
    for (std::size_t i = 0; i < count; ++i) {
        const real x = source(i);
        const projected p = project(format, x, rule, draws ? random.bits(first + i, rule.random_bits) : 0, overflow);
        count_events(counts, x, p);
        store(i, p.code);
    }
    return counts;
}
template <element_format F, class Source, class Store>
event_counts convert_each(const F& format, std::size_t count, rounding mode, overflow_mode overflow, Source source,
                          Store store) {
    return convert_each(format, count, mode, {}, 0, overflow, source, store);
}

}  // namespace detail

// out[i] = in[i] rounded to `to`. Returns the counts. Exact where in[i] has a code. Throws std::invalid_argument if the
// lengths differ, the code type is too narrow, the format is invalid or does not define the rounding. A stochastic rule takes the
// bits random.bits(first + i, rule.random_bits) for element i: a part of an array converts as it does within the whole, in
// any order and by any number of threads. Integer arithmetic only: the caller's floating-point environment has no
// influence. Cost: tens of nanoseconds per element (this is the reference).
template <host_float T, code_word Code>
event_counts convert_reference(std::span<const T> in, std::span<Code> out, const any_format& to,
                               const rounding_rule& rule, const philox_stream& random, overflow_mode overflow,
                               std::uint64_t first = 0) {
    require_length("convert: output", out.size(), in.size());
    detail::require_codes<Code>(to);
    return std::visit(
        [&](const auto& format) {
            return detail::convert_each(
                format, in.size(), rule, random, first, overflow, [&](std::size_t i) { return to_real(in[i]); },
                [&](std::size_t i, std::uint64_t code) { out[i] = static_cast<Code>(code); });
        },
        to);
}
template <host_float T, code_word Code>
event_counts convert_reference(std::span<const T> in, std::span<Code> out, const any_format& to, rounding mode,
                               overflow_mode overflow) {
    return convert_reference(in, out, to, mode, {}, overflow);
}

// The same into values of a format known at compile time.
template <host_float T, const auto& F>
event_counts convert_reference(std::span<const T> in, std::span<value<F>> out, const rounding_rule& rule,
                               const philox_stream& random, overflow_mode overflow, std::uint64_t first = 0) {
    require_length("convert: output", out.size(), in.size());
    return detail::convert_each(
        F, in.size(), rule, random, first, overflow, [&](std::size_t i) { return to_real(in[i]); },
        [&](std::size_t i, std::uint64_t code) { out[i] = value<F>::from_bits(static_cast<code_type<F>>(code)); });
}
template <host_float T, const auto& F>
event_counts convert_reference(std::span<const T> in, std::span<value<F>> out, rounding mode, overflow_mode overflow) {
    return convert_reference(in, out, mode, {}, overflow);
}

// Codes of one format to codes of another, through the exact value. Precondition: every in[i] is a code of `from`.
template <code_word From, code_word To>
event_counts convert_reference(std::span<const From> in, const any_format& from, std::span<To> out,
                               const any_format& to, const rounding_rule& rule, const philox_stream& random,
                               overflow_mode overflow, std::uint64_t first = 0) {
    require_length("convert: output", out.size(), in.size());
    detail::require_codes<From>(from);
    detail::require_codes<To>(to);
    return std::visit(
        [&](const auto& source, const auto& target) {
            return detail::convert_each(
                target, in.size(), rule, random, first, overflow, [&](std::size_t i) { return source.decode(in[i]); },
                [&](std::size_t i, std::uint64_t code) { out[i] = static_cast<To>(code); });
        },
        from, to);
}
template <code_word From, code_word To>
event_counts convert_reference(std::span<const From> in, const any_format& from, std::span<To> out,
                               const any_format& to, rounding mode, overflow_mode overflow) {
    return convert_reference(in, from, out, to, mode, {}, overflow);
}

// out[i] = in[i] rounded to `to`, as a float: what decode_reference makes of the codes of convert_reference, without the
// codes ("float storage"). `out` may be `in` itself.
template <host_float T>
event_counts round_to_format_reference(std::span<const T> in, std::span<float> out, const any_format& to,
                                       const rounding_rule& rule, const philox_stream& random, overflow_mode overflow,
                                       std::uint64_t first = 0) {
    require_length("round_to_format: output", out.size(), in.size());
    return std::visit(
        [&](const auto& format) {
            return detail::convert_each(
                format, in.size(), rule, random, first, overflow, [&](std::size_t i) { return to_real(in[i]); },
                [&](std::size_t i, std::uint64_t code) { out[i] = nearest_host<float>(format.decode(code)); });
        },
        to);
}
template <host_float T>
event_counts round_to_format_reference(std::span<const T> in, std::span<float> out, const any_format& to, rounding mode,
                                       overflow_mode overflow) {
    return round_to_format_reference(in, out, to, mode, {}, overflow);
}

// out[i] = the exact value of code in[i]. Exact for every format (NaN becomes a quiet NaN).
template <code_word Code>
void decode_reference(std::span<const Code> in, const any_format& from, std::span<float> out) {
    require_length("decode: output", out.size(), in.size());
    detail::require_codes<Code>(from);
    std::visit(
        [&](const auto& format) {
            for (std::size_t i = 0; i < in.size(); ++i) {
                out[i] = nearest_host<float>(format.decode(in[i]));
            }
        },
        from);
}

}  // namespace narrowfp
