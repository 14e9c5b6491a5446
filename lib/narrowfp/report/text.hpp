// SPDX-License-Identifier: Apache-2.0
// Numbers and words as a person reads them in a table, and exact_text for what a program reads again. None depends on
// the locale. Widths count Unicode code points, which is right for Latin and Greek text and box
// drawing, not for wide East Asian characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::report {

// `digits` significant digits (1 to 17): fixed for 0.001 <= |x| < 10^digits, else "1.23e-5". 0 is "0"; NaN and
// infinities are "nan", "inf", "-inf". Correctly rounded. Throws std::invalid_argument for other digits.
std::string format_number(double x, int digits = 3);

// The shortest text that reads back to the same double, with a point or an exponent: "0.1", "3.0", "-0.0", "1e+22".
// Throws std::invalid_argument for NaN and infinity.
std::string exact_text(double x);

// "-1,234,567".
std::string format_count(std::int64_t n);

// Bytes with binary units, three digits: "512 B", "1.21 MiB". Below 1024 the count is exact.
std::string format_bytes(std::uint64_t bytes);

// "1.98x"; "n/a" for NaN and infinity.
std::string format_ratio(double ratio, int digits = 3);

// A fraction as percent: 0.1234 is "12.3 %"; "n/a" for NaN and infinity.
std::string format_percent(double fraction, int digits = 3);

// "0.25 s", "12 s", "3 min 20 s", "2 h 5 min"; negative durations are "0 s", "n/a" for NaN and infinity.
std::string format_duration(double seconds);

// Number of code points.
std::size_t display_width(std::string_view text);

// The text without control characters (each becomes '?', a tab a blank; a newline stays), so that what stands in a
// file name cannot steer a terminal.
std::string printable(std::string_view text);

// Lines of at most `width` code points, broken at blanks, inside a word only where it is longer than a line, and at
// every newline. Width 0 means no limit. At least one line.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace narrowfp::report
