// SPDX-License-Identifier: Apache-2.0
// A recipe that is a constant is checked at compile time, too: a clamp of amax where the method does not raise amax.
// expect: require_recipe
// expect: amax_floor
#include <narrowfp/quant/recipe.hpp>

using namespace narrowfp;

#ifdef EXPECT_ERROR
constexpr recipe mine = with_amax_floor(recipes::mxfp8, 1e-4f);
#else
constexpr recipe mine = with_amax_floor(recipes::deepseek_v3, 1e-30f);
#endif
static_assert((require_recipe(mine), true));

int main() { return 0; }
