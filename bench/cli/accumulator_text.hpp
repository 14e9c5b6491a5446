// SPDX-License-Identifier: Apache-2.0
// Accumulators as they are written on the command line.
#pragma once

#include <narrowfp/gemm/accumulator_name.hpp>

#include <string_view>

namespace narrowfp::cli {

// A name of gemm/accumulator_name.hpp, with one alias for shells, in which brackets need quotes: "aligned:32:13" is
// "aligned(32,13)". Throws std::invalid_argument for anything else.
accumulator accumulator_from_text(std::string_view text);

// A promotion interval: "none" is 0, else a positive whole number. Throws std::invalid_argument otherwise.
std::size_t interval_from_text(std::string_view interval);

}  // namespace narrowfp::cli
