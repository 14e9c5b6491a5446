// SPDX-License-Identifier: Apache-2.0
// Matrix products with a chosen accumulator or matrix unit, and the linear layer made of three of them.
#pragma once

#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/linear.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/gemm/unit_dot.hpp>
#include <narrowfp/quantize.hpp>
