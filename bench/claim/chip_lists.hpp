// SPDX-License-Identifier: Apache-2.0
// Which chips a row of the claim is about, by purpose. A chip is named as `narrowfp list chips` names it.
#pragma once

#include <array>
#include <string_view>

namespace narrowfp::bench::claim {

// The chips that DeepSeek trained on and returned to.
inline constexpr std::array<std::string_view, 2> nvidia_chips{"h800", "h20"};
inline constexpr std::array<std::string_view, 4> ascend_chips{"910b2", "910b3", "910b4", "910c"};
// The variants of the 910B, one of which Pangu Ultra MoE was trained on: its report does not say which.
inline constexpr std::array<std::string_view, 3> pangu_chips{"910b2", "910b3", "910b4"};

}  // namespace narrowfp::bench::claim
