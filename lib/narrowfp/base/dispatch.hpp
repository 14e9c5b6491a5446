// SPDX-License-Identifier: Apache-2.0
// Chooses the code for a target from a table of rows, best first; each row states the features that its code needs. A
// target runs the first row whose features it has, so a target without a row of its own uses that of another target.
// The last row needs no feature, so it runs everywhere.
#pragma once

#include <narrowfp/base/cpu_features.hpp>

#include <cstddef>
#include <span>
#include <type_traits>

namespace narrowfp {

template <class T>
struct dispatch_row {
    feature_set needs;
    T use;
};

template <class T>
using dispatch_table = std::span<const dispatch_row<T>>;

// Whether every row is reachable and every target finds a row.
template <class T>
constexpr bool is_complete(dispatch_table<T> rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t before = 0; before < i; ++before) {
            if (rows[i].needs.contains(rows[before].needs)) {
                return false;
            }
        }
    }
    return !rows.empty() && rows.back().needs.empty();
}

// Precondition: is_complete.
template <class T>
constexpr const T& best_of(dispatch_table<T> rows, feature_set has) {
    for (const dispatch_row<T>& row : rows) {
        if (has.contains(row.needs)) {
            return row.use;
        }
    }
    return rows.back().use;
}

// An array of rows as a table, checked when it is compiled.
template <const auto& Rows>
constexpr auto complete_table() {
    using row = std::remove_cvref_t<decltype(Rows[0])>;
    constexpr std::span<const row> table(Rows);
    static_assert(is_complete(table),
                  "the last row of a dispatch table needs nothing, and no row needs all that a row before it needs");
    return table;
}

}  // namespace narrowfp
