// SPDX-License-Identifier: Apache-2.0
// What `narrowfp gemm` says about a product: tables for people, records of schema narrowfp-results/1 for programs.
#pragma once

#include "cli/command.hpp"
#include "cli/gemm_run.hpp"

#include <narrowfp/report/record.hpp>

namespace narrowfp::cli {

void print_gemm(const context& ctx, const gemm_setup& setup, const gemm_outcome& outcome);

// All records are emulated: bits, bytes, counts and errors that every machine gives alike.
report::document gemm_document(const context& ctx, const gemm_setup& setup, const gemm_outcome& outcome);

}  // namespace narrowfp::cli
