// SPDX-License-Identifier: Apache-2.0
// What the suites of conversion and quantisation share: the floats they read, rows that only copy them, and the words for
// rates in elements.
#pragma once

#include "support/benchmark_main.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace narrowfp::bench {

// Standard normal numbers times 2^u, u uniform on -8 .. 5: normal and subnormal results and saturation in one array, in
// an order that no branch predictor learns. The first 2^20 are drawn, what follows repeats them.
std::shared_ptr<const std::vector<float>> mixed_floats(std::size_t count, std::uint32_t seed);
std::uint32_t crc32_of(std::span<const float> values);

enum class copy_kind : std::uint8_t {
    plain,      // memcpy
    streaming,  // stores past the caches
};

// A copy of floats by 1 thread or more.
std::unique_ptr<suite_row> make_copy_row(std::string_view prefix, report::field_list parameters, std::string group,
                                         std::shared_ptr<const std::vector<float>> data, copy_kind kind, int threads);

// Rates in elements, in a table with these columns and a ratio to memcpy.
rate_text element_rates(std::span<const table_key> columns);

}  // namespace narrowfp::bench
