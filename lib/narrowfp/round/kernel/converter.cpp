// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/round/kernel/converter.hpp>

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/round/kernel/tapered.hpp>

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace narrowfp::kernel {

namespace {

// Outputs from this size on go past the caches: they would only evict what is still to be read.
constexpr std::size_t streamed_bytes = std::size_t{8} << 20;

// Calls work(first, count) for runs of at most run_elements that cover `count`.
template <class Work>
void for_runs(std::size_t count, Work work) {
    for (std::size_t first = 0; first < count; first += run_elements) {
        work(first, std::min(run_elements, count - first));
    }
}

#if defined(__SSE2__)
bool round_to_odd(const kernel_table& table, const double* in, float* out, std::size_t count) {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x6000);                               // toward zero
    const bool in_range = table.round_to_odd(in, out, count);  // through a pointer: nothing moves across
    _mm_setcsr(before);
    return in_range;
}
#else
bool round_to_odd(const kernel_table&, const double*, float*, std::size_t) { return false; }
#endif

template <code_word Code>
void store(const kernel_table& table, const std::uint32_t* codes, Code* out, std::size_t count) {
    if constexpr (sizeof(Code) == 1) {
        table.store_8(codes, out, count);
    } else if constexpr (sizeof(Code) == 2) {
        table.store_16(codes, out, count);
    } else {
        std::memcpy(out, codes, count * sizeof(Code));
    }
}

template <code_word Code>
void load(const kernel_table& table, const Code* in, std::uint32_t* codes, std::size_t count) {
    if constexpr (sizeof(Code) == 1) {
        table.load_8(in, codes, count);
    } else if constexpr (sizeof(Code) == 2) {
        table.load_16(in, codes, count);
    } else {
        std::memcpy(codes, in, count * sizeof(Code));
    }
}

void order_streamed_stores(bool any) {
#if defined(__SSE2__)
    if (any) {
        _mm_sfence();
    }
#else
    static_cast<void>(any);
#endif
}

}  // namespace

decoder::decoder(const any_format& from, std::size_t bytes, const kernel_table* kernels)
    : format_(from),
      table_(kernels),
      has_values_(table_ != nullptr && code_bits_of(from) <= 8),
      has_lanes_(table_ != nullptr && has_decode_lanes(from)),
      stream_(bytes >= streamed_bytes) {
    if (has_values_) {
        for (std::uint32_t code = 0; code < 256; ++code) {
            const std::uint32_t valid = code & ((1u << code_bits_of(from)) - 1);
            values_[code] = decode_float(from, valid);
            upper_halves_[code] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(values_[code]) >> 16);
        }
    } else if (has_lanes_) {
        lanes_ = decode_constants_of(std::get<float_format>(from));
    }
}

template <code_word Code>
void decoder::operator()(std::span<const Code> in, std::span<float> out) const {
    if (has_values_) {
        if constexpr (sizeof(Code) == 1) {
            if (table_->arrays.decode_8 != nullptr) {
                table_->arrays.decode_8(upper_halves_.data(), in.data(), out.data(), in.size(), stream_);
                return;
            }
        }
        decode_by_table(values_.data(), in.data(), out.data(), in.size());
    } else if (has_lanes_) {
        for_runs(in.size(), [&](std::size_t first, std::size_t count) {
            std::uint32_t codes[run_elements];
            load(*table_, in.data() + first, codes, count);
            table_->decode(lanes_, codes, out.data() + first, count);
        });
    } else {
        decode_reference(in, format_, out);
    }
}

void decoder::finish() const { order_streamed_stores(stream_); }

converter::converter(const any_format& to, const rounding_rule& rule, const philox_stream& random,
                     overflow_mode overflow, bool count_events, std::size_t bytes, const kernel_table* kernels)
    : format_(to),
      rule_(rule),
      random_(random),
      overflow_(overflow),
      count_events_(count_events),
      stream_(bytes >= streamed_bytes),
      table_(kernels) {
    if (table_ == nullptr) {
        return;
    }
    if (has_lanes(to, rule)) {
        lanes_ = constants_of(to, rule.mode, overflow);
        if (!is_stochastic(rule.mode)) {
            const auto mode = static_cast<std::size_t>(rule.mode);
            lane_function_ =
                std::holds_alternative<fixed_format>(to) ? table_->convert_fixed[mode] : table_->convert[mode];
        }
        const array_kernels& arrays = table_->arrays;
        if (arrays.narrow != nullptr && has_narrow(to, rule)) {
            narrow_ = narrow_job_of(to, rule.mode, overflow);
        } else if (arrays.by_chance != nullptr && has_chance(to, rule)) {
            chance_ = chance_job_of(to, rule, overflow);
        }
        half_ = arrays.half != nullptr ? half_kind_of(to, rule) : half_kind::none;
    } else if (std::holds_alternative<hifloat8_format>(to) && rule.mode == rounding::ties_to_away) {
        tapered_ = tapered_table(overflow);
    }
}

