// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/audit_report.hpp"
#include "support/not_finite_text.hpp"

#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace narrowfp::bench {

using report::alignment;
using report::cell;
using report::format_bytes;
using report::format_number;
using report::format_percent;
using report::table;
using report::tint;

namespace {

std::string count_text(std::uint64_t n) { return report::format_count(static_cast<std::int64_t>(n)); }

cell error_cell(const tensor_outcome& outcome) {
    if (outcome.left_out == outcome.elements) {
        return {"not finite", tint::bad};
    }
    if (outcome.exact()) {
        return {"exact on this input", tint::good};
    }
    return format_number(outcome.relative_frobenius()) + (outcome.left_out == 0 ? "" : " of the finite");
}

std::string share(std::uint64_t count, std::uint64_t of) {
    return count == 0 || of == 0 ? "0" : format_percent(static_cast<double>(count) / static_cast<double>(of), 2);
}

// From here on one tensor decides the errors over all.
constexpr double dominant_share = 0.5;

std::string optional_number(const std::optional<double>& x) { return x ? format_number(*x) : "-"; }

// "F32 48, BF16 8"
std::string dtypes_text(const std::vector<std::string>& dtypes) {
    std::map<std::string, std::size_t> counts;
    for (const std::string& dtype : dtypes) {
        ++counts[dtype];
    }
    std::string text;
    for (const auto& [dtype, count] : counts) {
        text += (text.empty() ? "" : ", ") + dtype + " " + std::to_string(count);
    }
    return text;
}

std::string layout_text(const matrix_layout& layout) {
    const char* const rows = layout.rows == row_rule::first ? "the first dimension is rows, all others columns"
                             : layout.rows == row_rule::leading
                                 ? "the last dimension is columns, all others rows"
                                 : "up to three dimensions: the last is columns, all others "
                                   "rows; four and more: the first is rows, all others "
                                   "columns";
    return std::string("one dimension: a single row; ") + rows + "; k, the summed index, runs along the " +
           (layout.k_last ? "columns" : "rows") + "; operand " +
           (layout.operand_b ? "B (weights)" : "A (activations)") + " of each recipe";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> audit_facts(const model_audit& audit) {
    std::vector<std::string> dtypes;
    std::vector<std::string> other;
    for (const audited_tensor& t : audit.tensors) {
        dtypes.push_back(t.tensor.dtype);
    }
    for (const stored_tensor& t : audit.left_alone) {
        other.push_back(t.dtype);
    }
    const tensor_statistics& s = audit.statistics;
    std::vector<std::pair<std::string, std::string>> facts{
        {"tensors", count_text(audit.tensors.size()) + " (" + dtypes_text(dtypes) + ")"},
        {"elements", count_text(s.elements) + ", " + count_text(s.zeros) + " of them zero"},
        {"bytes as stored", count_text(audit.stored_bytes) + " (" + format_bytes(audit.stored_bytes) +
                                "), largest tensor " + format_bytes(audit.largest_tensor)},
        {"largest magnitude", format_number(s.amax, 6)},
        {"as matrices", layout_text(audit.layout)}};
    if (s.nan + s.infinite != 0) {
        facts.insert(facts.begin() + 2, {"not finite", not_finite_text({.nan = s.nan, .infinite = s.infinite}) +
                                                           "; left out of errors and of the amax of scales"});
    }
    const auto share_of = [](double part, double whole) { return format_percent(whole > 0 ? part / whole : 0.0); };
    const auto vectors = std::count_if(audit.tensors.begin(), audit.tensors.end(),
                                       [](const audited_tensor& t) { return is_vector(t.tensor); });
    if (const auto top = largest_share_of(audit); top && audit.tensors.size() > 1 && top->share > dominant_share) {
        facts.emplace_back("dominant tensor", report::printable(top->tensor->tensor.name) + " has " +
                                                  format_percent(top->share) +
                                                  " of the sum of squares: the errors over all tensors are mostly its");
    }
    if (vectors != 0 && audit.tensors.size() > static_cast<std::size_t>(vectors)) {
        const tensor_statistics v = vector_statistics(audit);
        facts.emplace_back("vectors", count_text(static_cast<std::uint64_t>(vectors)) +
                                          " tensors of one dimension (norms, biases), " +
                                          share_of(static_cast<double>(v.elements), static_cast<double>(s.elements)) +
                                          " of the elements, " + share_of(v.sum_of_squares, s.sum_of_squares) +
                                          " of the sum of squares; usually kept in 16 or 32 bits: --matrices leaves "
                                          "them out");
    }
    if (!audit.left_alone.empty()) {
        facts.emplace_back("left as they are", count_text(other.size()) + " tensors (" + dtypes_text(other) + "), " +
                                                   format_bytes(audit.left_alone_bytes) + ", in no figure below");
    }
    return facts;
}

table totals_table(const model_audit& audit) {
    table t;
    t.title = "All tensors";
    t.columns = {{"format"},
                 {"recipe"},
                 {"blocks"},
                 {"bytes", alignment::right},
                 {"of BF16", alignment::right},
                 {"rel. error", alignment::right},
                 {"SQNR dB", alignment::right},
                 {"worst rel.", alignment::right},
                 {"to zero", alignment::right},
                 {"clipped", alignment::right},
                 {"subnormal", alignment::right}};
    std::string last;
    for (std::size_t n = 0; n < audit.cases.size(); ++n) {
        const audit_case& c = audit.cases[n];
        const tensor_outcome& o = audit.totals[n];
        if (!last.empty() && last != c.format) {
            t.add_rule();
        }
        last = c.format;
        const tint colour = c.baseline ? tint::faint : tint::plain;
        t.add_row({{c.format, colour},
                   {c.recipe, colour},
                   {c.blocks(), colour},
                   format_bytes(o.bytes()),
                   report::format_ratio(static_cast<double>(o.bytes()) / (2 * static_cast<double>(o.elements)), 3),
                   error_cell(o),
                   o.exact() ? cell("-") : cell(optional_number(o.sqnr_db())),
                   o.exact() || o.left_out == o.elements ? cell("-") : cell(format_number(o.worst_relative)),
                   share(o.events.underflowed, audit.statistics.nonzero()),
                   share(clipped(c, o, audit.statistics), audit.statistics.nonzero()),
                   share(o.events.subnormal, audit.statistics.nonzero())});
    }
    t.notes = {
        "Emulated bit for bit; bytes are counted: codes and scales. rel. error: Frobenius norm of the error over that "
        "of "
        "all elements, so large tensors weigh most. worst rel.: largest error of an element over its magnitude. to "
        "zero, clipped, subnormal: shares of the nonzero elements. 1x128 blocks are there for every narrow format, "
        "for comparison."};
    for (std::size_t n = 0; n < audit.cases.size(); ++n) {
        const run_events& e = audit.totals[n].events;
        if (e.restored_infinite + e.nan_by_scale != 0) {
            const audit_case& c = audit.cases[n];
            t.notes.push_back(
                c.format + " " + c.recipe + " " + c.blocks() + ": not finite any more: " +
                not_finite_text({.restored_infinite = e.restored_infinite, .nan_by_scale = e.nan_by_scale}) + ".");
        }
    }
    return t;
}

table spread_table(const model_audit& audit) {
    table t;
    t.title = "Each tensor counted once";
    t.columns = {{"format"},
                 {"recipe"},
                 {"blocks"},
                 {"median error", alignment::right},
                 {"worst error", alignment::right},
                 {"in tensor"},
                 {"lose", alignment::right}};
    std::string last;
    for (std::size_t n = 0; n < audit.cases.size(); ++n) {
        const audit_case& c = audit.cases[n];
        const error_spread e = spread_of(audit, n);
        if (!last.empty() && last != c.format) {
            t.add_rule();
        }
        last = c.format;
        const bool exact = e.worst && *e.worst == 0;
        t.add_row({c.format,
                   c.recipe,
                   c.blocks(),
                   e.median && *e.median == 0 ? "exact" : optional_number(e.median),
                   exact ? "exact" : optional_number(e.worst),
                   e.worst_tensor == nullptr || exact ? "-" : report::printable(e.worst_tensor->tensor.name),
                   {count_text(e.losing), e.losing == 0 ? tint::plain : tint::warning}});
    }
    t.notes = {
        "Relative Frobenius errors of single tensors, whatever their size; those with elements that are not finite are "
        "left out. lose: tensors beyond the thresholds below."};
    return t;
}

table cost_table(const model_audit& audit) {
    const std::array<cost_column, 4> columns = cost_columns(audit);
    table t;
    t.title = "What the tensors cost";
    t.columns = {{""}};
    std::vector<cell> how{"stored as"};
    std::vector<cell> bytes{"bytes"};
    std::vector<cell> of_wide{"of 16-bit only"};
    std::vector<cell> errors{"rel. error"};
    std::vector<cell> back{"saving recovered"};
    for (std::size_t n = 0; n < columns.size(); ++n) {
        const cost_column& c = columns[n];
        t.columns.push_back({std::string(c.title), alignment::right});
        how.emplace_back(c.format + (c.recipe == "none" ? "" : " " + c.recipe));
        bytes.emplace_back(c.bytes ? cell(count_text(*c.bytes)) : cell("NOT RUN", tint::faint));
        of_wide.emplace_back(
            c.bytes ? report::format_ratio(
                          static_cast<double>(*c.bytes) / static_cast<double>(columns[3].bytes.value_or(0)), 3)
                    : "-");
        errors.emplace_back(c.outcome ? error_cell(*c.outcome) : cell("NOT RUN", tint::faint));
        const auto part = recovered(columns, n);
        back.emplace_back(part ? format_percent(*part) : "-");
    }
    for (auto* row : {&how, &bytes, &of_wide, &errors, &back}) {
        t.add_row(std::move(*row));
    }
    const auto without_units = recovered(columns, 1);
    t.notes = {
        "Storing and loading 8-bit codes needs no FP8 units. How fast each column multiplies is no part of an audit.",
        "recoverable without FP8 units: " +
            (without_units ? format_percent(*without_units) + " of the bytes" : std::string("nothing to recover"))};
    return t;
}

std::vector<std::string> formats_of(const model_audit& audit) {
    std::vector<std::string> formats;
    for (const audit_case& c : audit.cases) {
        if (formats.empty() || formats.back() != c.format) {
            formats.push_back(c.format);
        }
    }
    return formats;
}

table tensors_table(const model_audit& audit, const std::string& format, std::size_t most) {
    table t;
    t.title = "Tensor by tensor: relative Frobenius error in " + format;
    t.columns = {{"tensor"}, {"shape"}, {"type"}, {"amax/rms", alignment::right}, {"kurtosis", alignment::right}};
    const bool nonfinite = audit.statistics.nan + audit.statistics.infinite != 0;
    if (nonfinite) {
        t.columns.push_back({"NaN, inf", alignment::right});
    }
    for (const audit_case& c : audit.cases) {
        if (c.format == format) {
            t.columns.push_back({c.blocks() == "-" ? c.recipe : c.short_blocks(), alignment::right});
        }
    }
    std::vector<std::size_t> order(audit.tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (most != 0 && order.size() > most) {
        const auto outliers = [&](std::size_t n) { return audit.tensors[n].statistics.amax_over_rms.value_or(0); };
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return outliers(a) != outliers(b) ? outliers(a) > outliers(b) : a < b;
        });
        t.notes.push_back(
            "The " + std::to_string(most) + " of " + std::to_string(order.size()) +
            " tensors with the largest amax/rms; --top 0 shows all, --json and --markdown have them all.");
        order.resize(most);
    }
    for (const std::size_t n : order) {
        const audited_tensor& a = audit.tensors[n];
        std::vector<cell> row{report::printable(a.tensor.name), shape_text(a.tensor), a.tensor.dtype,
                              optional_number(a.statistics.amax_over_rms), optional_number(a.statistics.kurtosis)};
        if (nonfinite) {
            const std::uint64_t count = a.statistics.nan + a.statistics.infinite;
            row.emplace_back(count_text(count), count == 0 ? tint::plain : tint::bad);
        }
        for (std::size_t c = 0; c < a.outcomes.size(); ++c) {
            if (audit.cases[c].format != format) {
                continue;
            }
            cell shown = error_cell(a.outcomes[c]);
            if (a.outcomes[c].exact()) {
                shown.text = "exact";
            } else if (loses(audit, a, c)) {
                shown.text += "!";
                shown.colour = tint::warning;
            }
            row.push_back(std::move(shown));
        }
        t.add_row(std::move(row));
    }
    t.notes.push_back("exact: exact on this input. !: loses more than the thresholds below.");
    if (most != 0 && formats_of(audit).size() > 1) {
        t.notes.push_back("Other formats: --format NAME, --markdown, --json.");
    }
    return t;
}

std::vector<std::string> loss_lines(const model_audit& audit, std::size_t most) {
    std::vector<std::string> lines = losses(audit);
    const std::string rule =
        "more than " + format_percent(thresholds.lost_share) +
        " of the nonzero elements clipped, not finite any more or, in floating-point formats, flushed to zero; or an error "
        "above " +
        report::format_ratio(thresholds.error_ratio, 2) + " that of 1x128 blocks in the same format";
    if (lines.empty()) {
        return {"No tensor loses much (" + rule + ")."};
    }
    const std::size_t all = lines.size();
    if (most != 0 && all > most) {
        lines.resize(most);
        lines.push_back("... and " + std::to_string(all - most) + " more; --top 0 shows all.");
    }
    lines.insert(lines.begin(), "Tensors that lose (" + rule + "):");
    return lines;
}

std::string audit_markdown(const model_audit& audit, const report::field_list& context) {
    std::string out = "# What narrow formats do to these tensors\n\n";
    for (const auto& [name, value] : audit_facts(audit)) {
        out += "- " + report::markdown_text(name) + ": " + report::markdown_text(value) + "\n";
    }
    out += "\n" + report::to_markdown(totals_table(audit)) + "\n" +
           (audit.tensors.size() > 1 ? report::to_markdown(spread_table(audit)) + "\n" : "") +
           report::to_markdown(cost_table(audit)) + "\n";
    for (const std::string& format : formats_of(audit)) {
        out += report::to_markdown(tensors_table(audit, format, 0)) + "\n";
    }
    const std::vector<std::string> lines = loss_lines(audit, 0);
    out += report::markdown_text(lines.front()) + "\n\n";
    for (std::size_t n = 1; n < lines.size(); ++n) {
        out += "- " + report::markdown_text(lines[n]) + "\n";
    }
    out += "\n## How this was computed\n\n";
    for (const report::field& f : context) {
        const auto* text = std::get_if<std::string>(&f.value);
        out += text == nullptr ? "" : "- " + report::markdown_text(f.key) + ": " + report::markdown_code(*text) + "\n";
    }
    return out;
}

}  // namespace narrowfp::bench
