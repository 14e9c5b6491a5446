// SPDX-License-Identifier: Apache-2.0
// A quantisation that is a constant is checked at compile time by the function that checks it at run time.
// expect: without scales|throw|non-constant|not a constant expression
// expect: require_quantization
#include <narrowfp/quant/quantization.hpp>

using namespace narrowfp;

#ifdef EXPECT_ERROR
constexpr quantization how{.element = e4m3fn, .blocks = granularity::block(128, 128)};
#else
constexpr quantization how{
    .element = e4m3fn, .blocks = granularity::block(128, 128), .scale = {.method = scale_method::multiplier}};
#endif
static_assert((require_quantization(how), true));

int main() { return 0; }