void converter::convert_lanes(const float* in, std::uint32_t* codes, std::size_t count, std::uint64_t first,
                              event_counts& counts) const {
    if (lane_function_ != nullptr) {
        lane_function_(*lanes_, in, codes, count, counts);
        return;
    }
    // The words of a block belong together: begin at a multiple of 16 and leave out what is before `first`.
    const std::size_t before = first % 16;
    std::uint32_t random[run_elements + 16];
    table_->random(random_, first - before, rule_.random_bits, random, count + before);
    const auto mode = static_cast<std::size_t>(rule_.mode) - static_cast<std::size_t>(rounding::stochastic_a);
    table_->by_chance[mode](*lanes_, in, random + before, static_cast<std::uint32_t>(rule_.random_bits), codes, count,
                            counts);
}

template <host_float T, code_word Code>
event_counts converter::operator()(std::span<const T> in, std::span<Code> out, std::uint64_t first) const {
    if constexpr (std::same_as<T, float> && sizeof(Code) == 1) {
        if (narrow_) {
            return table_->arrays.narrow(*narrow_, in.data(), out.data(), in.size(), {}, count_events_, stream_);
        }
        if (chance_) {
            return table_->arrays.by_chance(*chance_, random_, first, in.data(), out.data(), in.size());
        }
        if (tapered_ != nullptr && table_->arrays.tapered != nullptr) {
            return table_->arrays.tapered(tapered_, in.data(), out.data(), in.size(), stream_);
        }
    }
    if constexpr (std::same_as<T, float> && sizeof(Code) == 2) {
        if (half_ != half_kind::none) {
            return table_->arrays.half(half_, *lanes_, in.data(), out.data(), in.size(), count_events_, stream_);
        }
    }
    if (!lanes_ && tapered_ == nullptr) {
        return convert_reference(in, out, format_, rule_, random_, overflow_, first);
    }
    event_counts counts;
    for_runs(in.size(), [&](std::size_t begin, std::size_t count) {
        std::uint32_t codes[run_elements];
        float singles[run_elements];
        const float* source = singles;
        if constexpr (std::same_as<T, float>) {
            source = in.data() + begin;
        } else if (!round_to_odd(*table_, in.data() + begin, singles, count)) {
            counts += convert_reference(in.subspan(begin, count), out.subspan(begin, count), format_, rule_, random_,
                                        overflow_, first + begin);
            return;
        }
        if (tapered_ != nullptr) {
            counts += convert_by_table(tapered_, source, out.data() + begin, count);
        } else {
            convert_lanes(source, codes, count, first + begin, counts);
            store(*table_, codes, out.data() + begin, count);
        }
    });
    return counts;
}

template <host_float T>
event_counts converter::round(std::span<const T> in, std::span<float> out, std::uint64_t first,
                              const decoder& decode) const {
    if constexpr (std::same_as<T, float>) {
        if (narrow_ && table_->arrays.round_narrow != nullptr) {
            return table_->arrays.round_narrow(*narrow_, in.data(), out.data(), in.size(), count_events_, stream_);
        }
    }
    event_counts counts;
    for_runs(in.size(), [&](std::size_t begin, std::size_t count) {
        std::uint32_t codes[run_elements];
        counts += (*this)(in.subspan(begin, count), std::span(codes).first(count), first + begin);
        decode(std::span<const std::uint32_t>(codes).first(count), out.subspan(begin, count));
    });
    return counts;
}

void converter::finish() const { order_streamed_stores(stream_); }

#define NARROWFP_FOR_CODE(Code)                                                                                \
    template void decoder::operator()(std::span<const Code>, std::span<float>) const;                          \
    template event_counts converter::operator()(std::span<const float>, std::span<Code>, std::uint64_t) const; \
    template event_counts converter::operator()(std::span<const double>, std::span<Code>, std::uint64_t) const;

NARROWFP_FOR_CODE(std::uint8_t)
NARROWFP_FOR_CODE(std::uint16_t)
NARROWFP_FOR_CODE(std::uint32_t)
template event_counts converter::round(std::span<const float>, std::span<float>, std::uint64_t, const decoder&) const;
template event_counts converter::round(std::span<const double>, std::span<float>, std::uint64_t, const decoder&) const;

}  // namespace narrowfp::kernel
