// SPDX-License-Identifier: Apache-2.0
#include "cli/accumulator_text.hpp"

#include "support/near_names.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

// A whole number that is all of the text.
template <class Integer>
std::optional<Integer> whole_number(std::string_view text) {
    Integer number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// What follows "aligned": "(L,F)" or ":L:F".
aligned aligned_from_text(std::string_view whole, std::string_view parameters) {
    constexpr int most_products = 1024;
    constexpr int most_fraction_bits = 40;  // what 64-bit sums of that many terms hold
    const bool brackets = parameters.starts_with('(') && parameters.ends_with(')');
    const char separator = brackets ? ',' : ':';
    if (brackets || parameters.starts_with(':')) {
        const std::string_view numbers = parameters.substr(1, parameters.size() - (brackets ? 2 : 1));
        const std::size_t at = numbers.find(separator);
        if (at != std::string_view::npos) {
            const auto products = whole_number<int>(numbers.substr(0, at));
            const auto bits = whole_number<int>(numbers.substr(at + 1));
            if (products && bits && *products >= 1 && *products <= most_products && *bits >= 1 &&
                *bits <= most_fraction_bits) {
                return aligned{
                    .products = *products,
                    .fraction_bits = *bits,
                    .output = *bits <= 13 ? aligned_output::e8m13_toward_zero : aligned_output::f32_toward_zero};
            }
        }
    }
    throw std::invalid_argument(
        fmt::format("accumulator '{}': aligned(L,F) or aligned:L:F expected, L products (1 to {}), F fraction bits "
                    "(1 to {})",
                    whole, most_products, most_fraction_bits));
}

}  // namespace

accumulator accumulator_from_text(std::string_view text) {
    constexpr std::array<std::string_view, 4> known{"sequential", "exact", "aligned", "int32_exact"};
    if (text == known[0]) {
        return sequential<float>{};
    }
    if (text == known[1]) {
        return exact{};
    }
    if (text == known[2]) {
        return aligned{};
    }
    if (text == known[3]) {
        return int32_exact{};
    }
    if (text.starts_with("aligned(") || text.starts_with("aligned:")) {
        return aligned_from_text(text, text.substr(known[2].size()));
    }
    throw std::invalid_argument(bench::unknown_name("accumulator", text, known));
}

std::size_t interval_from_text(std::string_view interval) {
    if (interval == "none") {
        return 0;
    }
    const auto length = whole_number<std::size_t>(interval);
    if (!length || *length == 0) {
        throw std::invalid_argument(fmt::format(
            "promotion '{}': none or the number of products between promotions expected, 128 for example", interval));
    }
    return *length;
}

}  // namespace narrowfp::cli
