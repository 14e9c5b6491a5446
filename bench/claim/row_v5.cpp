// SPDX-License-Identifier: Apache-2.0
// V5, bytes that DeepSeek-V3's training sends, and how long its traffic takes: tables of kept_and_sent_bytes.hpp.
#include "claim/kept_and_sent_bytes.hpp"
#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using policy::chip_label;
using report::alignment;
using report::evidence_kind;

namespace {

constexpr const char* sent_source = "arXiv 2412.19437, 3.2 to 3.4; shape: DeepSeek-V3 config_671B.json";

std::vector<cost_line> sent_lines(const sent_bytes& b) {
    using enum evidence_kind;
    return {line_of_counts("dispatch", "dispatch, per token and node", "B", b.dispatch, emulated, sent_source),
            line_of_counts("combine", "combine, per token and node, BF16", "B", b.combine, emulated, sent_source),
            line_of_counts("expert_traffic", "both, forward and backward, 4 nodes, per token and MoE layer", "B",
                           b.expert_traffic, emulated, sent_source),
            line_of_counts("expert_traffic_remote", "the same for 4 layers x 4096 tokens, 3.5 of 4 nodes remote", "GB",
                           b.expert_traffic_remote, modelled, "uniform routing over 8 nodes"),
            line_of_counts("gradients_and_weights", "gradients FP32 scattered, weights gathered, per parameter", "B",
                           b.gradients_and_weights, emulated, sent_source),
            line_of_counts("pipeline", "pipeline boundary, per micro-batch and direction, BF16", "MB", b.pipeline,
                           emulated, sent_source)};
}

constexpr std::array exposed_cases{hardware_case::fp8_units, hardware_case::fp8_storage, hardware_case::wide};

const exposed_time* exposed_on(const sent_figures& figures, double link, std::string_view chip, hardware_case c) {
    const auto found = std::find_if(figures.exposed.begin(), figures.exposed.end(), [&](const exposed_time& e) {
        return e.link == link && e.chip == chip && e.column == c;
    });
    return found == figures.exposed.end() ? nullptr : &*found;
}

report::table exposed_table(const sent_figures& figures) {
    report::table t;
    t.title = "V5: exposed time of dispatch and combine, a stage and micro-batch, milliseconds (M)";
    t.columns = {{"link, GB/s", alignment::right},
                 {"not overlapped, 8-bit dispatch", alignment::right},
                 {"16-bit dispatch", alignment::right}};
    for (const std::string_view chip : policy::link_chips) {
        t.columns.push_back({"overlapped, " + chip_label(chip) + ": fp8 units", alignment::right});
        t.columns.push_back({"fp8 storage", alignment::right});
        t.columns.push_back({"16-bit only", alignment::right});
    }
    for (const link_time& l : figures.links) {
        std::vector<report::cell> cells{report::format_number(l.link, 3), report::format_number(l.narrow_ms, 3),
                                        report::format_number(l.wide_ms, 3)};
        for (const std::string_view chip : policy::link_chips) {
            for (const hardware_case c : exposed_cases) {
                const exposed_time* e = exposed_on(figures, l.link, chip, c);
                cells.emplace_back(e != nullptr ? report::format_number(e->ms, 3) : "no such unit");
            }
        }
        t.add_row(std::move(cells));
    }
    t.notes = {"Dispatch and combine reach " + report::format_percent(figures.link_share, 2) +
               " of the link. Work: four layers, 4096 tokens, forward and backward, centre of the scenarios."};
    return t;
}

void add_exposed_records(const sent_figures& figures, std::vector<report::record>& records) {
    for (const link_time& l : figures.links) {
        for (const exposed_time& e : figures.exposed) {
            if (e.link == l.link) {
                records.push_back(make_record(
                    "V5",
                    "exposed." + report::format_number(e.link, 3) + "." + e.chip + "." + std::string(id_of(e.column)),
                    "exposed traffic to experts, overlapped with work", evidence_kind::modelled, e.ms, "ms",
                    "max(0, traffic - work), centre of the scenarios"));
            }
        }
    }
}

// Payload of real messages, which must be that of the formula.
void add_counted_table(const std::vector<counted_payload>& counted, row_result& out) {
    report::table t;
    t.title = "V5: payload counted in messages, for each token and destination (E)";
    t.columns = {{"dispatch in"},
                 {"dispatch, B", alignment::right},
                 {"by the formula", alignment::right},
                 {"combine, B", alignment::right}};
    for (const counted_payload& c : counted) {
        t.add_row({c.format, cost_text(c.dispatch), cost_text(c.dispatch_by_formula), cost_text(c.combine)});
        out.checks.push_back({"dispatch in " + c.format + ": counted payload is that of the formula",
                              c.dispatch == c.dispatch_by_formula});
        out.checks.push_back({"combine beside " + c.format + ": counted payload is that of the formula",
                              c.combine == c.combine_by_formula});
    }
    if (!t.rows.empty()) {
        out.tables.push_back(std::move(t));
    }
}

void add_measured_table(const std::vector<measured_link>& measured, row_result& out) {
    if (measured.empty()) {
        out.notes.emplace_back("On an emulated link here: NOT RUN.");
        return;
    }
    report::table t;
    t.title = "V5: dispatch and combine on an emulated link here, over the layer's work (C)";
    t.columns = {{"chip"},
                 {"column"},
                 {"measured", alignment::right},
                 {"by the model", alignment::right},
                 {"exposed with overlap", alignment::right}};
    for (const measured_link& m : measured) {
        t.add_row({chip_label(m.chip), std::string(name_of(m.column)), report::format_number(m.traffic, 3),
                   m.by_model ? report::format_number(*m.by_model, 3) : "-", report::format_percent(m.exposed, 3)});
    }
    t.notes = {
        "A paced sender emulates the link. It is as many times slower than the chip's link as products here are slower "
        "than the chip's work; that work is modelled. From narrowfp comm."};
    out.kinds = "E, M, C";
    out.whole = true;
    out.tables.push_back(std::move(t));
}

}  // namespace

row_result present_sent_bytes(const sent_figures& figures) {
    const sent_bytes& b = figures.bytes;
    const std::vector<cost_line> lines = sent_lines(b);
    const std::string dispatch = report::format_ratio(b.dispatch.wide_over_fp8(), 3);
    const std::string traffic = report::format_ratio(b.expert_traffic.wide_over_fp8(), 3);
    row_result out;
    out.word = verdict::value;
    out.kinds = "E, M";
    out.value = "16-bit/fp8: dispatch " + dispatch + ", with combine " + traffic + ", gradients " +
                report::format_ratio(b.gradients_and_weights.wide_over_fp8(), 3);
    out.range = "exact counts; exposed time modelled";
    out.tables = {
        four_column_table("V5: bytes sent by DeepSeek-V3's training", lines,
                          {"Combine is 16 bits wide in every column, so 16 bits send " + traffic + " as much, not " +
                           dispatch + ". The factor (g - 1) / g of a group is left out. Sources: " + sent_source +
                           "; at most 4 nodes a token: 2.1.2. Published beside it (P): DeepEP's low-latency combine in "
                           "BF16 takes 1.5 to 1.9 times its dispatch in FP8 (DeepEP's figures)."}),
        exposed_table(figures)};
    out.records = four_column_records("V5", lines);
    add_exposed_records(figures, out.records);
    add_counted_table(figures.counted, out);
    add_measured_table(figures.measured, out);
    return out;
}

}  // namespace narrowfp::bench::claim
