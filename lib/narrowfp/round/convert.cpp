// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/round/convert.hpp>
#include <narrowfp/round/kernel/converter.hpp>

#include <algorithm>
#include <mutex>

namespace narrowfp {

namespace {

// Elements that a thread takes at a time: its share of the array, so that it meets the same part in its caches when the
// array comes again; not so few that handing them out costs more, nor so many that threads wait for the last.
std::size_t chunk_for(std::size_t count, const options& opts) {
    constexpr std::size_t least = 32768;
    constexpr std::size_t most = std::size_t{1} << 20;
    constexpr std::size_t most_alone = std::size_t{1} << 30;  // which kernels count in 32 bits
    constexpr std::size_t unit = 4096;                        // a multiple of run_elements
    const auto threads = static_cast<std::size_t>(thread_count(opts));
    if (threads == 1) {
        return most_alone;
    }
    const std::size_t units = (count + threads * unit - 1) / (threads * unit);
    return std::clamp(units * unit, least, most);
}

// Sums of what convert_chunk(first, count) returns for consecutive chunks that cover [0, count).
template <class ConvertChunk>
event_counts convert_in_chunks(std::size_t count, const options& opts, ConvertChunk convert_chunk) {
    event_counts total;
    std::mutex total_mutex;
    parallel_ranges(count, chunk_for(count, opts), opts, [&](std::size_t first, std::size_t last) {
        const event_counts part = with_default_environment([&] { return convert_chunk(first, last - first); });
        const std::lock_guard lock(total_mutex);
        total += part;
    });
    return opts.count_events ? total : event_counts{.elements = count};
}

// What convert_reference checks and may throw, before any thread starts.
template <code_word Code>
void require_conversion(std::size_t in, std::size_t out, const any_format& to, const rounding_rule& rule,
                        overflow_mode overflow, const options& opts) {
    require_length("convert: output", out, in);
    require_options(opts);
    detail::require_codes<Code>(to);
    std::visit([&](const auto& format) { detail::require_target(format, rule, overflow); }, to);
}

}  // namespace

template <host_float T, code_word Code>
event_counts convert(std::span<const T> in, std::span<Code> out, const any_format& to, const rounding_rule& rule,
                     const philox_stream& random, overflow_mode overflow, std::uint64_t start, const options& opts) {
    require_conversion<Code>(in.size(), out.size(), to, rule, overflow, opts);
    const kernel::converter convert_part(to, rule, random, overflow, opts.count_events, out.size_bytes());
    return convert_in_chunks(in.size(), opts, [&](std::size_t first, std::size_t count) {
        const event_counts counts = convert_part(in.subspan(first, count), out.subspan(first, count), start + first);
        convert_part.finish();
        return counts;
    });
}

template <code_word From, code_word To>
event_counts convert(std::span<const From> in, const any_format& from, std::span<To> out, const any_format& to,
                     const rounding_rule& rule, const philox_stream& random, overflow_mode overflow,
                     std::uint64_t start, const options& opts) {
    require_conversion<To>(in.size(), out.size(), to, rule, overflow, opts);
    detail::require_codes<From>(from);
    const kernel::decoder decode_part(from, 0);
    const kernel::converter convert_part(to, rule, random, overflow, opts.count_events, 0);
    return convert_in_chunks(in.size(), opts, [&](std::size_t first, std::size_t count) {
        event_counts counts;
        float values[kernel::run_elements];
        for (std::size_t i = 0; i < count; i += kernel::run_elements) {
            const std::size_t part = std::min(kernel::run_elements, count - i);
            decode_part(in.subspan(first + i, part), std::span(values).first(part));
            counts += convert_part(std::span<const float>(values).first(part), out.subspan(first + i, part),
                                   start + first + i);
        }
        return counts;
    });
}

template <host_float T>
event_counts round_to_format(std::span<const T> in, std::span<float> out, const any_format& to,
                             const rounding_rule& rule, const philox_stream& random, overflow_mode overflow,
                             std::uint64_t start, const options& opts) {
    require_length("round_to_format: output", out.size(), in.size());
    require_options(opts);
    std::visit([&](const auto& format) { detail::require_target(format, rule, overflow); }, to);
    const kernel::converter convert_part(to, rule, random, overflow, opts.count_events, out.size_bytes());
    const kernel::decoder decode_part(to, 0);
    return convert_in_chunks(in.size(), opts, [&](std::size_t first, std::size_t count) {
        const event_counts counts =
            convert_part.round(in.subspan(first, count), out.subspan(first, count), start + first, decode_part);
        convert_part.finish();
        return counts;
    });
}

template <code_word Code>
void decode(std::span<const Code> in, const any_format& from, std::span<float> out, const options& opts) {
    require_length("decode: output", out.size(), in.size());
    require_options(opts);
    detail::require_codes<Code>(from);
    const kernel::decoder decode_part(from, out.size_bytes());
    parallel_ranges(in.size(), chunk_for(in.size(), opts), opts, [&](std::size_t first, std::size_t last) {
        with_default_environment(
            [&] { decode_part(in.subspan(first, last - first), out.subspan(first, last - first)); });
        decode_part.finish();
    });
}

#define NARROWFP_CONVERT_FROM(T, Code)                                                                          \
    template event_counts convert(std::span<const T>, std::span<Code>, const any_format&, const rounding_rule&, \
                                  const philox_stream&, overflow_mode, std::uint64_t, const options&);
#define NARROWFP_CONVERT_CODES(From, To)                                                                      \
    template event_counts convert(std::span<const From>, const any_format&, std::span<To>, const any_format&, \
                                  const rounding_rule&, const philox_stream&, overflow_mode, std::uint64_t,   \
                                  const options&);
#define NARROWFP_FOR_CODE(Code)                 \
    NARROWFP_CONVERT_FROM(float, Code)          \
    NARROWFP_CONVERT_FROM(double, Code)         \
    NARROWFP_CONVERT_CODES(std::uint8_t, Code)  \
    NARROWFP_CONVERT_CODES(std::uint16_t, Code) \
    NARROWFP_CONVERT_CODES(std::uint32_t, Code) \
    template void decode(std::span<const Code>, const any_format&, std::span<float>, const options&);

NARROWFP_FOR_CODE(std::uint8_t)
NARROWFP_FOR_CODE(std::uint16_t)
NARROWFP_FOR_CODE(std::uint32_t)
template event_counts round_to_format(std::span<const float>, std::span<float>, const any_format&, const rounding_rule&,
                                      const philox_stream&, overflow_mode, std::uint64_t, const options&);
template event_counts round_to_format(std::span<const double>, std::span<float>, const any_format&,
                                      const rounding_rule&, const philox_stream&, overflow_mode, std::uint64_t,
                                      const options&);

}  // namespace narrowfp
