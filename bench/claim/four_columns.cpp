// SPDX-License-Identifier: Apache-2.0
#include "claim/kept_and_sent_bytes.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;
using report::cell;
using report::record;

namespace {

std::string column_text(const cost_line& line, const std::optional<double>& x,
                        const std::optional<double>& high = std::nullopt) {
    if (!x) {
        return line.absent;
    }
    return high ? cost_text(*x) + " to " + cost_text(*high) : cost_text(*x);
}

std::string ratio_text(const cost_line& line) {
    if (!line.fp8_units || !line.wide || *line.fp8_units == 0) {
        return "-";
    }
    const std::string low = report::format_number(*line.wide / *line.fp8_units, 3);
    return line.wide_high ? low + " to " + report::format_ratio(*line.wide_high / *line.fp8_units) : low + "x";
}

char kind_letter(report::evidence_kind kind) {
    switch (kind) {
        case report::evidence_kind::emulated: return 'E';
        case report::evidence_kind::measured: return 'C';
        case report::evidence_kind::modelled: return 'M';
        case report::evidence_kind::published: return 'P';
        case report::evidence_kind::recorded: return 'R';
    }
    return '?';
}

}  // namespace

std::string cost_text(double x) {
    return std::fabs(x) >= 1000 ? report::format_count(static_cast<std::int64_t>(std::llround(x)))
                                : report::format_number(x, 3);
}

std::optional<double> recoverable_share(double units, double storage, double wide) {
    return wide == units ? std::nullopt : std::optional((wide - storage) / (wide - units));
}

std::optional<double> recoverable(const cost_line& line) {
    const bool whole = line.fp8_units && line.fp8_storage && line.wide;
    return whole ? recoverable_share(*line.fp8_units, *line.fp8_storage, *line.wide) : std::nullopt;
}

cost_line line_of_counts(std::string id, std::string name, std::string unit, const four_counts& counts,
                         report::evidence_kind kind, std::string source) {
    return {std::move(id),
            std::move(name),
            std::move(unit),
            counts[hardware_case::fp8_units],
            counts[hardware_case::fp8_storage],
            counts[hardware_case::int8],
            counts[hardware_case::wide],
            kind,
            std::move(source)};
}

report::table four_column_table(std::string title, const std::vector<cost_line>& lines,
                                std::vector<std::string> notes) {
    report::table t;
    t.title = std::move(title);
    t.columns = {{"cost"},
                 {"unit"},
                 {"fp8 units", alignment::right},
                 {"fp8 storage, 16-bit multiply"},
                 {"int8", alignment::right},
                 {"16-bit only", alignment::right},
                 {"16-bit/fp8", alignment::right},
                 {"kind"}};
    std::vector<double> shares;
    for (const cost_line& line : lines) {
        t.add_row({line.name, line.unit, column_text(line, line.fp8_units), column_text(line, line.fp8_storage),
                   column_text(line, line.int8), column_text(line, line.wide, line.wide_high), ratio_text(line),
                   std::string(1, kind_letter(line.kind))});
        if (const std::optional<double> share = recoverable(line)) {
            shares.push_back(*share);
        }
    }
    std::string text =
        lines.empty() || lines.front().absent == "NOT RUN" ? "NOT RUN" : "not defined, " + lines.front().absent;
    if (!shares.empty()) {
        const auto [low, high] = std::minmax_element(shares.begin(), shares.end());
        text = report::format_number(*low * 100, 3) +
               (*low == *high ? "" : " to " + report::format_number(*high * 100, 3)) + " %";
    }
    t.notes = std::move(notes);
    t.notes.push_back("recoverable without FP8 units: " + text);
    return t;
}

record make_record(std::string_view row, std::string_view what, std::string name, report::evidence_kind kind,
                   report::record_value value, std::string unit, std::string method) {
    record r;
    r.id = "claim." + std::string(row) + (what.empty() ? "" : "." + std::string(what));
    std::transform(r.id.begin(), r.id.end(), r.id.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    r.name = std::move(name);
    r.kind = kind;
    r.value = std::move(value);
    r.unit = std::move(unit);
    r.method = std::move(method);
    r.repro = "narrowfp claim --only " + std::string(row);
    return r;
}

std::vector<record> four_column_records(std::string_view row, const std::vector<cost_line>& lines) {
    std::vector<record> out;
    for (const cost_line& line : lines) {
        const auto add = [&](std::string_view id, const std::optional<double>& value,
                             const std::optional<double>& high) {
            record r =
                make_record(row, line.id + "." + std::string(id), line.name, line.kind, {}, line.unit, "by formula");
            report::add_field(r.parameters, "cost", line.id);
            report::add_field(r.parameters, "column", std::string(id));
            r.source = line.source;
            if (!value) {
                report::set_no_value(
                    r, line.absent == "NOT RUN" ? report::record_status::not_run : report::record_status::undefined,
                    line.absent == "NOT RUN" ? "not computed" : line.absent);
            } else if (high) {
                r.value = cost_text(*value) + " to " + cost_text(*high);
                r.low = *value;
                r.high = *high;
                r.method = "scenario range";
            } else {
                r.value = *value;
            }
            out.push_back(std::move(r));
        };
        add(id_of(hardware_case::fp8_units), line.fp8_units, std::nullopt);
        add(id_of(hardware_case::fp8_storage), line.fp8_storage, std::nullopt);
        add(id_of(hardware_case::int8), line.int8, std::nullopt);
        add(id_of(hardware_case::wide), line.wide, line.wide_high);
        if (const std::optional<double> share = recoverable(line)) {
            out.push_back(make_record(row, line.id + ".recoverable_without_fp8_units",
                                      line.name + ": recoverable without FP8 units", line.kind, *share, "1",
                                      "(16-bit - storage) / (16-bit - fp8 units)"));
        }
    }
    return out;
}

}  // namespace narrowfp::bench::claim
