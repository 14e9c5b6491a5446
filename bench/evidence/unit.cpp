// SPDX-License-Identifier: Apache-2.0
#include "evidence/unit.hpp"

#include "support/fixed_math.hpp"
#include "support/median.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace narrowfp::bench::evidence {
namespace {

// The beginnings of names with what they mean; the first that fits counts.
using prefix_list = std::pair<std::string_view, std::string_view>;

constexpr std::array<prefix_list, 20> chip_families{{{"H100", "Hopper"},
                                                     {"H200", "Hopper"},
                                                     {"H800", "Hopper"},
                                                     {"H20", "Hopper"},
                                                     {"GH200", "Hopper"},
                                                     {"GB10", "Blackwell RTX"},
                                                     {"GB", "Blackwell"},
                                                     {"B200", "Blackwell"},
                                                     {"B300", "Blackwell"},
                                                     {"RTX50", "Blackwell RTX"},
                                                     {"RTXPRO", "Blackwell RTX"},
                                                     {"RTX40", "Ada"},
                                                     {"L40", "Ada"},
                                                     {"A100", "Ampere"},
                                                     {"A800", "Ampere"},
                                                     {"V100", "Volta"},
                                                     {"MI", "AMD"},
                                                     {"TPU", "TPU"},
                                                     {"Gaudi", "Gaudi"},
                                                     {"Ascend", "Ascend"}}};

// Families whose figures are the vendor's own: its repositories, documentation and papers about its chips. Issues that
// users file there are not: "MLM-user", "TE-user", and "ROCm-TE", which are issues of a firm that compares chips.
constexpr std::array<std::string_view, 4> vendor_families{"NVIDIA-", "AMD-", "Google-", "Gaudi2-"};

unit unit_of(const std::vector<const pair*>& rows) {
    const pair& first = *rows.front();
    unit u{.name = first.unit,
           .family = first.family,
           .source = source_of(first.family),
           .chip = first.chip,
           .model = first.model,
           .kind = first.kind,
           .recipe = first.recipe,
           .hidden = first.hidden,
           .ffn = first.ffn,
           .sequence = first.sequence,
           .low = *first.ratio,
           .high = *first.ratio,
           .vendor_page = is_vendor_page(first.family),
           .ids = {}};
    std::vector<double> logs;
    for (const pair* row : rows) {
        logs.push_back(fixed_log(*row->ratio));
        u.low = std::min(u.low, *row->ratio);
        u.high = std::max(u.high, *row->ratio);
        u.ids.push_back(row->id);
    }
    u.log_ratio = median_of(std::move(logs));
    return u;
}

}  // namespace

std::string source_of(std::string_view family) {
    const bool one_group = family.starts_with("torchao") && !family.starts_with("torchao-user");
    return std::string(one_group ? "torchao" : family);
}

bool is_vendor_page(std::string_view family) {
    return std::any_of(vendor_families.begin(), vendor_families.end(),
                       [family](std::string_view vendor) { return family.starts_with(vendor); });
}

std::string_view chip_family(std::string_view chip) {
    const auto found = std::find_if(chip_families.begin(), chip_families.end(),
                                    [chip](const prefix_list& entry) { return chip.starts_with(entry.first); });
    return found == chip_families.end() ? "other" : found->second;
}

std::vector<unit> units_of(const std::vector<pair>& pairs) {
    std::vector<std::vector<const pair*>> groups;  // in the order of their first rows
    std::unordered_map<std::string_view, std::size_t> group_of;
    for (const pair& p : pairs) {
        if (!p.include || !p.ratio) {
            continue;
        }
        const auto [entry, is_new] = group_of.try_emplace(p.unit, groups.size());
        if (is_new) {
            groups.emplace_back();
        }
        groups[entry->second].push_back(&p);
    }
    std::vector<std::pair<std::string, std::size_t>> order;  // by source, then by place in the file
    for (std::size_t i = 0; i < groups.size(); ++i) {
        order.emplace_back(source_of(groups[i].front()->family), i);
    }
    std::sort(order.begin(), order.end());
    std::vector<unit> units;
    for (const auto& [source, i] : order) {
        units.push_back(unit_of(groups[i]));
    }
    return units;
}

}  // namespace narrowfp::bench::evidence
