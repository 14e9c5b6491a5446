// SPDX-License-Identifier: Apache-2.0
// The texts of the files in data/, compiled into the program: CMake writes a source for each file (cmake/embed_text.cmake).
#pragma once

#include <string_view>

namespace narrowfp::bench::evidence::data_files {

extern const std::string_view pairs;
extern const std::string_view pairs_after_freeze;
extern const std::string_view gemm;
extern const std::string_view loss_gaps;
extern const std::string_view memory;
extern const std::string_view runs_16bit;

}  // namespace narrowfp::bench::evidence::data_files
