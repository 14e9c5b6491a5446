// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/version.hpp>
#include <narrowfp/format/types.hpp>
#include <narrowfp/round/construct.hpp>

#include <cstdio>

int main() {
    const narrowfp::bfloat16 x(3.14159f);
    std::printf("narrowfp %s: 3.14159 in bfloat16 is %g\n", NARROWFP_VERSION_STRING, static_cast<double>(float{x}));
    return 0;
}
