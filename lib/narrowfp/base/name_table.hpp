// SPDX-License-Identifier: Apache-2.0
// Tables of names: arrays of pairs (value, name), looked up by either side.
#pragma once

#include <narrowfp/base/config.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace narrowfp {

// "floor, rceil, ceil": all names of a table in its order.
template <class Table>
std::string name_list(const Table& table, std::string_view between = ", ") {
    std::string out;
    for (const auto& entry : table) {
        out += (out.empty() ? "" : std::string(between)) + std::string(entry.second);
    }
    return out;
}

// The value of that name. For an unknown name throws std::invalid_argument that lists all names; `what` says what is
// named.
template <class Table>
auto named_in(const Table& table, std::string_view what, std::string_view name) {
    for (const auto& [value, known] : table) {
        if (known == name) {
            return value;
        }
    }
    throw std::invalid_argument("unknown " + std::string(what) + " '" + std::string(name) +
                                "'; known: " + name_list(table));
}

}  // namespace narrowfp
