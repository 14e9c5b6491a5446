// SPDX-License-Identifier: Apache-2.0
// Compiler checks. Every header of the numeric core includes this one first.
// The results of this library are defined bit for bit, so a compiler that may reassociate sums, ignore NaN or drop the
// sign of zero is refused here rather than trusted. Contraction of a * b + c is allowed: no header relies on its absence.
#pragma once

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error "narrowfp: -ffast-math and its parts change results; compile without them"
#endif

#if !defined(__cplusplus) || __cplusplus < 202002L
#error "narrowfp: C++20 is needed (-std=c++20)"
#endif

#include <cfloat>
#include <limits>

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559,
              "narrowfp: float and double must be IEEE 754 binary32 and binary64");
static_assert(FLT_EVAL_METHOD == 0,
              "narrowfp: float and double expressions must be evaluated in their own type (use SSE2, "
              "not x87)");
