// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4) of a piece of memory, in hexadecimal. Implemented here, in 80 lines tested against the
// standard's examples, because any library with SHA-256 would be one more package to install: OpenSSL's
// development package takes 12 MB, libmd is not on every system.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace narrowfp::bench {

std::string sha256(std::span<const std::byte> data);
inline std::string sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

}  // namespace narrowfp::bench
