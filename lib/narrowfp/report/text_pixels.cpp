// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/internal/text_pixels.hpp>

#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::internal {

double text_pixels(std::string_view text, double font) {
    double em = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) == 0x80U) {
            continue;  // inside of a code point
        }
        em += byte >= 0x80U                                   ? 0.84
              : std::string_view("ijlI.,:;'|! ").find(c) < 12 ? 0.34
              : std::string_view("frt()[]/-").find(c) < 9     ? 0.42
              : std::string_view("mwMW%@+=<>~").find(c) < 11  ? 0.96
              : (c >= 'A' && c <= 'Z')                        ? 0.74
                                                              : 0.64;
    }
    return em * font;
}

std::vector<std::string> wrap_pixels(std::string_view text, double width, double font) {
    const std::string clean = report::printable(text);
    for (std::size_t letters = report::display_width(clean); letters > 1; --letters) {
        std::vector<std::string> lines = report::wrap(clean, letters);
        if (std::all_of(lines.begin(), lines.end(), [&](auto& l) { return text_pixels(l, font) <= width; })) {
            return lines;
        }
    }
    return report::wrap(clean, 1);
}

}  // namespace narrowfp::internal
