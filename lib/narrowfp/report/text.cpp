// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace narrowfp::report {
namespace {

// Decimal digits of |x| without the point, and the exponent of the first one.
struct decimal {
    std::string digits;
    int exponent = 0;
};

decimal to_decimal(double magnitude, int digits) {
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude,
                                   std::chars_format::scientific, digits - 1)
                         .ptr;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    const std::size_t mark = text.find('e');
    decimal result;
    for (const char c : text.substr(0, mark)) {
        if (c != '.') {
            result.digits += c;
        }
    }
    const std::string_view exponent = text.substr(mark + (text[mark + 1] == '+' ? 2 : 1));
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), result.exponent);
    return result;
}

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Bytes that hold the first `width` code points.
std::size_t bytes_of(std::string_view text, std::size_t width) {
    std::size_t i = 0;
    for (std::size_t seen = 0; i < text.size(); ++i) {
        if (!continues_code_point(text[i]) && seen++ == width) {
            break;
        }
    }
    return i;
}

void wrap_line(std::string_view text, std::size_t width, std::vector<std::string>& lines) {
    std::string line;
    std::size_t line_width = 0;
    bool empty = true;
    while (!text.empty()) {
        const std::size_t gap = std::min(text.find_first_not_of(' '), text.size());
        const std::size_t end = std::min(text.find(' ', gap), text.size());
        std::string_view word = text.substr(gap, end - gap);
        const std::size_t blanks = gap;
        text.remove_prefix(end);
        if (word.empty()) {
            break;
        }
        std::size_t word_width = display_width(word);
        if (!empty && line_width + blanks + word_width > width) {
            lines.push_back(line);
            line.clear();
            line_width = 0;
            empty = true;
        } else {
            const std::size_t kept = empty && blanks + word_width > width ? 0 : blanks;
            line.append(kept, ' ');
            line_width += kept;
        }
        while (word_width > width) {
            const std::size_t part = bytes_of(word, width);
            lines.emplace_back(word.substr(0, part));
            word.remove_prefix(part);
            word_width = display_width(word);
        }
        line.append(word);
        line_width += word_width;
        empty = false;
    }
    lines.push_back(line);
}

}  // namespace

std::string format_number(double x, int digits) {
    if (digits < 1 || digits > 17) {
        throw std::invalid_argument("format_number: digits is " + std::to_string(digits) + ", expected 1 to 17");
    }
    if (std::isnan(x)) {
        return "nan";
    }
    const std::string sign = std::signbit(x) && x != 0 ? "-" : "";
    if (std::isinf(x)) {
        return sign + "inf";
    }
    if (x == 0) {
        return "0";
    }
    decimal d = to_decimal(std::fabs(x), digits);
    if (d.exponent < -3 || d.exponent >= digits) {
        if (digits > 1) {
            d.digits.insert(1, ".");
        }
        return sign + d.digits + "e" + std::to_string(d.exponent);
    }
    if (d.exponent < 0) {
        return sign + "0." + std::string(static_cast<std::size_t>(-d.exponent - 1), '0') + d.digits;
    }
    const auto whole = static_cast<std::size_t>(d.exponent) + 1;
    if (whole < d.digits.size()) {
        d.digits.insert(whole, ".");
    }
    return sign + d.digits;
}

std::string exact_text(double x) {
    if (!std::isfinite(x)) {
        throw std::invalid_argument("exact_text: the number is not finite");
    }
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
    std::string text(buffer.data(), end);
    if (text.find_first_of(".e") == std::string::npos) {
        text += ".0";
    }
    return text;
}

std::string format_count(std::int64_t n) {
    std::string text = std::to_string(n);
    const std::ptrdiff_t first = n < 0 ? 1 : 0;
    for (std::ptrdiff_t i = std::ssize(text) - 3; i > first; i -= 3) {
        text.insert(static_cast<std::size_t>(i), ",");
    }
    return text;
}

std::string format_bytes(std::uint64_t bytes) {
    if (bytes < 1024) {
        return std::to_string(bytes) + " B";
    }
    static constexpr std::array<const char*, 6> units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double scaled = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (scaled >= 999.5 && unit + 1 < units.size()) {  // 999.5 would print as 1.00e3
        scaled /= 1024;
        ++unit;
    }
    return format_number(scaled) + " " + units[unit];
}

std::string format_ratio(double ratio, int digits) {
    return std::isfinite(ratio) ? format_number(ratio, digits) + "x" : "n/a";
}

std::string format_percent(double fraction, int digits) {
    return std::isfinite(fraction) ? format_number(fraction * 100, digits) + " %" : "n/a";
}

std::string format_duration(double seconds) {
    if (!std::isfinite(seconds)) {
        return "n/a";
    }
    seconds = std::max(seconds, 0.0);
    if (seconds < 9.95) {
        return format_number(seconds, 2) + " s";
    }
    if (seconds >= 1e15) {
        return format_number(seconds) + " s";
    }
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 60) {
        return std::to_string(whole) + " s";
    }
    if (whole < 3600) {
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    }
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !continues_code_point(c); }));
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool c1_control = c == 0xC2U && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0U;
        if (c1_control) {
            result += '?';
            ++i;
        } else if (c == '\t') {
            result += ' ';
        } else if ((c < 0x20U && c != '\n') || c == 0x7FU) {
            result += '?';
        } else {
            result += text[i];
        }
    }
    return result;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    for (;;) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        if (width == 0 || display_width(line) <= width) {
            lines.emplace_back(line);
        } else {
            wrap_line(line, width, lines);
        }
        if (end == text.size()) {
            return lines;
        }
        text.remove_prefix(end + 1);
    }
}

}  // namespace narrowfp::report
