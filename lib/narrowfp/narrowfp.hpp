// SPDX-License-Identifier: Apache-2.0
// Formats, quantisation, products, errors and reports. Include these separately where you use them: the adaptors for
// Eigen (eigen.hpp) and Boost.Multiprecision (multiprecision.hpp), files (io/), chips (device/) and costs (cost/).
#pragma once

#include <narrowfp/base/target.hpp>
#include <narrowfp/base/version.hpp>
#include <narrowfp/error.hpp>
#include <narrowfp/format.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/quantize.hpp>
#include <narrowfp/report.hpp>
