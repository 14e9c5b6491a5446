// SPDX-License-Identifier: Apache-2.0
// The style sheet of a page: light, dark, telephone and paper.
#pragma once

#include <string_view>

namespace narrowfp::internal {

extern const std::string_view html_style;

}  // namespace narrowfp::internal
