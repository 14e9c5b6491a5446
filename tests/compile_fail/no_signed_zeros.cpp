// SPDX-License-Identifier: Apache-2.0
// A part of -ffast-math alone is refused, too: a negative zero must stay negative.
// Clang has no macro that tells of this flag.
// compiler: GNU
// flags: -fno-signed-zeros
// expect: narrowfp: -ffast-math and its parts change results
#include <narrowfp/base/config.hpp>

int main() { return 0; }
