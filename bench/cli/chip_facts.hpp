// SPDX-License-Identifier: Apache-2.0
// A chip as text and as JSON: every figure with its source, its kind and how sure it is. Shared by list and show.
#pragma once

#include "cli/command.hpp"

#include <narrowfp/device/chips.hpp>

namespace narrowfp::cli {

std::vector<std::string_view> chip_names();

// "2.00x": the FP8 peak over the BF16 peak; "-" without FP8 units, "?" if a figure is missing.
std::string fp8_ratio_text(const device::chip& c);

// "353.9*": the preferred figure, marked if it is disputed or unconfirmed; "-" or "?" as above.
std::string short_datum_text(const device::chip& c, device::quantity q);

fact_lines chip_facts(const device::chip& c);
json chip_object(const device::chip& c);

}  // namespace narrowfp::cli
