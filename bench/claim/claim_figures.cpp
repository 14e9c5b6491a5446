// SPDX-License-Identifier: Apache-2.0
#include "claim/claim_figures.hpp"

#include "claim/row_records.hpp"

#include <map>

namespace narrowfp::bench::claim {

using report::record;

row_records::row_records(const claim_outcome& outcome, std::string_view row) {
    const std::string prefix = "claim." + lower_case(std::string(row)) + ".";
    for (const record& r : result_of(outcome.rows, row).records) {
        if (r.id.starts_with(prefix)) {
            all_.emplace_back(r.id.substr(prefix.size()), &r);
        }
    }
}

const record* row_records::find(std::string_view id) const {
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& one) { return one.first == id; });
    return found == all_.end() ? nullptr : found->second;
}

std::vector<std::pair<std::string, const record*>> row_records::under(std::string_view begin) const {
    std::vector<std::pair<std::string, const record*>> some;
    for (const auto& [id, r] : all_) {
        if (id.starts_with(begin)) {
            some.emplace_back(id.substr(begin.size()), r);
        }
    }
    return some;
}

double row_records::value(std::string_view id) const {
    const record* r = find(id);
    return r != nullptr ? number(*r) : no_value;
}

double row_records::number(const record& r) { return report::number_in(r.value).value_or(no_value); }

double parameter(const record& r, std::string_view key) {
    const report::field_value* value = report::find_field(r.parameters, key);
    return value != nullptr ? report::number_in(*value).value_or(no_value) : no_value;
}

report::figure_point point_of(const record& r, double factor) {
    const auto scaled = [&](const std::optional<double>& x) { return x ? std::optional(*x * factor) : std::nullopt; };
    return {0, row_records::number(r) * factor, scaled(r.low), scaled(r.high)};
}

std::string lower_case(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

void add_if_any(figures& all, report::figure f) {
    std::erase_if(f.series, [](const report::figure_series& s) {
        return std::all_of(s.points.begin(), s.points.end(), [](auto& p) { return std::isnan(p.y); });
    });
    if (!f.series.empty()) {
        all.push_back(std::move(f));
    }
}

figures alone(report::figure f) {
    figures all;
    add_if_any(all, std::move(f));
    return all;
}

std::vector<report::figure> figures_of(std::string_view row, const claim_outcome& outcome, const results_set* results) {
    static const std::map<std::string_view, figures (*)(const claim_outcome&)> by_row{
        {"S2", fit_error_figures},   {"S3", hold_out_figures},     {"V2", shape_figures},
        {"V3", byte_figures},        {"V4", fit_figures},          {"V5", link_figures},
        {"V6", error_figures},       {"V7", loss_by_size_figures}, {"V9", failure_figures},
        {"V10", flip_figures},       {"V11", attribution_figures}, {"V12b", h20_figures},
        {"V13", hour_figures},       {"V14", software_figures},    {"V15", int8_figures},
        {"V16", recoverable_figures}};
    static const std::map<std::string_view, figures (*)(const results_set&)> of_results{{"V5", measured_link_figures},
                                                                                        {"V7", loss_figures},
                                                                                        {"V9", interruption_figures},
                                                                                        {"V10", detection_figures},
                                                                                        {"V16", roofline_figures}};
    figures all;
    if (!result_of(outcome.rows, row).records.empty()) {
        if (row == "V1" || row == "V12a") {
            all = step_figures(row, outcome);
        } else if (const auto found = by_row.find(row); found != by_row.end()) {
            all = found->second(outcome);
        }
    }
    if (const auto found = of_results.find(row); found != of_results.end() && results != nullptr) {
        for (report::figure& f : found->second(*results)) {
            all.push_back(std::move(f));
        }
    }
    return all;
}

}  // namespace narrowfp::bench::claim
