// SPDX-License-Identifier: Apache-2.0
// One conversion, made ready: which kernel runs for a format, a rounding and the active target, with its constants.
// Cheap to call on parts of an array; safe to call from several threads at once. Where no kernel applies the reference
// runs. Both classes expect the default floating-point environment in operator(). Both may store past the caches, in no
// order: a thread calls finish() after its last part, before others may read the output.
#pragma once

#include <narrowfp/round/convert_reference.hpp>
#include <narrowfp/round/kernel/chance.hpp>
#include <narrowfp/round/kernel/half.hpp>

#include <array>
#include <optional>

namespace narrowfp::kernel {

class decoder {
public:
    // `bytes`: size of the whole output, which decides whether stores are non-temporal. `kernels`: null means the
    // reference.
    decoder(const any_format& from, std::size_t bytes,
            const kernel_table* kernels = conversion_kernels_for(active_features()));

    template <code_word Code>
    void operator()(std::span<const Code> in, std::span<float> out) const;
    void finish() const;

private:
    any_format format_;
    const kernel_table* table_ = nullptr;
    bool has_values_ = false;  // codes of up to 8 bits
    bool has_lanes_ = false;
    bool stream_ = false;
    decode_constants lanes_{};
    std::array<float, 256> values_{};
    std::array<std::uint16_t, 256> upper_halves_{};
};

class converter {
public:
    // Precondition: the format defines the rule (require_rounding).
    converter(const any_format& to, const rounding_rule& rule, const philox_stream& random, overflow_mode overflow,
              bool count_events, std::size_t bytes,
              const kernel_table* kernels = conversion_kernels_for(active_features()));

    // Codes of `in`, whose first element is element `first` of the stream of random bits.
    template <host_float T, code_word Code>
    event_counts operator()(std::span<const T> in, std::span<Code> out, std::uint64_t first) const;

    // The same, as floats. `decode` is the decoder of the format.
    template <host_float T>
    event_counts round(std::span<const T> in, std::span<float> out, std::uint64_t first, const decoder& decode) const;
    void finish() const;

    // Whether `scaled` applies.
    bool can_scale() const { return narrow_.has_value(); }
    // The same for elements that meet the factors of their blocks first, in binary32. Precondition: can_scale().
    event_counts scaled(std::span<const float> in, std::span<std::uint8_t> out, const block_factors& scale) const {
        return table_->arrays.narrow(*narrow_, in.data(), out.data(), in.size(), scale, count_events_, stream_);
    }
    // Whether stores go past the caches, where a kernel has such.
    bool streams() const { return stream_; }

private:
    // Codes of at most run_elements floats.
    void convert_lanes(const float* in, std::uint32_t* codes, std::size_t count, std::uint64_t first,
                       event_counts& counts) const;

    any_format format_;
    rounding_rule rule_;
    philox_stream random_;
    overflow_mode overflow_;
    bool count_events_;
    bool stream_ = false;
    const kernel_table* table_ = nullptr;
    std::optional<lane_constants> lanes_;
    std::optional<narrow_job> narrow_;
    std::optional<chance_job> chance_;
    half_kind half_ = half_kind::none;
    kernel_table::convert_function lane_function_ = nullptr;
    const std::uint16_t* tapered_ = nullptr;  // tapered.hpp
};

}  // namespace narrowfp::kernel
