// SPDX-License-Identifier: Apache-2.0
#include "cli/accumulator_text.hpp"

#include "support/near_names.hpp"

#include <fmt/format.h>

#include <algorithm>
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

// "aligned:32:13" as "aligned(32,13)"; anything else as it is.
std::string with_brackets(std::string_view text) {
    std::string out(text);
    const std::size_t first = text.find(':');
    if (first != std::string_view::npos && text.find('(') == std::string_view::npos) {
        std::replace(out.begin(), out.end(), ':', ',');
        out[first] = '(';
        out += ')';
    }
    return out;
}

}  // namespace

accumulator accumulator_from_text(std::string_view text) {
    const std::string name = with_brackets(text);
    const std::string_view kind = std::string_view(name).substr(0, name.find('('));
    if (std::find(accumulator_kinds.begin(), accumulator_kinds.end(), kind) == accumulator_kinds.end()) {
        throw std::invalid_argument(bench::unknown_name("accumulator", text, accumulator_kinds));
    }
    return accumulator_by_name(name);
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
