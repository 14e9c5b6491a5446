// SPDX-License-Identifier: Apache-2.0
// The kernels of the compiled product by target (base/dispatch.hpp). What a set holds: gemm/internal/kernel_set.hpp.
#pragma once

#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target.hpp>

namespace narrowfp::detail {

struct kernel_set;

// A function, because a set may depend on what this processor computes. Null: use the loops of the reference.
using kernel_set_function = const kernel_set& (*)();

dispatch_table<kernel_set_function> kernel_sets();

// The set of a target, or null.
inline const kernel_set* kernel_set_for(feature_set has) {
    const kernel_set_function set = best_of(kernel_sets(), has);
    return set == nullptr ? nullptr : &set();
}

}  // namespace narrowfp::detail
