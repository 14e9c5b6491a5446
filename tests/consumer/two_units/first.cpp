// SPDX-License-Identifier: Apache-2.0
// Both units of this program include every header of the library. It links only if every definition in them is inline,
// and it passes only if both units see the same objects.
#include <all_headers.hpp>

#include <cstdio>

const void* address_in_second_unit();
narrowfp::float8_e4m3fn round_in_second_unit(float x);

int main() {
    if (address_in_second_unit() != static_cast<const void*>(&narrowfp::e4m3fn)) {
        std::puts("the units have different objects narrowfp::e4m3fn");
        return 1;
    }
    // 448 is the largest finite value of e4m3fn, code 0.1111.110.
    const narrowfp::float8_e4m3fn largest = round_in_second_unit(448.0f);
    if (largest.bits() != 0x7E || largest != narrowfp::float8_e4m3fn(448.0f)) {
        std::printf("448 became code %02x, 7e expected\n", static_cast<unsigned>(largest.bits()));
        return 1;
    }
    std::puts("both units agree");
    return 0;
}
