// SPDX-License-Identifier: Apache-2.0
// Error metrics and exact references.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/error/metrics.hpp>
