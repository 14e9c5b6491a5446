// SPDX-License-Identifier: Apache-2.0
// A matrix unit as narrowfp show and list print it: one entry per path, with the arithmetic in words and what the rule was
// checked against.
#pragma once

#include "cli/command.hpp"

#include <narrowfp/gemm/unit.hpp>

#include <string>

namespace narrowfp::cli {

// "16 products a step aligned to the largest term, 25 fraction bits kept, cut toward zero; ..."
std::string arithmetic_text(const accumulator& acc);

// "f16, bf16, e4m3fn e5m2".
std::string operands_text(const matrix_unit& unit);
// The evidences of all its paths, each once.
std::string evidence_text(const matrix_unit& unit);
// Other names of the unit, joined by commas; may be empty.
std::string other_names_text(const matrix_unit& unit);

fact_lines unit_facts(const matrix_unit& unit);
json unit_object(const matrix_unit& unit);
fact_lines spread_facts(const unit_spread& spread);
json spread_object(const unit_spread& spread);

}  // namespace narrowfp::cli
