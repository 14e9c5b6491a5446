// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4) of a piece of memory, in hexadecimal.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace narrowfp::bench {

std::string sha256(std::span<const std::byte> data);

}  // namespace narrowfp::bench
