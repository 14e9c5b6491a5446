// SPDX-License-Identifier: Apache-2.0
#include "support/near_names.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

namespace narrowfp::bench {
namespace {

constexpr std::size_t longest_name = 64;  // what is longer is no misspelling

std::string folded(std::string_view name) {
    std::string result;
    for (const char c : name) {
        if (c != '-' && c != '_') {
            result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return result;
}

// Edits (insert, delete, replace, exchange of two neighbours) from `name` to the whole candidate and to the nearest of
// its beginnings.
struct distances {
    std::size_t whole = 0;
    std::size_t beginning = 0;
};

distances edit_distances(const std::string& name, const std::string& candidate) {
    const std::size_t rows = name.size() + 1;
    const std::size_t cols = candidate.size() + 1;
    std::vector<std::size_t> d(rows * cols);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return d[i * cols + j]; };
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < cols; ++j) {
            if (i == 0 || j == 0) {
                at(i, j) = i + j;
                continue;
            }
            const std::size_t replaced = at(i - 1, j - 1) + (name[i - 1] == candidate[j - 1] ? 0 : 1);
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
            if (i > 1 && j > 1 && name[i - 1] == candidate[j - 2] && name[i - 2] == candidate[j - 1]) {
                at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
            }
        }
    }
    const auto last = d.end() - static_cast<std::ptrdiff_t>(cols);
    return {d.back(), *std::min_element(last, d.end())};
}

// Smaller is nearer; nothing if the two have little in common. An edit weighs 4, each letter that a longer candidate
// adds 1 up to 3, so that among equal edits the shorter candidate comes first.
std::optional<std::size_t> remoteness(const std::string& name, const std::string& candidate) {
    constexpr std::size_t edit_weight = 4;
    const std::size_t tolerated = std::max<std::size_t>(1, name.size() / 3);
    const distances d = edit_distances(name, candidate);
    const std::size_t longer = candidate.size() > name.size() ? candidate.size() - name.size() : 0;
    const std::size_t tail = std::min<std::size_t>(longer, edit_weight - 1);
    std::optional<std::size_t> best;
    const auto consider = [&](std::size_t edits, std::size_t extra) {
        if (edits <= tolerated && (!best || edits * edit_weight + extra < *best)) {
            best = edits * edit_weight + extra;
        }
    };
    consider(d.whole, 0);
    if (d.beginning < name.size()) {
        consider(d.beginning, tail);
    }
    if (name.size() >= 2 && candidate.find(name) != std::string::npos) {
        consider(1, 0);
    }
    if (candidate.size() >= 2 && name.find(candidate) != std::string::npos) {
        consider(1, 1);
    }
    return best;
}

std::string joined(const std::vector<std::string>& names) {
    return std::accumulate(names.begin(), names.end(), std::string(), [](std::string text, const std::string& name) {
        return std::move(text) + (text.empty() ? "" : ", ") + name;
    });
}

}  // namespace

std::vector<std::string> near_names(std::string_view name, std::span<const std::string_view> candidates,
                                    std::size_t most) {
    const std::string wanted = folded(name);
    std::vector<std::tuple<std::size_t, std::size_t>> found;  // remoteness, position
    if (!wanted.empty() && wanted.size() <= longest_name) {
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (const auto far = remoteness(wanted, folded(candidates[i]))) {
                found.emplace_back(*far, i);
            }
        }
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> result;
    for (std::size_t i = 0; i < std::min(most, found.size()); ++i) {
        result.emplace_back(candidates[std::get<1>(found[i])]);
    }
    return result;
}

std::string unknown_name(std::string_view what, std::string_view name, std::span<const std::string_view> candidates) {
    const std::string shown = report::printable(name.substr(0, longest_name));
    const std::string text = "unknown " + std::string(what) + " '" + shown + "'";
    const std::vector<std::string> near = near_names(name, candidates);
    if (!near.empty()) {
        return text + "; near: " + joined(near);
    }
    return text + "; known: " + joined({candidates.begin(), candidates.end()});
}

}  // namespace narrowfp::bench
