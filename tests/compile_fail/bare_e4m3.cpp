// SPDX-License-Identifier: Apache-2.0
// Two formats are called E4M3; the bare name asks which one is meant.
// expect: float8_e4m3fn \(OCP, max 448\) or float8_e4m3ieee \(max 240\)
#include <narrowfp/format/types.hpp>

#ifdef EXPECT_ERROR
narrowfp::float8_e4m3 x;
#else
narrowfp::float8_e4m3fn x;
#endif

int main() { return 0; }
