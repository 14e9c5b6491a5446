// SPDX-License-Identifier: Apache-2.0
// Names on the command line, looked up; an unknown one is answered with the near ones, a word that means several
// formats ("fp8", "e4m3") with their list. All throw std::invalid_argument with that answer.
#pragma once

#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/round/overflow.hpp>
#include <narrowfp/round/rounding.hpp>

#include "support/random_data.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::cli {

// The tokens of the formats, and the names of recipes and units (other names and spreads too), in the order of their tables.
std::vector<std::string_view> format_names();
std::vector<std::string_view> recipe_names();
std::vector<std::string_view> unit_names();

any_format format_named(std::string_view name);
recipe recipe_named(std::string_view name);
matrix_unit unit_named(std::string_view name);   // not a spread
rounding rounding_named(std::string_view name);  // stochastic ones too
overflow_mode overflow_named(std::string_view name);
scale_rule scale_rule_named(std::string_view name);  // the answer lists all
std::string scale_rule_list();                       // "floor, rceil, ..." for help texts
bench::distribution distribution_named(std::string_view name);

}  // namespace narrowfp::cli
