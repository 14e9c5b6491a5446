// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4) of a piece of memory, in hexadecimal. Written here, in 80 lines tested against the standard's
// examples, because each library that has it would be one more package for whoever builds the programs: OpenSSL's
// development package takes 12 MB, libmd is not on every system.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace narrowfp::bench {

std::string sha256(std::span<const std::byte> data);

}  // namespace narrowfp::bench
