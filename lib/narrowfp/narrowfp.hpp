// SPDX-License-Identifier: Apache-2.0
// Everything but the adaptors for Eigen (eigen.hpp) and files (io/), which are included where they are used.
#pragma once

#include <narrowfp/base/target.hpp>
#include <narrowfp/base/version.hpp>
#include <narrowfp/error.hpp>
#include <narrowfp/format.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/quantize.hpp>
#include <narrowfp/report.hpp>
