// SPDX-License-Identifier: Apache-2.0
// e4m3fn has no infinity, so its numeric_limits have no infinity(): an alias for NaN would be a wrong result.
// expect: no matching function|constraints not satisfied|invalid reference to function|no member named
#include <narrowfp/format.hpp>

#ifdef EXPECT_ERROR
constexpr auto x = std::numeric_limits<narrowfp::float8_e4m3fn>::infinity();
#else
constexpr auto x = std::numeric_limits<narrowfp::float8_e5m2>::infinity();
#endif

int main() { return x.bits() == 0 ? 1 : 0; }
