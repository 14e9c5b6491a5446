// SPDX-License-Identifier: Apache-2.0
// A quantised checkpoint written as plain weights, in a new folder: the same shards, the quantised tensors in 16 or 32 bits
// under the names and in the orientation of the model's parameters, all others byte for byte, scales and markers gone. Each
// value is the exact product of code and scales, rounded once to nearest even; NaN is 0x7FC0, 0x7E00 or 0x7FC00000.
#pragma once

#include "checkpoint/checkpoint.hpp"

#include <narrowfp/base/event_counts.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace narrowfp::bench {

struct dequantized_model {
    std::uint64_t tensors = 0;  // that were quantised
    std::uint64_t copied = 0;
    std::uint64_t source_bytes = 0;   // of codes and scales
    std::uint64_t written_bytes = 0;  // of the quantised tensors now
    std::uint64_t copied_bytes = 0;
    std::size_t shards = 0;
    std::size_t other_files = 0;
    event_counts events;  // of rounding; inexact: values that the type cannot hold

    bool exact() const { return events.inexact == 0; }
};

// Whether `dequantize` changes the tensor: codes with scales, packed codes, codes of 8 bits or fewer.
bool is_quantised(const stored_tensor& tensor);

// `to` is bf16, f16 or f32. `advance` is told how many elements are done; what it throws ends the work. Throws
// std::invalid_argument if nothing is quantised or `out` is no new or empty folder; std::runtime_error if files cannot be
// read or written, the disk has too little space, or what was read back differs.
dequantized_model dequantize_model(const checkpoint& model, const any_format& to, const std::filesystem::path& out,
                                   int threads,
                                   const std::function<void(std::uint64_t, const std::string&)>& advance = {});

}  // namespace narrowfp::bench
