// SPDX-License-Identifier: Apache-2.0
// What a finite value becomes, under overflow mode `none`, when it rounds beyond the largest finite value of a format.
// The overflow modes themselves belong to rounding (round/overflow.hpp).
#pragma once

#include <cstdint>

namespace narrowfp {

enum class overflow_result : std::uint8_t { infinity, nan, max_finite };

}  // namespace narrowfp
