// SPDX-License-Identifier: Apache-2.0
// The words that cells of the data files hold, as values: what kind of model, how FP8 is scaled, how sure a figure is.
#pragma once

#include <cstdint>
#include <string_view>

namespace narrowfp::bench::evidence {

enum class model_kind : std::uint8_t { dense, moe, dense_lora, other };  // "dense", "MoE", "dense-LoRA", "other"

// How FP8 is scaled: one factor a tensor, a row, blocks (1x128, 128x128), or MX blocks of 32.
enum class scaling : std::uint8_t { tensor, row, block, mx };

enum class measured_as : std::uint8_t { time, rate };

// How the figures were read: in the file itself, in an excerpt or thread, taken over from this project's facts, or as words.
enum class certainty : std::uint8_t { seen, seen_summary, seen_via_project, qualitative };

enum class same_layout : std::uint8_t { yes, no, unknown };  // "y", "n", "?"

// As the files spell it.
std::string_view name_of(model_kind k);
std::string_view name_of(scaling s);
std::string_view name_of(certainty c);
std::string_view name_of(same_layout l);
std::string_view name_of(measured_as m);

}  // namespace narrowfp::bench::evidence
