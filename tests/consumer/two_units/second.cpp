// SPDX-License-Identifier: Apache-2.0
#include <all_headers.hpp>

const void* address_in_second_unit();
narrowfp::float8_e4m3fn round_in_second_unit(float x);

const void* address_in_second_unit() { return &narrowfp::e4m3fn; }

narrowfp::float8_e4m3fn round_in_second_unit(float x) { return narrowfp::float8_e4m3fn(x); }
