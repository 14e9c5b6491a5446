// SPDX-License-Identifier: Apache-2.0
// Numbers as text, exactly. Reading: a decimal or hexadecimal text names one real number, which is handed on without
// being rounded to any host type, so that the format it goes to rounds it once. Writing: the shortest decimal that
// reads back to the same FP32 number, and hexadecimal, which shows the bits.
#pragma once

#include <narrowfp/format/real.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace narrowfp::cli {

// The longest text that read_number takes. Far more digits than any tie between two doubles has (about 770).
inline constexpr std::size_t longest_number = 4096;

// The number that a text names: [sign] decimal ("1.5", "-2e-3", ".5"), hexadecimal ("0x1.8p+3", IEEE 754-2019, 5.12.3;
// the exponent may be missing), "inf", "infinity" or "nan" in any case. The result is exact up to a sticky mark behind
// 64 significant bits; magnitudes beyond 2^1099 or below 2^-1200 are replaced by numbers just as far outside the range
// of every format and of double. Nothing if the text is none of these or too long. Cost: microseconds.
std::optional<real> read_number(std::string_view text);

// "448", "0.1", "1e-45", "inf", "-nan": whole numbers below 2^24 without exponent, else the shortest that reads back to
// the same float.
std::string decimal_text(float x);

// "0x1.99999ap-4", normalised.
std::string hex_text(float x);

// Whether the decimal text shows the value so plainly that hexadecimal adds nothing: whole numbers below 2^24, infinity
// and NaN.
bool is_plain(float x);

}  // namespace narrowfp::cli
