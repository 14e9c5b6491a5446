// SPDX-License-Identifier: Apache-2.0
#include "comm/wire_format.hpp"

#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/round/convert.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace narrowfp::bench {

namespace {

// Ranks share the processors, so each encodes on one thread. Events are not counted.
constexpr options alone{.threads = 1, .count_events = false};

void require_bytes(const wire_format& f, std::size_t found, std::size_t numbers) {
    if (found != f.bytes(numbers)) {
        throw std::invalid_argument("wire format " + std::string(f.id) + ": " + std::to_string(numbers) +
                                    " numbers take " + std::to_string(f.bytes(numbers)) + " bytes, found " +
                                    std::to_string(found));
    }
}

bool has_scales(const wire_format& f) { return f.scaling.a.scale.method != scale_method::none; }

// Bytes of a message have no alignment.
template <class Word>
void decode_words(bytes_out in, const any_format& element, std::span<float> x) {
    std::vector<Word> words(x.size());
    if (!in.empty()) {  // nothing has no address
        std::memcpy(words.data(), in.data(), in.size());
    }
    narrowfp::decode(std::span<const Word>(words), element, x, alone);
}

// DeepSeek-V3's clamp of amax is made for activations and would flush sums of gradients.
recipe tiles(const recipe& r) { return with_amax_floor(r, 1e-30f); }

}  // namespace

std::size_t wire_format::bytes(std::size_t numbers) const {
    const std::size_t scales = has_scales(*this) ? (numbers + wire_tile - 1) / wire_tile : 0;
    return packed_bytes(numbers, storage_bits_of(element)) + scales * sizeof(float);
}

void wire_format::encode(std::span<const float> x, bytes_in out) const {
    require_bytes(*this, out.size(), x.size());
    const quantized_matrix q = quantize(matrix_view<const float>(x.data(), 1, x.size()), scaling.for_a(element), alone);
    const auto end = std::copy(q.codes().bytes().begin(), q.codes().bytes().end(), out.begin());
    std::copy(q.scales().bytes().begin(), q.scales().bytes().end(), end);
}

void wire_format::decode(bytes_out in, std::span<float> x) const {
    require_bytes(*this, in.size(), x.size());
    const std::size_t code_bytes = packed_bytes(x.size(), storage_bits_of(element));
    switch (storage_bits_of(element)) {
        case 8: narrowfp::decode(in.first(code_bytes), element, x, alone); break;
        case 16: decode_words<std::uint16_t>(in.first(code_bytes), element, x); break;
        default: decode_words<std::uint32_t>(in.first(code_bytes), element, x);
    }
    for (std::size_t first = 0; has_scales(*this) && first < x.size(); first += wire_tile) {
        float scale = 1;
        std::memcpy(&scale, in.data() + code_bytes + first / wire_tile * sizeof scale, sizeof scale);
        for (float& value : x.subspan(first, std::min(wire_tile, x.size() - first))) {
            value *= scale;
        }
    }
}

const std::array<wire_format, 5>& wire_formats() {
    static const std::array<wire_format, 5> all{
        {{"fp32", "FP32", f32, recipes::none},
         {"bf16", "BF16", bf16, recipes::none},
         {"fp16", "FP16", f16, recipes::none},
         {"fp8", "E4M3, FP32 scale per 128", e4m3fn, tiles(recipes::deepseek_v3)},
         {"int8", "INT8, FP32 scale per 128", int8, tiles(recipes::int8_tile)}}};
    return all;
}

const wire_format& wire_format_by_id(std::string_view id) {
    for (const wire_format& f : wire_formats()) {
        if (f.id == id) {
            return f;
        }
    }
    throw std::invalid_argument("unknown wire format '" + std::string(id) + "'; there are fp32, bf16, fp16, fp8, int8");
}

}  // namespace narrowfp::bench
