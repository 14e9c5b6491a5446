// SPDX-License-Identifier: Apache-2.0
// What built this program: for --version and for the context of results.
#pragma once

#include <string>

namespace narrowfp::bench {

std::string compiler_text();  // "GCC 12.2.0"
std::string commit_text();    // of the source, as it was when CMake last ran; empty outside a clone

}  // namespace narrowfp::bench
