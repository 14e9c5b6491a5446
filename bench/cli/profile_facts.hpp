// SPDX-License-Identifier: Apache-2.0
// A conversion profile as text and as JSON: what it makes of overflow, infinity and NaN in each of its formats, found by
// converting such numbers. Shared by list and show.
#pragma once

#include "cli/command.hpp"

#include <narrowfp/round/profile.hpp>

namespace narrowfp::cli {

std::vector<std::string_view> profile_names();

// The profile of that name. Throws std::invalid_argument naming the near ones.
const conversion_profile& profile_named(std::string_view name);

// "e4m3fn, e5m2".
std::string profile_formats_text(const conversion_profile& profile);

// "infinity, nan": the inputs whose result is unsure in some format; "-" if there are none.
std::string profile_doubts_text(const conversion_profile& profile);

fact_lines profile_facts(const conversion_profile& profile);
json profile_object(const conversion_profile& profile);

}  // namespace narrowfp::cli
