// SPDX-License-Identifier: Apache-2.0
// Results are defined bit for bit, so a translation unit compiled with -ffast-math is refused.
// flags: -ffast-math
// expect: narrowfp: -ffast-math and its parts change results
#include <narrowfp/base/config.hpp>

int main() { return 0; }
