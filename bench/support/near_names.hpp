// SPDX-License-Identifier: Apache-2.0
// Answers to a misspelt name: the known names nearest to it. Case, '-' and '_' do not count; a name may be the
// beginning of a longer one ("e4m4" is one letter from the beginning of "e4m3fn") or a part of it. The edit distance is
// implemented here, in 20 lines, because Debian 12 has no C++ library for it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

// At most `most` candidates, nearest first, equally near ones in the given order; empty if none is near.
std::vector<std::string> near_names(std::string_view name, std::span<const std::string_view> candidates,
                                    std::size_t most = 3);

// "unknown format 'e4m4'; near: e4m3fn, e4m3ieee", or with all known names if none is near.
std::string unknown_name(std::string_view what, std::string_view name, std::span<const std::string_view> candidates);

}  // namespace narrowfp::bench
