// SPDX-License-Identifier: Apache-2.0
// Matrix products with a chosen accumulator or matrix unit.
#pragma once

#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/quantize.hpp>
