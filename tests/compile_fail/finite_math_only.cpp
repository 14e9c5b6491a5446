// SPDX-License-Identifier: Apache-2.0
// A part of -ffast-math alone is refused, too: NaN must stay NaN.
// flags: -ffinite-math-only
// expect: narrowfp: -ffast-math and its parts change results
#include <narrowfp/base/config.hpp>

int main() { return 0; }
