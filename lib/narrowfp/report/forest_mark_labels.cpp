// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/internal/forest_mark_labels.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace narrowfp::internal {
namespace {

constexpr double off = 5;  // px between a line and its label

// A label and the line that leads up to its level.
struct standing {
    mark_label label;
    double line = 0;
};

bool crosses(const standing& label, const standing& line) {
    return line.label.level >= label.label.level && label.label.reach.begin < line.line &&
           line.line < label.label.reach.end;
}

bool meet(const standing& a, const standing& b) {
    const bool side_by_side =
        a.label.reach.end + off <= b.label.reach.begin || b.label.reach.end + off <= a.label.reach.begin;
    return (a.label.level == b.label.level && !side_by_side) || crosses(a, b) || crosses(b, a);
}

}  // namespace

std::vector<mark_label> place_mark_labels(const std::vector<double>& at, const std::vector<double>& widths,
                                          const std::function<span(std::size_t)>& room) {
    std::vector<std::size_t> order(at.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return at[a] < at[b]; });
    std::vector<standing> placed;
    std::vector<mark_label> result(at.size());
    for (std::size_t n = 0; n < order.size(); ++n) {
        const double x = at[order[n]], width = widths[order[n]];
        const text_side first = 2 * n + 1 < order.size() ? text_side::right : text_side::left;
        const text_side second = first == text_side::left ? text_side::right : text_side::left;
        const auto find = [&]() -> standing {
            for (std::size_t level = 0; level <= at.size(); ++level) {
                for (const text_side side : {first, second}) {
                    const span reach =
                        side == text_side::right ? span{x - off - width, x - off} : span{x + off, x + off + width};
                    const standing now{{reach, level, side}, x};
                    if (reach.begin >= room(level).begin && reach.end <= room(level).end &&
                        std::none_of(placed.begin(), placed.end(), [&](auto& other) { return meet(now, other); })) {
                        return now;
                    }
                }
            }
            std::size_t level = 0;  // above all, moved into the picture
            for (const standing& other : placed) {
                level = std::max(level, other.label.level + 1);
            }
            const span whole = room(level);
            const double begin = std::clamp(x - width / 2, whole.begin, std::fmax(whole.begin, whole.end - width));
            return {{{begin, begin + width}, level, text_side::left}, x};
        };
        placed.push_back(find());
        result[order[n]] = placed.back().label;
    }
    return result;
}

}  // namespace narrowfp::internal
