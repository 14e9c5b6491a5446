// SPDX-License-Identifier: Apache-2.0
// Quantised matrices: scales, recipes, quantize and dequantize.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/format.hpp>
#include <narrowfp/quant/delayed_scaling.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>
#include <narrowfp/quant/recipe.hpp>
