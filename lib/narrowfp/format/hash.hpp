// SPDX-License-Identifier: Apache-2.0
// std::hash of the value types: equal values have equal hashes (-0 and +0 are equal), in every floating-point environment.
#pragma once

#include <narrowfp/format/value.hpp>

#include <functional>

template <const auto& F>
    requires narrowfp::element_format<std::remove_cvref_t<decltype(F)>>
struct std::hash<narrowfp::value<F>> {
    std::size_t operator()(narrowfp::value<F> x) const noexcept {
        const narrowfp::real exact = x.exact();
        const double number = exact.is_zero() ? 0.0 : narrowfp::nearest_host<double>(exact);
        return std::hash<std::uint64_t>{}(std::bit_cast<std::uint64_t>(number));
    }
};
